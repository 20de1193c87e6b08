import {type Digest, digestOf} from '../../src/oci/digest.js'

/** A version of a package, as GitHub keeps it. */
export interface GhcrVersion {
  readonly id: number
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly tags: Set<string>
  /** Milliseconds since the epoch. */
  created: number
  updated: number
  deleted?: number
  downloads: number
}

/** Who asks, as GitHub tells it from the token. */
export type GhcrToken =
  | {readonly kind: 'classic'; readonly user: string; readonly scopes: readonly string[]}
  | {readonly kind: 'fine-grained'}
  /** GITHUB_TOKEN of a repository, with the permission `packages` of its job. */
  | {readonly kind: 'actions'; readonly repository: string; readonly packages: 'none' | 'read' | 'write'}

/** What a package's settings say; all packages of an emulator have the same. */
export interface GhcrSettings {
  /** The accounts that there are, and what they are. */
  readonly accounts: Readonly<Record<string, 'Organization' | 'User'>>
  readonly visibility: 'public' | 'private'
  /** `owner/name` of the repository that packages are linked to; empty for none. */
  readonly linkedTo?: string
  /** Users, and repositories as `owner/name`, with the role Admin. */
  readonly admins: readonly string[]
  /** How GitHub says that a right is missing: it does both. */
  readonly refusesWith: 403 | 404
}

/** The packages of the container registry, by `owner/name`. */
export class GhcrState {
  readonly packages = new Map<string, GhcrVersion[]>()
  readonly #now: () => number
  #nextId = 1000

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** The versions of a package; active ones if nothing else is said, newest first. */
  list(name: string, state: 'active' | 'deleted' = 'active'): GhcrVersion[] {
    const versions = this.packages.get(name) ?? []
    return versions
      .filter(({deleted}) => (deleted === undefined) === (state === 'active'))
      .sort((one, other) => other.id - one.id)
  }

  find(name: string, reference: string): GhcrVersion | undefined {
    return this.list(name).find(({digest, tags}) => digest === reference || tags.has(reference))
  }

  /** Notes that a manifest was put. */
  put(name: string, reference: string, mediaType: string, bytes: Uint8Array): void {
    const digest = digestOf(bytes)
    const now = this.#now()
    const known = this.find(name, digest)
    const version = known ?? this.#make(digest, mediaType, bytes, now)
    if (known === undefined) this.packages.set(name, [...(this.packages.get(name) ?? []), version])
    version.updated = now
    if (reference === digest) return
    this.find(name, reference)?.tags.delete(reference)
    version.tags.add(reference)
  }

  #make(digest: Digest, mediaType: string, bytes: Uint8Array, now: number): GhcrVersion {
    const id = this.#nextId++
    return {id, digest, mediaType, bytes, tags: new Set(), created: now, updated: now, downloads: 0}
  }
}
