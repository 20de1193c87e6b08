import pLimit from 'p-limit'
import type {Digest} from '../../oci/digest.js'
import {type Descriptor, type Manifest, readManifest, storedBlobs} from '../../oci/manifest.js'
import {type Tag, formatRepository} from '../../oci/reference.js'
import {blobStream} from './blob-download.js'
import {type BlobUpload, uploadBlob} from './blob-upload.js'
import {BLOBS_AT_ONCE, assertPresent} from './image-push.js'
import {addReferrers, listReferrers, signatureTags} from '../client/referrers.js'
import type {RepositoryClient} from '../client/repository-client.js'

/** What a copy did. */
export interface CopyResult {
  /** Manifests and indexes that were not there before. */
  readonly manifests: number
  /** Bytes of blobs that went through this machine. */
  readonly uploaded: number
  /** Bytes of blobs that were there already, or were mounted. */
  readonly skipped: number
  /** Tags of signatures that stayed, for something else is there. */
  readonly kept: readonly Tag[]
}

/**
 * Copies an image by digest from one repository to another: what an index names, blobs, attestations, and what refers to
 * any of it by the API, by the fallback tag, or by cosign's tags. Content comes before what names it, so that a copy
 * which stops half way leaves nothing incomplete, and a second one goes on where it stopped. No tag of the image moves.
 * @throws ReleaseError CHILD_MISSING where the source is not whole; DIGEST_MISMATCH; RegistryError
 */
export async function copyImage(
  from: RepositoryClient,
  to: RepositoryClient,
  digest: Digest
): Promise<CopyResult> {
  if (formatRepository(from.repository) === formatRepository(to.repository))
    return {manifests: 0, uploaded: 0, skipped: 0, kept: []}
  const copy = new ImageCopy(from, to)
  await copy.run(digest)
  await assertPresent(to, digest)
  return await copy.result()
}

/** One copy: everything is copied once, however often it is named. */
class ImageCopy {
  readonly #from: RepositoryClient
  readonly #to: RepositoryClient
  readonly #limit = pLimit(BLOBS_AT_ONCE)
  readonly #manifests = new Map<Digest, Promise<Manifest>>()
  readonly #blobs = new Map<Digest, Promise<{readonly size: number; readonly how: BlobUpload}>>()
  readonly #kept: Tag[] = []
  #put = 0

  constructor(from: RepositoryClient, to: RepositoryClient) {
    this.#from = from
    this.#to = to
  }

  /** Copies an image, then what refers to it or its parts, then what refers to that, until nothing new is found. */
  async run(root: Digest): Promise<void> {
    const asked = new Set<Digest>()
    await this.#manifest(root)
    for (;;) {
      const fresh = [...this.#manifests.keys()].filter(digest => !asked.has(digest))
      if (fresh.length === 0) return
      for (const digest of fresh) asked.add(digest)
      await Promise.all(fresh.flatMap(digest => [this.#copyReferrers(digest), this.#copySignatures(digest)]))
    }
  }

  async result(): Promise<CopyResult> {
    const blobs = await Promise.all(this.#blobs.values())
    const sum = (isUploaded: boolean): number =>
      blobs.reduce((total, {how, size}) => total + ((how === 'uploaded') === isUploaded ? size : 0), 0)
    return {manifests: this.#put, uploaded: sum(true), skipped: sum(false), kept: this.#kept}
  }

  /** Copies a manifest with what it names. What refers to it may name it again, and so must not be waited for here. */
  async #manifest(digest: Digest): Promise<Manifest> {
    const known = this.#manifests.get(digest) ?? this.#copyManifest(digest)
    this.#manifests.set(digest, known)
    return await known
  }

  async #copyManifest(digest: Digest): Promise<Manifest> {
    const manifest = await this.#from.getManifest(digest)
    const document = readManifest(manifest)
    const {manifests} = document
    const blobs = storedBlobs(document).filter(isDistributable)
    await Promise.all([
      ...manifests.map(async child => await this.#manifest(child.digest)),
      ...blobs.map(async blob => await this.#blob(blob))
    ])
    if (!(await this.#to.isManifestShown(digest))) {
      await this.#to.putManifest(manifest)
      this.#put += 1
    }
    return manifest
  }

  async #blob({digest, size}: Descriptor): Promise<void> {
    const known =
      this.#blobs.get(digest) ??
      this.#limit(async () => {
        const body = blobStream(this.#from, {digest, size})
        return {size, how: await uploadBlob(this.#to, {digest, body, mountFrom: this.#from.repository})}
      })
    this.#blobs.set(digest, known)
    await known
  }

  /** A list may name what has been deleted since (distribution-spec, "Referrers Tag Schema"): that is left out. */
  async #copyReferrers(subject: Digest): Promise<void> {
    const listed = await listReferrers(this.#from, subject)
    const copied = await Promise.all(
      listed.map(async ({digest}) => {
        const found = await this.#from.headManifest(digest)
        return found && (await this.#manifest(digest))
      })
    )
    const referrers = copied.filter(manifest => manifest !== undefined)
    if (referrers.length > 0) await addReferrers(this.#to, subject, referrers)
  }

  /** What is at such a tag already may hold signatures that nobody else has, so that it stays. */
  async #copySignatures(digest: Digest): Promise<void> {
    await Promise.all(
      signatureTags(digest).map(async tag => {
        const found = await this.#from.headManifest(tag)
        if (found === undefined) return
        const manifest = await this.#manifest(found.digest)
        const standing = await this.#to.headManifest(tag)
        if (standing === undefined) await this.#to.putManifest(manifest, tag)
        else if (standing.digest !== manifest.digest) this.#kept.push(tag)
      })
    )
  }
}

/** Layers that only their maker may give out, such as those of Windows, are in no other registry. */
function isDistributable({mediaType}: Descriptor): boolean {
  return !/\.foreign\.|\.nondistributable\./.test(mediaType)
}
