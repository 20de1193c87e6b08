import type {ContentStore} from './content-store.js'
import type {UploadSessions} from './upload-sessions.js'

/** What all handlers work on. */
export interface Registry {
  readonly store: ContentStore
  readonly sessions: UploadSessions
  readonly rules: RegistryRules
}

/** How this registry uses the freedom that the specification leaves. */
export interface RegistryRules {
  /** Whether manifests, tags and blobs can be deleted; else the answer is 405 UNSUPPORTED. */
  readonly allowDelete: boolean
  /** Whether nothing can be changed at all. */
  readonly readOnly: boolean
  /** Whether a Location is a path only, or holds the address that the client used. */
  readonly relativeLocations: boolean
  /** The least length in bytes of a chunk that is not the last one; 0 for any. */
  readonly minChunkLength: number
  /** The most tags, referrers or repositories in one answer; the rest is behind a Link. */
  readonly pageSize: number
}
