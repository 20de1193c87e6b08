import type {ReleaseHistory} from '../contracts/release-history.js'
import type {Digest} from '../oci/digest.js'
import type {FoundAttachment} from './attachments.js'
import type {PackageChanges, ReportLayer} from './report-data.js'

/** What a registry has of one image: its platforms with their layers, and what refers to them. */
export interface ImageLook {
  readonly digest: Digest
  readonly version?: string
  readonly platforms: readonly PlatformLook[]
  readonly attachments: readonly FoundAttachment[]
}

/** One platform, as the registry has it. */
export interface PlatformLook {
  readonly platform: string
  readonly digest: Digest
  readonly size: number
  readonly layers: readonly ReportLayer[]
}

/** What the registries were seen to have of one image of a release. */
export interface TargetLook {
  readonly target: string
  readonly image?: ImageLook
  readonly before?: ImageLook
  readonly packages: readonly PackageChanges[]
  /** The metrics that stand beside the image, and beside what was there before. */
  readonly history?: ReleaseHistory
  readonly historyBefore?: ReleaseHistory
  /** What is at each tag now: a digest, `nothing`, or `unknown`. */
  readonly tags: ReadonlyMap<string, string>
  readonly notes: readonly string[]
}
