import type {Digest} from '../oci/digest.js'
import {type Descriptor, type Manifest, readManifest, storedBlobs} from '../oci/manifest.js'
import {type Tag, formatReference} from '../oci/reference.js'
import type {LocalImage} from '../ports.js'
import {ReleaseError} from '../errors.js'
import {blobStream} from './blob-download.js'
import type {RepositoryClient} from './repository-client.js'

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

/** Children before what names them. */
async function withChildren(client: RepositoryClient, manifest: Manifest): Promise<Manifest[]> {
  const children = await Promise.all(
    readManifest(manifest).manifests.map(async ({digest}) =>
      withChildren(client, await client.getManifest(digest))
    )
  )
  const all = [...children.flat(), manifest]
  return [...new Map(all.map(one => [one.digest, one])).values()]
}
