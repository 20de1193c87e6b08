import type {Digest} from '../oci/digest.js'
import type {Repository} from '../oci/reference.js'
import type {StreamBody} from '../ports.js'
import {RegistryError} from '../errors.js'
import type {Answer} from './exchange.js'
import type {RepositoryClient} from './repository-client.js'
import {repositoryScope} from './transport/auth.js'

/** How a blob came to be there. */
export type BlobUpload = 'present' | 'mounted' | 'uploaded'

/** What is uploaded. */
export interface BlobSource {
  readonly digest: Digest
  readonly body: StreamBody
  /** A repository of the same registry that has the blob. */
  readonly mountFrom?: Repository | undefined
}

/**
 * Makes a blob be there: asked for first, mounted where possible, else sent with one POST and one PUT
 * (distribution-spec, "Pushing blobs"; one PUT because ECR accepts chunks and then fails). An upload that fails
 * in passing is begun anew, with the blob asked for again: an answer that was lost may have been a success.
 */
export async function uploadBlob(client: RepositoryClient, source: BlobSource): Promise<BlobUpload> {
  return await client.retrying(async () => {
    const head = await client.callOnce({
      method: 'HEAD',
      path: `blobs/${source.digest}`,
      expect: [200, 404, 403]
    })
    if (head.status === 200) return 'present'
    const location = await begin(client, source)
    if (location === undefined) return 'mounted'
    await finish(client, source, location)
    return 'uploaded'
  })
}

/** Where to send the bytes; undefined where the blob was mounted. */
async function begin(client: RepositoryClient, {digest, mountFrom}: BlobSource): Promise<string | undefined> {
  const isMountable = mountFrom !== undefined && mountFrom.registry === client.repository.registry
  const mounted = isMountable ? await tryMount(client, digest, mountFrom) : undefined
  if (mounted?.status === 201) return undefined
  const answer = mounted ?? (await client.callOnce({method: 'POST', path: 'blobs/uploads/', expect: [202]}))
  return await client.resolve(answer.headers['location'] ?? '')
}

/** A registry that cannot mount opens an upload instead (202), or refuses as Quay and ECR Public do (undefined). */
async function tryMount(
  client: RepositoryClient,
  digest: Digest,
  from: Repository
): Promise<Answer | undefined> {
  try {
    return await client.callOnce({
      method: 'POST',
      path: `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from.name)}`,
      expect: [201, 202],
      extraScopes: [repositoryScope(from.name, 'pull')]
    })
  } catch (error) {
    if (error instanceof RegistryError && error.status < 500) return undefined
    throw error
  }
}

async function finish(client: RepositoryClient, {digest, body}: BlobSource, location: string): Promise<void> {
  const separator = location.includes('?') ? '&' : '?'
  await client.callOnce({
    method: 'PUT',
    path: `${location}${separator}digest=${encodeURIComponent(digest)}`,
    headers: {'content-type': 'application/octet-stream'},
    body,
    expect: [201, 204]
  })
}
