import type {Digest} from '../oci/digest.js'
import type {NumberedPattern, TagPattern} from './tag-pattern.js'

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
  readonly deleteTags: readonly TagPattern[]
  /** Whether what has no tag goes. */
  readonly untagged: boolean
  /** Whether referrers without a subject and platform images without an index go. */
  readonly orphans: boolean
  /** How old must be what `deleteTags`, `untagged` and `orphans` choose. */
  readonly olderThan: number
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
