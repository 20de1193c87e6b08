import type {ContentDigest} from './content-digest.js'

/** What a repository knows of one of its manifests, beside the bytes. */
export interface ManifestRecord {
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  readonly subject?: ContentDigest
  /** What the referrers list shows: the document's own, or an image's config type. */
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** One repository in memory. The records in the storage say the same. */
export class RepositoryState {
  readonly blobs = new Map<ContentDigest, number>()
  readonly manifests = new Map<ContentDigest, ManifestRecord>()
  readonly tags = new Map<string, ContentDigest>()
  readonly #tagsOf = new Map<ContentDigest, Set<string>>()
  readonly #referrersOf = new Map<ContentDigest, Set<ContentDigest>>()

  has(digest: ContentDigest): boolean {
    return this.blobs.has(digest) || this.manifests.has(digest)
  }

  setManifest(digest: ContentDigest, entry: ManifestRecord): void {
    this.manifests.set(digest, entry)
    if (entry.subject !== undefined) addTo(this.#referrersOf, entry.subject, digest)
  }

  removeManifest(digest: ContentDigest): void {
    const subject = this.manifests.get(digest)?.subject
    this.manifests.delete(digest)
    if (subject !== undefined) removeFrom(this.#referrersOf, subject, digest)
  }

  setTag(tag: string, digest: ContentDigest): void {
    this.removeTag(tag)
    this.tags.set(tag, digest)
    addTo(this.#tagsOf, digest, tag)
  }

  removeTag(tag: string): void {
    const digest = this.tags.get(tag)
    this.tags.delete(tag)
    if (digest !== undefined) removeFrom(this.#tagsOf, digest, tag)
  }

  tagsOf(digest: ContentDigest): readonly string[] {
    return [...(this.#tagsOf.get(digest) ?? [])]
  }

  /** The manifests whose subject is this digest, in the order of their digests. */
  referrersOf(subject: ContentDigest): readonly ContentDigest[] {
    return [...(this.#referrersOf.get(subject) ?? [])].sort()
  }
}

function addTo<Key, Item>(map: Map<Key, Set<Item>>, key: Key, item: Item): void {
  const items = map.get(key) ?? new Set<Item>()
  map.set(key, items.add(item))
}

function removeFrom<Key, Item>(map: Map<Key, Set<Item>>, key: Key, item: Item): void {
  const items = map.get(key)
  items?.delete(item)
  if (items?.size === 0) map.delete(key)
}
