import type {TierUse} from './builders/cache-tiers-log.js'
import type {ExcusedFinding, SeverityCounts} from '../checks/scan/scan-count.js'
import type {Manifest, ManifestDocument} from '../oci/manifest.js'
import type {Digest} from '../oci/digest.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import type {Repository} from '../oci/reference.js'
import type {Growth} from './metrics/metrics-growth.js'
import type {BuildJob} from './build-job.js'

/** What is known of an image that was held against what was asked of it. */
export interface PassedGates {
  /** The fingerprint of its layers. */
  readonly fingerprint: string
  /** The path of the report of the scan, and what it counts. */
  readonly scan?: {
    readonly report: string
    readonly counts: SeverityCounts
    readonly excused?: readonly ExcusedFinding[]
  }
  /** REPOSITORY@DIGEST of each bill of materials. */
  readonly sboms: readonly string[]
}

/** What was pushed to one repository. */
export interface PushView {
  readonly repository: Repository
  /** Bytes of blobs that were sent. */
  readonly uploaded: number
  /** Bytes of blobs that were there already. */
  readonly skipped: number
  readonly milliseconds: number
}

/** What became of a build job. */
export interface BuildView {
  readonly job: BuildJob
  /** Name and version, `buildah 1.28.2`. */
  readonly builder: string
  /** What is handed over: the image, or the index of image and attestation. */
  readonly root: Manifest
  readonly image: ManifestDocument
  readonly configDigest: Digest
  readonly buildMilliseconds: number
  /** Steps that came from a cache, of those that could have; absent where nothing was built. */
  readonly cacheHits?: {readonly cached: number; readonly steps: number}
  /** What each cache gave and took, as far as the builder says it. */
  readonly cacheTiers?: readonly TierUse[]
  readonly pushes: readonly PushView[]
  readonly passed?: PassedGates
  readonly metrics?: BuildMetrics
  /** What grew since an earlier build. */
  readonly growth?: readonly Growth[]
}
