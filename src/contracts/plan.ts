import type {Digest} from '../oci/digest.js'

/** The version of the plan's own format. A job refuses a plan of another version. */
export const PLAN_SCHEMA = 1

/**
 * How a tag may move. `immutable` never moves to another revision; `forward` moves only to a newer version;
 * `moving` moves only to a newer commit.
 */
export type TagClass = 'immutable' | 'forward' | 'moving'

/** A tag that this release earns. */
export interface PlannedTag {
  readonly name: string
  readonly class: TagClass
  /** The rule that made it, as it was written, for people. */
  readonly rule: string
  /** The newest version of the tag's line that is released already, where that is newer than this release. */
  readonly newest?: string
  /** What was at the tag when the plan was made, and what is expected to happen there; absent where nobody asked. */
  readonly expected?: readonly ExpectedMove[]
}

/** What is expected to happen with a tag in one or several repositories. The merge decides again, right before it. */
export interface ExpectedMove {
  /** Repositories that it holds for; absent where it is the same in all of them. */
  readonly images?: readonly string[]
  readonly action: 'create' | 'move' | 'same' | 'keep' | 'refuse'
  /** What is there: its version, else the start of its commit or digest. */
  readonly from?: string
  readonly note?: string
}

/** The run that a plan belongs to. */
export interface PlanSource {
  readonly event: string
  readonly ref: string
  /** The commit, 40 hex digits; `org.opencontainers.image.revision` of every image. */
  readonly revision: string
  /** ISO 8601; `org.opencontainers.image.created` and SOURCE_DATE_EPOCH come from it. */
  readonly created: string
  readonly repository: string
}

/** What `runs-on` takes: a label, several that one runner must have all of, or a group of runners. */
export type Runner = string | readonly string[] | RunnerGroup

/** Runners of a group, and the labels that they must have too. */
export interface RunnerGroup {
  readonly group: string
  readonly labels?: string | readonly string[]
}

/** One platform of a target: where it is built, and under which name its digest is handed over. */
export interface PlannedBuild {
  /** `linux/arm64` */
  readonly platform: string
  /** What `runs-on` of the build job takes. */
  readonly runner: Runner
  /** The name of the digest record: artifact and file. */
  readonly record: string
}

/** How a target is built; what is absent is left to the build job. */
export interface BuildSettings {
  /** A folder, or a Git address. */
  readonly context?: string
  /** The Containerfile. */
  readonly file?: string
  /** The stage to build. */
  readonly target?: string
  /** NAME=VALUE each. */
  readonly args?: readonly string[]
}

/** One image to build and publish. */
export interface PlannedTarget {
  readonly name: string
  /** Repositories, `registry/name`. */
  readonly images: readonly string[]
  readonly tags: readonly PlannedTag[]
  readonly builds: readonly PlannedBuild[]
  readonly labels: Readonly<Record<string, string>>
  /** Annotations of manifests and of the index. */
  readonly annotations: Readonly<Record<string, string>>
  /** The variant that it is: the value of each axis, such as python and 3.13. */
  readonly variant?: Readonly<Record<string, string>>
  readonly build?: BuildSettings
}

/** Everything that is decided about a release before anything is built. */
export interface Plan {
  readonly schema: typeof PLAN_SCHEMA
  /** Tells it apart from other plans of the same run; `planId` makes it of the rest. */
  readonly id: string
  readonly source: PlanSource
  /** The version that is released; absent where the event releases none. */
  readonly version?: string
  /** False where this event only builds: nothing may be pushed or tagged. */
  readonly push: boolean
  readonly targets: readonly PlannedTarget[]
  /** What could not be asked or was done otherwise than a reader may expect: sentences. */
  readonly notes: readonly string[]
}

/** What was published under one repository: the index, and what was at each tag before. */
export interface PublishedImage {
  readonly target: string
  readonly image: string
  readonly digest: Digest
  readonly tags: readonly {readonly name: string; readonly before?: Digest}[]
}
