import type {PassedGate, PhaseMetric} from '../contracts/metrics.js'
import type {StepTimes} from '../contracts/step-times.js'
import type {BuildNumbers, ReleaseNumbers} from '../contracts/release-history.js'

/** The version of the format of this document. Fields may be added within a version; none changes its meaning. */
export const REPORT_SCHEMA = 1

/** Everything that the page of a release shows. It stands in the page as JSON, and beside it as a file. */
export interface ReportData {
  readonly schema: typeof REPORT_SCHEMA
  /** When it was made, as ISO 8601. */
  readonly made: string
  /** The version of this program. */
  readonly program: string
  readonly source?: ReportSource
  readonly version?: string
  readonly targets: readonly ReportTarget[]
  /** Every layer once; platforms name them by their place. */
  readonly layers: readonly ReportLayer[]
  readonly builds: readonly ReportBuild[]
  /** The steps around the builds, in the order of their begin; empty where their times are not known. */
  readonly steps: readonly StepTimes[]
  readonly checks: readonly ReportCheck[]
  readonly cleanup?: readonly ReportCleanup[]
  /** Releases from the oldest on; the last is this one. Empty if no metrics are known. */
  readonly history: readonly ReleaseNumbers[]
  /** How far a release has come that is under way; absent for one that is over. */
  readonly progress?: ReportProgress
  /** What could not be read, and what was left out: sentences. */
  readonly notes: readonly string[]
}

/** Where a release comes from. */
export interface ReportSource {
  readonly repository: string
  readonly ref: string
  readonly revision: string
  readonly event: string
  readonly created: string
}

/** One image of a release. */
export interface ReportTarget {
  readonly name: string
  /** Absent where nothing was published. */
  readonly digest?: string
  /** Repositories, `registry/name`. */
  readonly images: readonly string[]
  readonly tags: readonly ReportTag[]
  /** As the registry has them; only names where no registry was asked. */
  readonly platforms: readonly ReportPlatform[]
  /** What refers to the index or to a platform. */
  readonly attachments: readonly ReportAttachment[]
  /** What the tags pointed at before. */
  readonly before?: ReportBefore
  readonly packages: readonly PackageChanges[]
}

/** What became of one tag on one registry. */
export interface ReportTag {
  /** `registry/name:tag` */
  readonly reference: string
  readonly class?: string
  readonly state: 'new' | 'moved' | 'same' | 'kept' | 'planned'
  readonly before?: string
  readonly after?: string
  /** What is there now, if it is something else; `nothing` if it is gone. */
  readonly now?: string
}

/** One platform of an image. */
export interface ReportPlatform {
  readonly platform: string
  readonly digest?: string
  /** Bytes that a pull fetches: config and layers. */
  readonly size?: number
  /** Places in the list of layers, from the lowest up. */
  readonly layers: readonly number[]
  /** What differs from the same platform of the release before, by instruction; what grew most first. */
  readonly grew: readonly LayerGrowth[]
}

/** A layer, as it is stored. */
export interface ReportLayer {
  readonly digest: string
  readonly size: number
  readonly createdBy?: string
}

/** Layers of one instruction, before and now. */
export interface LayerGrowth {
  readonly createdBy: string
  /** Bytes; 0 where there was none. */
  readonly before: number
  readonly now: number
}

/** The image that the tags pointed at before. */
export interface ReportBefore {
  readonly digest: string
  readonly version?: string
  readonly platforms: readonly Pick<ReportPlatform, 'platform' | 'digest' | 'size' | 'layers'>[]
}

/** Something that a registry has beside an image: a signature, an attestation, a bill of materials. */
export interface ReportAttachment {
  readonly kind: 'signature' | 'provenance' | 'sbom' | 'metrics' | 'attestation' | 'other'
  /** The type as it is written. */
  readonly type: string
  readonly digest: string
  /** What it speaks of. */
  readonly of: string
}

/** What changed in the bill of materials of a platform. */
export interface PackageChanges {
  readonly platform: string
  readonly total: number
  /** Absent if nothing is known of the release before; the lists are empty then. */
  readonly before?: number
  readonly added: readonly PackageChange[]
  readonly removed: readonly PackageChange[]
  readonly changed: readonly PackageChange[]
  /** How many more changes there are than the lists name. */
  readonly unnamed: number
}

/** One package, and its versions. */
export interface PackageChange {
  readonly name: string
  readonly before?: string
  readonly now?: string
}

/** Numbers of one build, and its times. */
export interface ReportBuild extends BuildNumbers {
  /** Name and version. */
  readonly builder: string
  readonly phases: readonly PhaseMetric[]
  /** When its job began, as ISO 8601. */
  readonly began?: string
}

/** Something that was checked, and what speaks for it. */
export interface ReportCheck {
  readonly kind: 'tag' | 'signature' | 'start' | PassedGate['gate']
  readonly subject: string
  /** What was seen. */
  readonly evidence: string
  /** Empty where all is well. */
  readonly faults: readonly string[]
}

/** What a clean-up took from a repository. */
export interface ReportCleanup {
  readonly image: string
  readonly deleted: readonly {
    readonly digest: string
    readonly tags: readonly string[]
    readonly reason: string
    readonly size?: number
  }[]
  readonly tags: readonly {readonly tag: string; readonly reason: string}[]
  readonly kept: number
  /** Bytes. */
  readonly freed?: number
}

/** A release under way, by what it left in its folder so far. */
export interface ReportProgress {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'unknown'
  readonly command?: string
  /** ISO 8601. */
  readonly started?: string
  /** What it failed with, and what to do. */
  readonly message?: string
  readonly hint?: string
  /** Images to build, those with a digest are there. */
  readonly builds: readonly {readonly name: string; readonly digest?: string}[]
  /** Tags to move; `now` is what a registry shows, `nothing` where nothing is there. */
  readonly tags: readonly {
    readonly reference: string
    readonly before?: string
    readonly after: string
    readonly now?: string
  }[]
}
