import type {StreamBody} from '../ports.js'
import {type ByteRange, lengthOf} from './byte-range.js'
import type {ContentDigest} from './content-digest.js'
import {type StoredRecord, blobRecord, manifestRecord, readRecords, tagRecord} from './record.js'
import {type ManifestRecord, RepositoryState} from './repository-state.js'
import {type Serial, serial} from './serial.js'
import type {Staging, Storage} from './storage.js'

/** A manifest that is to be kept: its bytes are checked already. */
export interface NewManifest {
  readonly digest: ContentDigest
  readonly bytes: Uint8Array
  readonly entry: ManifestRecord
  readonly tags: readonly string[]
}

/**
 * What the registry holds. Questions are answered from memory; changes go to the storage first, one after the other,
 * so that what was answered survives, and a check and the change that rests on it are one step.
 */
export class ContentStore {
  readonly #storage: Storage
  readonly #repositories: Map<string, RepositoryState>
  readonly #change: Serial = serial()

  private constructor(storage: Storage, repositories: Map<string, RepositoryState>) {
    this.#storage = storage
    this.#repositories = repositories
  }

  static async open(storage: Storage): Promise<ContentStore> {
    return new ContentStore(storage, readRecords(await storage.records()))
  }

  /** A repository is there as soon as something was pushed to it; undefined before. */
  repository(name: string): RepositoryState | undefined {
    return this.#repositories.get(name)
  }

  repositoryNames(): readonly string[] {
    return [...this.#repositories.keys()].sort()
  }

  /** The content of a digest that a repository holds: whole, where its size in bytes is given, or a range. */
  read(digest: ContentDigest, part: number | ByteRange): StreamBody {
    const range = typeof part === 'number' ? undefined : part
    return {
      size: typeof part === 'number' ? part : lengthOf(part),
      open: () => this.#storage.openContent(digest, range)
    }
  }

  stage(): Promise<Staging> {
    return this.#storage.stage()
  }

  keepBlob(name: string, staging: Staging, blob: {digest: ContentDigest; size: number}): Promise<void> {
    return this.#change(async () => {
      await this.#storage.keep(staging, blob.digest)
      await this.#save(blobRecord(name, blob.digest, blob.size))
      this.#stateOf(name).blobs.set(blob.digest, blob.size)
    })
  }

  /** Gives a repository the blob of another; false where that one no longer has it. */
  mountBlob(name: string, from: string, digest: ContentDigest): Promise<boolean> {
    return this.#change(async () => {
      const size = this.repository(from)?.blobs.get(digest)
      if (size === undefined) return false
      await this.#save(blobRecord(name, digest, size))
      this.#stateOf(name).blobs.set(digest, size)
      return true
    })
  }

  deleteBlob(name: string, digest: ContentDigest): Promise<boolean> {
    return this.#change(async () => {
      const state = this.repository(name)
      if (!state?.blobs.has(digest)) return false
      await this.#storage.deleteRecord(blobRecord(name, digest).key)
      state.blobs.delete(digest)
      await this.#forget(digest)
      return true
    })
  }

  /** Keeps a manifest and moves tags to it, if `check` still passes when its turn has come: it throws if not. */
  keepManifest(name: string, manifest: NewManifest, check: () => void): Promise<void> {
    return this.#change(async () => {
      check()
      const staging = await this.#storage.stage()
      await staging.append(manifest.bytes)
      await this.#storage.keep(staging, manifest.digest)
      await this.#save(manifestRecord(name, manifest.digest, manifest.entry))
      const state = this.#stateOf(name)
      state.setManifest(manifest.digest, manifest.entry)
      for (const tag of manifest.tags) {
        await this.#save(tagRecord(name, tag, manifest.digest))
        state.setTag(tag, manifest.digest)
      }
    })
  }

  /** Deletes a manifest and every tag that points at it; false where it is not there. */
  deleteManifest(name: string, digest: ContentDigest): Promise<boolean> {
    return this.#change(async () => {
      const state = this.repository(name)
      if (!state?.manifests.has(digest)) return false
      for (const tag of state.tagsOf(digest)) await this.#removeTag(name, state, tag)
      await this.#storage.deleteRecord(manifestRecord(name, digest).key)
      state.removeManifest(digest)
      await this.#forget(digest)
      return true
    })
  }

  /** Deletes one tag and nothing else; false where it is not there. */
  deleteTag(name: string, tag: string): Promise<boolean> {
    return this.#change(async () => {
      const state = this.repository(name)
      if (!state?.tags.has(tag)) return false
      await this.#removeTag(name, state, tag)
      return true
    })
  }

  async #removeTag(name: string, state: RepositoryState, tag: string): Promise<void> {
    await this.#storage.deleteRecord(tagRecord(name, tag).key)
    state.removeTag(tag)
  }

  /** Frees the bytes where no repository holds them any more. */
  async #forget(digest: ContentDigest): Promise<void> {
    const isHeld = [...this.#repositories.values()].some(state => state.has(digest))
    if (!isHeld) await this.#storage.deleteContent(digest)
  }

  #save(record: StoredRecord): Promise<void> {
    return this.#storage.saveRecord(record.key, record.text)
  }

  #stateOf(name: string): RepositoryState {
    const state = this.#repositories.get(name) ?? new RepositoryState()
    this.#repositories.set(name, state)
    return state
  }
}
