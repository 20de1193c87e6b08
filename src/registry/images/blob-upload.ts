import {createHash} from 'node:crypto'
import {RegistryError, ReleaseError} from '../../errors.js'
import {type Digest, hexDigest, isDigest} from '../../oci/digest.js'
import type {Repository} from '../../oci/reference.js'
import type {StreamBody} from '../../ports.js'
import type {Answer} from '../client/http-client.js'
import {repositoryScope} from '../auth/auth.js'
import {UploadBody} from './upload-body.js'
import type {RepositoryClient} from '../client/repository-client.js'
import {isTransientStatus} from '../../shared/retry.js'

/** How a blob came to be there. */
export type BlobUpload = 'present' | 'mounted' | 'uploaded'

/** What is uploaded. */
export interface BlobSource {
  readonly digest: Digest
  readonly body: StreamBody
  /** A repository of the same registry that has the blob. */
  readonly mountFrom?: Repository | undefined
  /** Takes how many bytes more have gone; fewer than none where an upload begins anew. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/**
 * Makes a blob be there: asked for first, mounted where possible, else sent with one POST and one PUT
 * (distribution-spec, "Pushing blobs"; one PUT because ECR accepts chunks and then fails). An upload that fails
 * in passing goes on from the byte that the registry has, else from its start; before that the blob is asked for
 * again, because an answer that was lost may have been a success.
 * @throws ReleaseError DIGEST_MISMATCH where the registry stored something else; LAYOUT_INVALID where the content is
 * not that of the digest; RegistryError
 */
export async function uploadBlob(client: RepositoryClient, source: BlobSource): Promise<BlobUpload> {
  const upload = new Upload(client, source)
  return await client.retrying(() => upload.attempt())
}

/** One blob on its way, over all tries. */
class Upload {
  readonly #client: RepositoryClient
  readonly #source: BlobSource
  /** Where the try before this one sent its bytes to. */
  #location: string | undefined
  /** How many bytes of the blob have gone. */
  #sent = 0

  constructor(client: RepositoryClient, source: BlobSource) {
    this.#client = client
    this.#source = source
  }

