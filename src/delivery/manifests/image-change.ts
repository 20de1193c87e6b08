import type {Scalar} from 'yaml'
import type {Tag} from '../../oci/reference.js'
import type {DeployedImage, Pin} from './deployed-image.js'
import type {ImageValue} from './image-value.js'
import type {KeyStep, ManifestEntry} from './manifest-entry.js'
import type {ManifestPlace, PlaceState} from './manifest-place.js'
import type {YamlEdit, YamlFile} from './yaml-text.js'

export type {PlaceState}

/** A place of a file, changed or not. */
export interface EditedPlace extends ManifestPlace {
  /** '' where it is another variant than any that was released. */
  readonly target: string
}

/** What became of a place. */
export function outcome(state: PlaceState): Pick<EditedPlace, 'state' | 'isChanged' | 'isKept'> {
  return {state, isChanged: state === 'changed', isKept: state === 'newer'}
}

/** What is wanted of one file. */
export interface ChangeOptions {
  readonly entry: ManifestEntry
  /** All images of the release, in the order of targets and repositories. */
  readonly images: readonly DeployedImage[]
}

/** An image for a place, in the tag that fits there. */
export interface PlacedImage {
  readonly image: DeployedImage
  readonly tag: Tag | undefined
  readonly pin: Pin
}

/** A change of one value of a document, or what is added to it. */
export interface ValueChange {
  /** Which document of the file, from 0. */
  readonly document: number
  /** The way to what changes. */
  readonly path: readonly KeyStep[]
  /** What is there afterwards. */
  readonly value: unknown
  /** Absent where it is an alias: the place of its anchor brings the edit. */
  readonly edit?: YamlEdit
  readonly alias?: string
  /** The scalar that changes, which aliases may share. */
  readonly node?: Scalar
}

/** What a place says afterwards, and how it comes to say it; without changes where it says that already. */
export interface PlaceChange {
  readonly to: ImageValue
  readonly changes: readonly ValueChange[]
}

/** One place of a file that names an image. */
export interface ImagePlace {
  /** Where it stands: a name, a key or a line. */
  readonly place: string
  readonly standing: ImageValue
  /** Whether the entry names this very place. */
  readonly isNamed: boolean
  /** The images that it may mean, where these are not those of its repository. */
  readonly pool?: readonly DeployedImage[]
  /** @throws ReleaseError DEPLOYMENT_INVALID where it cannot be written so that it says that whole */
  readonly write: (wanted: PlacedImage) => PlaceChange
}

/** Finds every place of a file that an entry may mean. */
export type PlaceFinder = (yaml: YamlFile, wish: ChangeOptions) => ImagePlace[]
