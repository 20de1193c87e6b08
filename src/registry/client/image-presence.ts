import type {Digest} from '../../oci/digest.js'
import {type Descriptor, readManifest, storedBlobs} from '../../oci/manifest.js'
import {isIndexType} from '../../oci/media-type.js'
import type {RepositoryClient} from './repository-client.js'

/**
 * Whether a repository has all of an image: its manifests, whose bytes are held against their digests, and every blob with the
 * size that they name.
 * @param digest of a manifest or an index
 */
export async function isWholeImage(client: RepositoryClient, digest: Digest): Promise<boolean> {
  const manifest = await client.findManifest(digest)
  if (manifest === undefined) return false
  const document = readManifest(manifest)
  const parts = isIndexType(manifest.mediaType)
    ? document.manifests.map(async child => await isWholeImage(client, child.digest))
    : storedBlobs(document).map(async blob => await hasBlob(client, blob))
  return (await Promise.all(parts)).every(Boolean)
}

/** A registry that does not say the size of a blob has it all the same. */
async function hasBlob(client: RepositoryClient, {digest, size}: Descriptor): Promise<boolean> {
  const found = await client.blobSize(digest)
  return found !== undefined && (found === size || found === 0)
}
