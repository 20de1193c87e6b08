import type {Digest} from '../../oci/digest.js'
import type {Deployed} from './deployed.js'
import type {NumberedPattern, TagPattern} from '../../patterns/tag-pattern.js'

/**
 * What may be deleted, and what never is. Rules that delete add up; rules that keep versions add up, too: a version
 * that any of them keeps stays. All times in milliseconds.
 */
export interface RetentionPolicy {
  /** Digests that a tag left. */
  readonly superseded: readonly Digest[]
  /** How many of the newest releases of each variant keep their tags; 0 for no such rule. */
  readonly keepVersions: number
  /** How many of the newest releases of each minor line (X.Y) keep their tags; 0 for no such rule. */
  readonly keepPatches: number
  /** Whether pre-releases go whose release is there. */
  readonly supersededPrereleases: boolean
  /** Tags that stay, whatever else is said, with all that they reach. */
  readonly keepTags: readonly TagPattern[]
  /** Images stay with all their tags that have one of these, or this digest. */
  readonly keepImages: readonly TagPattern[]
  /** Tags and digests stay that are deployed, with all that they reach. */
  readonly deployed: Deployed
  readonly deleteTags: readonly TagPattern[]
  /** How many of the newest images with a tag stay, of all of them or of those with a tag of a pattern. */
  readonly keepNewest: readonly NewestRule[]
  /** Whether a chosen tag takes all other tags of its image along; or stays, where one of those is kept. */
  readonly wholeImages: boolean
  /** Whether what has no tag goes. */
  readonly untagged: boolean
  /** How many of the newest images without a tag stay, while the others go; undefined for no such rule. */
  readonly keepNewestUntagged: number | undefined
  /**
   * Whether referrers without a subject and platform images without an index go; where `keepNewestUntagged` counts images
   * without a tag, those go by that alone.
   */
  readonly orphans: boolean
  /** Whether referrers without a subject go, and nothing else of what `orphans` chooses. */
  readonly orphanedReferrers: boolean
  /** Whether indexes go of whose children none is there, and what is listed but not there. */
  readonly ghosts: boolean
  /** Whether indexes go of whose children some are there, and some are not. */
  readonly partialImages: boolean
  /** How old must be what `deleteTags`, `keepNewest`, `ghosts` and `partialImages` choose, if their rule does not say. */
  readonly olderThan: number
  /** How old must be what `untagged` and `keepNewestUntagged` choose. */
  readonly untaggedAge: number
  /** How old must be what `orphans` and `orphanedReferrers` choose. */
  readonly orphansAge: number
  /** Tags of pull requests, and the numbers of those that are closed. */
  readonly pullRequests: {readonly patterns: readonly NumberedPattern[]; readonly closed: ReadonlySet<number>}
  readonly development: AgedTags
  readonly cache: AgedTags & {
    /** Bytes that all of them together may have; the newest stay. Undefined for no limit. */
    readonly maxSize?: number | undefined
  }
  /** What putting back the last releases needs. */
  readonly journal: readonly Digest[]
  /** Nothing younger than this is ever deleted. */
  readonly grace: number
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly limits: DeletionLimits
}

/** A number of images that stay. */
export interface NewestRule {
  /** As it was given, without its age. */
  readonly text: string
  readonly count: number
  /** Which tags it is about; absent for all that no other such rule is about. */
  readonly pattern?: TagPattern
  /** How old an image has to be to be counted, or to go: milliseconds. */
  readonly olderThan?: number
}

/** Tags that go by their age. */
export interface AgedTags {
  readonly patterns: readonly TagPattern[]
  readonly olderThan: number
}

/** How much may go in one run without being forced. */
export interface DeletionLimits {
  /** Manifests; 0 for no limit. */
  readonly maxDelete: number
  /** Percent of the manifests of a repository, for more than `SMALL_CLEANUP` of them. */
  readonly maxShare: number
}

/** A share says nothing of a small repository: two builds of `latest` make one half superseded. */
export const SMALL_CLEANUP = 50
