import type {DeployedImage, Pin} from './deployed-image.js'
import {helmPlaces} from './helm-values.js'
import type {ImagePlace, PlaceFinder} from './image-change.js'
import {imageFieldPlaces} from './image-fields.js'
import {imagesFor} from './image-match.js'
import {kustomizePlaces} from './kustomize-images.js'
import type {ManifestEntry, ManifestKind} from './manifest-entry.js'
import {applyEdits, readYaml, unfit} from './yaml-text.js'

const FINDERS: Readonly<Record<ManifestKind, PlaceFinder>> = {
  kustomize: kustomizePlaces,
  helm: helmPlaces,
  image: imageFieldPlaces
}

/** What is to be deployed, and how it is named. */
export interface Deployment {
  readonly entries: readonly ManifestEntry[]
  readonly images: readonly DeployedImage[]
  readonly pin: Pin
  readonly allowBackward: boolean
}

/** A place of a file, changed or not. */
export interface EditedPlace extends Pick<ImagePlace, 'target' | 'place' | 'from' | 'to' | 'isKept'> {
  readonly file: string
  readonly isChanged: boolean
}

/** The files that change, and every place that was found. */
export interface ManifestEdit {
  /** New texts by file. */
  readonly files: ReadonlyMap<string, string>
  readonly places: readonly EditedPlace[]
}

/**
 * Names the images of a deployment in manifests. Only the characters of values change; comments, layout and quotes stay.
 * @param read the text of a file; undefined where there is none
 * @throws ReleaseError DEPLOYMENT_INVALID where a file is not there, cannot be read, or names none of the images
 */
export async function editManifests(
  {entries, images, pin, allowBackward}: Deployment,
  read: (file: string) => Promise<string | undefined>
): Promise<ManifestEdit> {
  const before = new Map<string, string>()
  const files = new Map<string, string>()
  const places: EditedPlace[] = []
  for (const entry of entries) {
    const {file} = entry
    const text = files.get(file) ?? (await read(file))
    if (text === undefined) throw unfit(file, 'there is no such file')
    if (!before.has(file)) before.set(file, text)
    const wish = {entry, images: imagesFor(entry, images), pin, allowBackward}
    const found = FINDERS[entry.kind](readYaml(file, text), wish)
    if (found.length === 0) throw nothingFound(entry, images)
    files.set(
      file,
      applyEdits(
        text,
        found.flatMap(({edits}) => edits)
      )
    )
    places.push(...found.map(({edits, ...place}) => ({...place, file, isChanged: edits.length > 0})))
  }
  return {files: new Map([...files].filter(([file, text]) => before.get(file) !== text)), places}
}

function nothingFound({file, name, target, registry}: ManifestEntry, images: readonly DeployedImage[]) {
  const wanted = [...new Set(images.map(({repository}) => `${repository.registry}/${repository.name}`))]
  const limits = Object.entries({target, registry}).flatMap(([key, value]) =>
    value ? [`${key} ${value}`] : []
  )
  return unfit(
    file,
    `it names none of the images${name === undefined ? '' : ` as ${name}`}${limits.length === 0 ? '' : ` of ${limits.join(' and ')}`}`,
    {hint: `Released are ${wanted.join(', ')}; say what the file calls the image: ,name=NAME.`}
  )
}
