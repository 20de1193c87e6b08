import type {Digest} from '../../oci/digest.js'
import {type Descriptor, type Manifest, readManifest, storedBlobs} from '../../oci/manifest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import type {LocalImage} from '../../ports.js'
import {ReleaseError} from '../../errors.js'
import {blobStream} from './blob-download.js'
import type {RepositoryClient} from '../client/repository-client.js'

/**
 * An image of a registry as one that lies here: its manifests are fetched and held against their digests, its blobs are
 * fetched, and held against theirs, when somebody reads them.
 * @throws ReleaseError DIGEST_MISMATCH, CHILD_MISSING; RegistryError
 */
export async function remoteImage(client: RepositoryClient, reference: Tag | Digest): Promise<LocalImage> {
  const root = await client.getManifest(await digestOf(client, reference))
  const manifests = await withChildren(client, root)
  const blobs = new Map<Digest, Descriptor>(
    manifests
      .map(readManifest)
      .flatMap(storedBlobs)
      .map(blob => [blob.digest, blob])
  )
  return {
    root,
    manifests,
    blob(digest) {
      const blob = blobs.get(digest)
      if (blob !== undefined) return blobStream(client, blob)
      throw new ReleaseError('LAYOUT_INVALID', `${client.name}: no manifest names the blob ${digest}`)
    }
  }
}

/** A tag is asked once, so that all that is fetched belongs together though the tag moves. */
async function digestOf(client: RepositoryClient, reference: Tag | Digest): Promise<Digest> {
  const found = await client.headManifest(reference)
  if (found !== undefined) return found.digest
  throw new ReleaseError('CHILD_MISSING', `${formatReference(client.repository, reference)} is not there`, {
    hint: 'Check the reference, and that this user may pull it.'
  })
}

/**
 * How many manifests are fetched, and how deep indexes stand in indexes: an image has a platform and an attestation in each, and
 * no more. A registry of somebody else may hold ten indexes that name each other a thousand times.
 */
const MOST = {manifests: 2000, depth: 8}

/**
 * The manifest and all that it leads to, each fetched once; children before what names them.
 * @throws ReleaseError MANIFEST_INVALID for more than any image has
 */
async function withChildren(client: RepositoryClient, root: Manifest): Promise<Manifest[]> {
  const visited = new Map<Digest, Promise<void>>()
  const ordered: Manifest[] = []
  const visit = async (manifest: Manifest, depth: number): Promise<void> => {
    const children = new Set(readManifest(manifest).manifests.map(({digest}) => digest))
    if (depth > MOST.depth || visited.size + children.size > MOST.manifests)
      throw new ReleaseError(
        'MANIFEST_INVALID',
        `${client.name}: ${root.digest} has more than ${MOST.manifests} manifests, or indexes more than ${MOST.depth} deep`
      )
    const visits = [...children].map(async digest => {
      const visiting =
        visited.get(digest) ?? client.getManifest(digest).then(async child => await visit(child, depth + 1))
      visited.set(digest, visiting)
      await visiting
    })
    await Promise.all(visits)
    ordered.push(manifest)
  }
  await visit(root, 0)
  return ordered
}
