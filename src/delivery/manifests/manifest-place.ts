/** What became of a place. It stays where what runs is newer or another variant, and where a template fills it in. */
export type PlaceState = 'changed' | 'same' | 'newer' | 'variant' | 'template'

/** One place of a manifest that names an image. */
export interface ManifestPlace {
  readonly file: string
  readonly place: string
  readonly from: string
  readonly to: string
  readonly isChanged: boolean
  /** Whether it stays because a newer version runs. */
  readonly isKept: boolean
  readonly state: PlaceState
}
