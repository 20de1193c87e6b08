import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {ReleaseError, messageOf} from '../../errors.js'
import {hexDigest} from '../../oci/digest.js'
import type {Descriptor} from '../../oci/manifest.js'
import type {StreamBody} from '../../ports.js'
import type {RepositoryClient} from '../client/repository-client.js'
import {atPace} from '../transport/body.js'

/** What is downloaded: its digest and its size in bytes. */
export type BlobDescriptor = Pick<Descriptor, 'digest' | 'size'>

/**
 * A blob of a registry as a body that is read while it is sent, and fetched anew for each try. What came is held against
 * size and digest; the stream fails with a ReleaseError: DIGEST_MISMATCH, or REGISTRY_UNREACHABLE where it breaks off.
 */
export function blobStream(client: RepositoryClient, blob: BlobDescriptor): StreamBody {
  return {size: blob.size, open: () => Readable.from(checkedChunks(client, blob), {objectMode: false})}
}

/**
 * Fetches a blob whole and keeps none of it.
 * @throws ReleaseError DIGEST_MISMATCH; REGISTRY_UNREACHABLE where every try broke off; RegistryError
 */
export async function downloadBlob(client: RepositoryClient, blob: BlobDescriptor): Promise<void> {
  await client.retrying(async () => {
    const chunks = checkedChunks(client, blob)
    while ((await chunks.next()).done !== true);
  })
}

async function* checkedChunks(
  client: RepositoryClient,
  {digest, size}: BlobDescriptor
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of receivedChunks(client, digest)) {
    hash.update(chunk)
    length += chunk.length
    // Nothing that is longer can be it, and its end may never come.
    if (length > size) break
    yield chunk
  }
  const found = hexDigest(hash.digest('hex'))
  if (found === digest && length === size) return
  const other = length > size ? `more than ${size} bytes came` : `${length} bytes of ${found} came`
  const came = found === digest ? `it has ${length} bytes, not ${size}` : other
  throw new ReleaseError('DIGEST_MISMATCH', `${client.name}: blob ${digest} was asked for, ${came}`, {
    hint: 'The registry or a proxy before it changes or loses content; push the image again.'
  })
}

/** A connection that breaks is worth another try, so that it must not look like content that is wrong. */
async function* receivedChunks(
  client: RepositoryClient,
  digest: BlobDescriptor['digest']
): AsyncGenerator<Uint8Array, void> {
  const {body} = await client.open({method: 'GET', path: `blobs/${digest}`, expect: [200]})
  try {
    yield* atPace(body)
  } catch (cause) {
    throw new ReleaseError(
      'REGISTRY_UNREACHABLE',
      `GET ${client.name}/blobs/${digest}: the answer broke off: ${messageOf(cause)}`,
      {cause}
    )
  } finally {
    if (!body.readableEnded) body.destroy()
  }
}
