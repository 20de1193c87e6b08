import type {DeployedImage, Pin} from './deployed-image.js'
import type {ManifestEntry} from './manifest-entry.js'
import type {TextEdit, YamlFile} from './yaml-text.js'

/** What is wanted of one file. */
export interface ChangeWish {
  readonly entry: ManifestEntry
  /** The images that the entry may mean, in the order of targets and repositories. */
  readonly images: readonly DeployedImage[]
  readonly pin: Pin
  readonly allowBackward: boolean
}

/** One place of a file that names an image. */
export interface ImagePlace {
  readonly target: string
  /** Where it stands: a name or a key. */
  readonly place: string
  /** What stood there, and what is to stand there. */
  readonly from: string
  readonly to: string
  /** Empty where it is as it should be. */
  readonly edits: readonly TextEdit[]
  /** Whether it stays because a newer version runs. */
  readonly isKept: boolean
}

/** Finds every place of a file that an entry means. */
export type PlaceFinder = (yaml: YamlFile, wish: ChangeWish) => ImagePlace[]
