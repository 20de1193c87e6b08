import pLimit from 'p-limit'
import type {Digest} from '../oci/digest.js'
import {type Descriptor, readManifest} from '../oci/manifest.js'
import {formatReference, type Repository} from '../oci/reference.js'
import type {LocalImage} from '../ports.js'
import {ReleaseError} from '../errors.js'
import {uploadBlob} from './blob-upload.js'
import type {RepositoryClient} from './repository-client.js'

/** What a push cost. */
export interface PushResult {
  readonly repository: Repository
  readonly digest: Digest
  /** Bytes of blobs that were sent. */
  readonly uploaded: number
  /** Bytes of blobs that stood there already, or were mounted. */
  readonly skipped: number
}

/** Blobs under way at once to one registry; more of them only share the same line. */
export const BLOBS_AT_ONCE = 6

/**
 * Pushes a local image to one repository by digest: blobs side by side, then the manifests, children first. No tag
 * is made. Ends with the registry's own word that the root is there.
 * @throws ReleaseError DIGEST_MISMATCH; RegistryError
 */
export async function pushImage(client: RepositoryClient, image: LocalImage): Promise<PushResult> {
  const limit = pLimit(BLOBS_AT_ONCE)
  const blobs = blobsOf(image)
  const uploads = await Promise.all(
    blobs.map(({digest, size}) =>
      limit(async () => ({size, how: await uploadBlob(client, {digest, body: image.blob(digest)})}))
    )
  )
  for (const manifest of image.manifests) await client.putManifest(manifest)
  await assertPresent(client, image.root.digest)
  const sum = (isUploaded: boolean): number =>
    uploads.filter(({how}) => (how === 'uploaded') === isUploaded).reduce((total, {size}) => total + size, 0)
  return {repository: client.repository, digest: image.root.digest, uploaded: sum(true), skipped: sum(false)}
}

/** Configs and layers of all manifests, each once. */
function blobsOf(image: LocalImage): Descriptor[] {
  const documents = image.manifests.map(readManifest)
  const blobs = documents.flatMap(({config, layers}) => [...(config ? [config] : []), ...layers])
  return [...new Map(blobs.map(blob => [blob.digest, blob])).values()]
}

/**
 * Asks a registry for its own word that a manifest is there.
 * @throws ReleaseError CHILD_MISSING where it is not, though it was pushed
 */
export async function assertPresent(client: RepositoryClient, digest: Digest): Promise<void> {
  const found = await client.headManifest(digest)
  if (found?.digest === digest) return
  throw new ReleaseError(
    'CHILD_MISSING',
    `${formatReference(client.repository, digest)} was pushed, but is not there`,
    {
      hint: 'The registry may show it later; run this job again.'
    }
  )
}
