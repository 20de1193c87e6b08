import type {PlannedCache} from './policy/actions-caches.js'
import type {CleanupPlan} from './policy/cleanup-plan.js'

/** What was, or would be, deleted in one repository. */
export interface CleanupView {
  /** `registry/name` */
  readonly image: string
  /** What goes; after a run, only what really went. */
  readonly plan: CleanupPlan
  /** Why the registry deletes nothing; undefined where it does. */
  readonly refusal?: string | undefined
  /** What the host does not delete, each with its reason. */
  readonly undeleted: readonly {
    /** A digest, or a tag that was to go alone. */
    readonly what: string
    /** The tags that it has. */
    readonly tags: readonly string[]
    readonly reason: string
  }[]
}

/** A clean-up of several repositories, for people. */
export interface CleanupOverview {
  readonly views: readonly CleanupView[]
  readonly caches: readonly PlannedCache[]
  /** Patterns and digests that match nothing in any repository, with their inputs. */
  readonly unmatched: readonly string[]
  readonly isDry: boolean
  /** Whether nothing was deleted because nobody has allowed it. */
  readonly isHeldBack?: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}
