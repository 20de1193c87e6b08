import {formatRepository} from '../../oci/reference.js'
import {argocdPlaces} from './argocd-sources.js'
import {helmPlaces} from './helm-values.js'
import {type EditedPlace, type PlaceFinder, type ValueChange, outcome} from './image-change.js'
import {imageFieldPlaces} from './image-fields.js'
import {formatImage, splitImage} from './image-value.js'
import {kustomizePlaces} from './kustomize-images.js'
import type {ManifestEntry, ManifestKind} from './manifest-entry.js'
import {type Decided, type Deployment, decide} from './place-decision.js'
import {type YamlFile, applyYamlEdits, readYaml, unfit} from './yaml-text.js'
import type {DeployedImage} from './deployed-image.js'
import {type YamlDifference, readBack, wayOf} from './read-back.js'
import {imagesOf} from './target-choice.js'

const FINDERS: Readonly<Record<ManifestKind, PlaceFinder>> = {
  kustomize: kustomizePlaces,
  helm: helmPlaces,
  image: imageFieldPlaces,
  argocd: argocdPlaces
}

/** The files that change, and every place that was found. */
export interface ManifestEdit {
  /** New texts by file. */
  readonly files: ReadonlyMap<string, string>
  readonly places: readonly EditedPlace[]
}

/**
 * Names the images of a deployment in manifests. Only the characters of values change; comments, layout and quotes stay.
 * What is written is read back: it says what was meant, and nothing else changed.
 * @param read the text of a file; undefined where there is none
 * @throws ReleaseError DEPLOYMENT_INVALID where a file is not there, cannot be read, names none of the images, or does not
 *   say which of several it means
 */
export async function editManifests(
  deployment: Deployment,
  read: (file: string) => Promise<string | undefined>
): Promise<ManifestEdit> {
  const before = new Map<string, string>()
  const files = new Map<string, string>()
  const places: EditedPlace[] = []
  for (const entry of deployment.entries) {
    const {file} = entry
    const text = files.get(file) ?? (await read(file))
    if (text === undefined) throw unfit(file, 'there is no such file')
    if (!before.has(file)) before.set(file, text)
    const edited = await editFile(readYaml(file, text), entry, deployment)
    files.set(file, edited.text)
    places.push(...edited.places)
  }
  return {files: new Map([...files].filter(([file, text]) => before.get(file) !== text)), places}
}

async function editFile(
  yaml: YamlFile,
  entry: ManifestEntry,
  deployment: Deployment
): Promise<{text: string; places: EditedPlace[]}> {
  const found = FINDERS[entry.kind](yaml, {entry, images: deployment.images})
  const decided: Decided[] = []
  for (const place of found) decided.push(...(await decide(yaml, place, {entry, deployment})))
  if (decided.every(({edited}) => edited.state === 'variant' || edited.state === 'template'))
    throw nothingFound(entry, deployment.images, decided)
  const changes = decided.flatMap(one => one.changes)
  const text = applyYamlEdits(yaml.text, editsOf(yaml, changes))
  const shared = sharedPlaces(yaml, text, {changes, images: decided.flatMap(({image}) => image ?? [])})
  return {text, places: [...decided.map(({edited}) => edited), ...shared]}
}

/** Each edit once: aliases and merged maps lead to one scalar on several ways. */
function editsOf({file}: YamlFile, changes: readonly ValueChange[]) {
  const values = new Map<unknown, ValueChange>()
  for (const change of changes) {
    const other = change.node && values.get(change.node)
    if (other !== undefined && other.value !== change.value)
      throw unfit(
        file,
        `${String(change.path.at(-1))} shares its value with another image by an anchor, and they are to be ${String(other.value)} and ${String(change.value)}`
      )
    if (change.node !== undefined && (other === undefined || other.edit === undefined))
      values.set(change.node, change)
  }
  const alone = [...values.values()].find(({edit}) => edit === undefined)
  if (alone?.alias !== undefined)
    throw unfit(file, `*${alone.alias} is an alias; name the key of its anchor &${alone.alias} instead`)
  const added = changes.filter(({node}) => node === undefined)
  return [...values.values(), ...added].flatMap(({edit}) => edit ?? [])
}

function nothingFound(
  {file, name, target, registry}: ManifestEntry,
  images: readonly DeployedImage[],
  left: readonly Decided[]
) {
  const wanted = [...new Set(images.map(({repository}) => formatRepository(repository)))]
  const limits = Object.entries({target, registry}).flatMap(([key, value]) =>
    value ? [`${key} ${value}`] : []
  )
  const others = left.map(
    ({edited}) =>
      `${edited.place} holds ${edited.from}, ${edited.state === 'variant' ? 'another variant' : 'a template'}`
  )
  return unfit(
    file,
    `it names none of the images${name === undefined ? '' : ` as ${name}`}${limits.length === 0 ? '' : ` of ${limits.join(' and ')}`}${others.length === 0 ? '' : `: ${others.join('; ')}`}`,
    {
      hint:
        others.length === 0
          ? `Released are ${wanted.join(', ')}; say what the file calls the image: ,name=NAME.`
          : `Released are ${images.map(({repository, tag = ''}) => formatImage({name: formatRepository(repository), tag, digest: ''})).join(', ')}. Where the place is to become one of them, name it by its key or name, and say which: ,target=NAME.`
    }
  )
}

/**
 * Reads an edit back, and names the places that change with it because they share an anchor. Those of another image must
 * not: the edit is refused.
 * @throws ReleaseError DEPLOYMENT_INVALID
 */
export function sharedPlaces(
  yaml: YamlFile,
  text: string,
  {changes, images}: {readonly changes: readonly ValueChange[]; readonly images: readonly DeployedImage[]}
): EditedPlace[] {
  return readBack(yaml, text, changes).map(difference => {
    const way = wayOf(difference)
    const [from, to] = [difference.from, difference.to].map(textOf)
    if (from === undefined || to === undefined || !changes.some(({value}) => value === to))
      throw unfit(yaml.file, `this layout of YAML cannot be edited in place: ${way} would change, too`)
    const repository = repositoryBeside(yaml, {...difference, from})
    if (repository !== '' && imagesOf(repository, images).length === 0)
      throw unfit(yaml.file, `${way} shares an anchor, and would change ${repository}, too`, {
        hint: 'Nothing was written. Give that image a value of its own.'
      })
    return {
      ...{file: yaml.file, place: `${way} (by an anchor)`, target: images[0]?.target ?? ''},
      ...outcome('changed'),
      ...{from, to}
    }
  })
}

/** The repository that the keys beside a value name, or the value itself. */
function repositoryBeside(
  {documents}: YamlFile,
  {document, path, from}: YamlDifference & {readonly from: string}
): string {
  const whole = splitImage(from)
  if (whole.name.includes('/')) return whole.name
  const parent: unknown = path
    .slice(0, -1)
    .reduce<unknown>(
      (node, step) => (isRecord(node) ? node[String(step)] : undefined),
      documents[document]?.toJS()
    )
  if (!isRecord(parent)) return ''
  const texts = ['registry', 'repository', 'newName', 'image', 'name'].map(key => parent[key])
  const [registry, repository, newName, image, name] = texts.map(one => (typeof one === 'string' ? one : ''))
  const named = repository || newName || image || (name?.includes('/') ? name : '')
  return splitImage([registry, named].filter(Boolean).join('/')).name
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : isRecord(value) ? undefined : JSON.stringify(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
