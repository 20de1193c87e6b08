import type {DeployedImage} from './deployed-image.js'
import {type EditedPlace, type ValueChange, outcome} from './image-change.js'
import {splitImage} from './image-value.js'
import {type Difference, readBack, wayOf} from './read-back.js'
import {imagesOf} from './target-choice.js'
import {type YamlFile, unfit} from './yaml-text.js'

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
  {document, path, from}: Difference & {readonly from: string}
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