  async attempt(): Promise<BlobUpload> {
    const {digest, body} = this.#source
    if (await isThere(this.#client, digest)) return this.#sent === body.size ? 'uploaded' : 'present'
    if (await this.#goOn()) return 'uploaded'
    this.#location = undefined
    this.#say(0)
    const location = await begin(this.#client, this.#source)
    if (location === undefined) return 'mounted'
    this.#location = location
    await this.#send(0, async whole => await this.#finish(location, whole))
    return 'uploaded'
  }

  /** Sends what the try before this one left. False where there was none, or the registry kept nothing of it. */
  async #goOn(): Promise<boolean> {
    if (this.#location === undefined) return false
    const session = await findSession(this.#client, this.#location)
    if (session === undefined || session.offset > this.#source.body.size) return false
    this.#location = session.location
    const end = await this.#send(session.offset, async rest => await sendRest(this.#client, session, rest))
    if (end === undefined) return false
    this.#location = end
    await this.#finish(end, new Uint8Array())
    return true
  }

  /** Whatever comes of it, nothing is read on: a registry may answer before it has everything. */
  async #send<T>(start: number, send: (body: UploadBody) => Promise<T>): Promise<T> {
    const body = new UploadBody(this.#source.body, start, bytes => this.#say(bytes))
    try {
      return await send(body)
    } finally {
      body.close()
    }
  }

  async #finish(location: string, body: Uint8Array | StreamBody): Promise<void> {
    const {digest} = this.#source
    try {
      const answer = await this.#client.callOnce({
        method: 'PUT',
        path: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
        headers: {'content-type': 'application/octet-stream'},
        body,
        expect: [201, 204]
      })
      assertStored(this.#client, digest, answer)
    } catch (error) {
      if (isWrongContent(error)) await this.#assertContent()
      throw error
    }
  }

  /** Other bytes arrived than were meant: on the way they change in passing, in the file they stay wrong. */
  async #assertContent(): Promise<void> {
    const {digest, body} = this.#source
    this.#location = undefined
    const hash = createHash('sha256')
    for await (const chunk of body.open() as AsyncIterable<Uint8Array>) hash.update(chunk)
    const found = hexDigest(hash.digest('hex'))
    if (found === digest) return
    throw new ReleaseError('LAYOUT_INVALID', `blob ${digest}: its content has the digest ${found}`, {
      hint: 'The builder left no complete image: build again.'
    })
  }

  #say(sent: number): void {
    if (sent !== this.#sent) this.#source.onBytes?.(sent - this.#sent)
    this.#sent = sent
  }
}

/** The codes by which registries say that the bytes have another digest; olareg has the second (seen 2026-11). */
function isWrongContent(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false
  return error.has('DIGEST_INVALID') || error.has('BLOB_UPLOAD_INVALID')
}

/** Who may not ask may still send: a right that is missing shows there. */
async function isThere(client: RepositoryClient, digest: Digest): Promise<boolean> {
  try {
    return (await client.blobSize(digest, 'callOnce')) !== undefined
  } catch (error) {
    if (error instanceof RegistryError && error.status === 403) return false
    throw error
  }
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

/** Registries need not say what they stored; one that says something else did not store this. */
function assertStored(client: RepositoryClient, digest: Digest, {headers}: Answer): void {
  const stored = headers['docker-content-digest'] ?? digest
  if (stored === digest || !isDigest(stored)) return
  throw new ReleaseError('DIGEST_MISMATCH', `${client.name}: blob ${digest} was sent, ${stored} was stored`, {
    hint: 'The registry or a proxy before it changes content; nothing further was done with it.'
  })
}

/** An upload that a registry has begun: where its bytes go on to, and how many are there. */
export interface UploadSession {
  readonly location: string
  /** Bytes. */
  readonly offset: number
}

/**
 * Asks how far an upload came before its connection broke (distribution-spec, "Pushing a blob in chunks").
 * @returns undefined where the registry does not say, or nothing of it is left: distribution 2.8 gives up an upload
 * whose connection broke, 3 keeps what arrived (seen 2026-11)
 */
export async function findSession(
  client: RepositoryClient,
  location: string
): Promise<UploadSession | undefined> {
  const answer = await answerOrNothing(() =>
    client.callOnce({method: 'GET', path: location, expect: [204]}).then(({headers}) => headers)
  )
  const last = Number(/(\d+)$/.exec(answer?.['range'] ?? '')?.[1] ?? 0)
  // An upload of nothing and one of a single byte look alike: both are 0-0.
  if (answer === undefined || last === 0) return undefined
  return {location: await nextLocation(client, answer, location), offset: last + 1}
}

/**
 * Sends the rest of an upload as one chunk, the last one: `OCI-Chunk-Min-Length` holds for all but that.
 * @returns where the upload is to be ended; undefined where the registry takes no chunk there
 */
export async function sendRest(
  client: RepositoryClient,
  {location, offset}: UploadSession,
  body: UploadBody
): Promise<string | undefined> {
  if (body.size === 0) return location
  const answer = await answerOrNothing(() =>
    client.callOnce({
      method: 'PATCH',
      path: location,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${offset}-${offset + body.size - 1}`
      },
      body,
      // ECR answers 201 to a chunk, and knows nothing of it afterwards (seen by regclient, 2024).
      expect: [202]
    })
  )
  return answer && (await nextLocation(client, answer.headers, location))
}

/** A refusal is an answer: then the upload begins anew. What may pass is tried again, with the session. */
async function answerOrNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RegistryError && !isTransientStatus(error.status)) return undefined
    throw error
  }
}

async function nextLocation(
  client: RepositoryClient,
  headers: Readonly<Record<string, string>>,
  otherwise: string
): Promise<string> {
  const {location} = headers
  return location === undefined ? otherwise : await client.resolve(location)
}
