import type {TagClass} from './plan.js'
import type {Digest} from '../oci/digest.js'
import type {Platform} from '../oci/platform.js'
import type {Repository, Tag} from '../oci/reference.js'

/** One image of a release, with everything that is to be published of it. */
export interface PlannedImage {
  readonly target: string
  /** Where it is published; the same bytes in each. */
  readonly repositories: readonly Repository[]
  readonly tags: readonly PublishedTag[]
  readonly builds: readonly PublishedBuild[]
  readonly annotations: Readonly<Record<string, string>>
}

export interface PublishedTag {
  readonly name: Tag
  readonly class: TagClass
  /** The newest version of the tag's line that the plan knew of, where that is newer than what is released. */
  readonly newest?: string
}

/** What a build job handed over. */
export interface PublishedBuild {
  readonly digest: Digest
  /** The platform that was planned; undefined where the image itself is to say. */
  readonly platform?: Platform
}

/** What is known of what a release publishes, or of what is at a tag. */
export interface ReleaseFacts {
  /** The version alone, for example 1.2.3. */
  readonly version?: string
  /** The version as the image itself names it, which may stand for a variant: v1.2.3-alpine. */
  readonly named?: string
  readonly revision?: string
  /** ISO 8601: when the commit was made. */
  readonly created?: string
}

/** Stages in which tags are moved: what nobody follows first, `latest` last. */
export function stagesOf(tags: readonly PublishedTag[]): PublishedTag[][] {
  const isLatest = ({name}: PublishedTag): boolean => name === 'latest'
  const ofClass = (wanted: TagClass): PublishedTag[] =>
    tags.filter(tag => tag.class === wanted && !isLatest(tag))
  return [ofClass('immutable'), ofClass('forward'), ofClass('moving'), tags.filter(isLatest)].filter(
    ({length}) => length > 0
  )
}
