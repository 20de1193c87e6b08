import {Readable} from 'node:stream'
import {type Digest, digestOf, isDigest} from '../../src/oci/digest.js'
import type {HttpRequest, HttpResponse, Send} from '../../src/ports.js'

/** A host of a registry that is in this process alone. */
export const HOST = '127.0.0.1:5000'

interface StoredRepository {
  readonly blobs: Map<string, Uint8Array>
  readonly manifests: Map<string, {readonly type: string; readonly bytes: Uint8Array}>
  readonly tags: Map<string, Digest>
}

/** What a registry answers in place of its own answer. */
export interface OddAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What answers a request in place of the registry; undefined where the registry answers. */
export type Hook = (request: HttpRequest, path: string) => OddAnswer | undefined

/** An image as a test writes it down, by fields that replace those of a sound one. */
export interface WrittenImage {
  readonly platform?: string
  readonly config?: object
  readonly layers?: readonly object[] | null
  readonly fields?: object
  readonly type?: string
}

/** A descriptor of something that was put. */
export interface Put {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

const OCI = 'application/vnd.oci.image'
export const OCI_INDEX_TYPE = `${OCI}.index.v1+json`
export const OCI_TYPE = `${OCI}.manifest.v1+json`

/**
 * A registry that takes every manifest as it comes, however odd, as registries hold what other tools have put there. It
 * checks that the blobs and manifests that a sound one names are there, but for layers with addresses of their own.
 */
export class MemoryRegistry {
  /** `METHOD path`, in order. */
  readonly requests: string[] = []
  hook: Hook | undefined
  readonly #repositories = new Map<string, StoredRepository>()
  #uploads = 0

  repository(name: string): StoredRepository {
    const found = this.#repositories.get(name) ?? {blobs: new Map(), manifests: new Map(), tags: new Map()}
    this.#repositories.set(name, found)
    return found
  }

  readonly send: Send = async request => {
    const path = `${request.url.pathname}${request.url.search}`
    this.requests.push(`${request.method} ${path}`)
    const body = await bytesOf(request)
    const odd = this.hook?.(request, path)
    return odd === undefined
      ? this.#answer(request, body)
      : response(request, odd.status, odd.headers, Buffer.from(odd.body ?? ''))
  }

  /** Puts a document at its digest, and at a tag. */
  put(name: string, document: unknown, {type, tag}: {type?: string; tag?: string} = {}): Put {
    const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document))
    const mediaType = type ?? String((document as {mediaType?: unknown}).mediaType)
    const digest = digestOf(bytes)
    const repository = this.repository(name)
    repository.manifests.set(digest, {type: mediaType, bytes})
    if (tag !== undefined) repository.tags.set(tag, digest)
    return {mediaType, digest, size: bytes.length}
  }

  putBlob(name: string, content: unknown): {readonly digest: Digest; readonly size: number} {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
    this.repository(name).blobs.set(digestOf(bytes), bytes)
    return {digest: digestOf(bytes), size: bytes.length}
  }

  image(name: string, written: WrittenImage = {}, tag?: string): Put {
    const {platform = 'linux/amd64', config = {}, layers, fields = {}, type = OCI_TYPE} = written
    const [os, architecture] = platform.split('/')
    const layer = {mediaType: `${OCI}.layer.v1.tar+gzip`, ...this.putBlob(name, `layer of ${platform}`)}
    const made = this.putBlob(name, {os, architecture, config: {}, rootfs: {diff_ids: []}, ...config})
    const document = {
      schemaVersion: 2,
      mediaType: type,
      config: {mediaType: `${OCI}.config.v1+json`, ...made},
      layers: layers === undefined ? [layer] : layers,
      ...fields
    }
    return this.put(name, document, {type, ...(tag === undefined ? {} : {tag})})
  }

  index(name: string, manifests: unknown, fields: object = {}, tag?: string): Put {
    const document = {schemaVersion: 2, mediaType: OCI_INDEX_TYPE, manifests, ...fields}
    return this.put(name, document, tag === undefined ? {} : {tag})
  }

  #answer(request: HttpRequest, body: Uint8Array): HttpResponse {
    const {url, method} = request
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|tags)\/(.*)$/.exec(url.pathname) ?? []
    if (kind === '') return response(request, url.pathname === '/v2/' ? 200 : 404)
    const repository = this.repository(name)
    if (kind === 'tags')
      return response(
        request,
        200,
        {},
        Buffer.from(JSON.stringify({name, tags: [...repository.tags.keys()]}))
      )
    if (kind === 'blobs/uploads') return this.#upload(request, body, repository)
    if (kind === 'manifests' && method === 'PUT') return putManifest(request, body, {repository, reference})
    if (method === 'DELETE') return deleteManifest(request, {repository, reference})
    return kind === 'blobs'
      ? found(request, repository.blobs.get(reference), 'application/octet-stream')
      : foundManifest(request, {repository, reference})
  }

  #upload(request: HttpRequest, body: Uint8Array, repository: StoredRepository): HttpResponse {
    if (request.method === 'POST') {
      this.#uploads += 1
      return response(request, 202, {location: `${request.url.pathname}${this.#uploads}`})
    }
    repository.blobs.set(request.url.searchParams.get('digest') ?? '', body)
    return response(request, 201, {location: request.url.pathname})
  }
}

interface Place {
  readonly repository: StoredRepository
  readonly reference: string
}

function putManifest(request: HttpRequest, bytes: Uint8Array, {repository, reference}: Place): HttpResponse {
  const missing = missingIn(repository, bytes)
  if (missing.length > 0) return refusal(request, 400, 'MANIFEST_BLOB_UNKNOWN', missing.join(', '))
  const digest = digestOf(bytes)
  repository.manifests.set(digest, {type: request.headers['content-type'] ?? '', bytes})
  if (!isDigest(reference)) repository.tags.set(reference, digest)
  return response(request, 201, {'docker-content-digest': digest})
}

interface Named {
  readonly digest: string
  readonly urls?: readonly string[]
}

/** What a manifest names that is not there (distribution ocimanifesthandler.go: what has `urls` is not looked for). */
function missingIn(repository: StoredRepository, bytes: Uint8Array): string[] {
  try {
    const document = JSON.parse(Buffer.from(bytes).toString()) as {
      config?: Named | null
      layers?: readonly Named[] | null
      manifests?: readonly Named[] | null
    }
    const {config, layers, manifests} = document
    // What is none of these fields is not looked at, as by registries that take anything.
    const blobs = [...(config?.digest ? [config] : []), ...(layers ?? [])].filter(
      ({urls = []}) => urls.length === 0
    )
    return [
      ...blobs.filter(({digest}) => !repository.blobs.has(digest)),
      ...(manifests ?? []).filter(({digest}) => !repository.manifests.has(digest))
    ].map(({digest}) => digest)
  } catch {
    // What is put back may be as odd as it was.
    return []
  }
}

function deleteManifest(request: HttpRequest, {repository, reference}: Place): HttpResponse {
  if (isDigest(reference)) repository.manifests.delete(reference)
  for (const [tag, digest] of repository.tags)
    if (tag === reference || digest === reference) repository.tags.delete(tag)
  return response(request, 202)
}

function foundManifest(request: HttpRequest, {repository, reference}: Place): HttpResponse {
  const manifest = repository.manifests.get(repository.tags.get(reference) ?? reference)
  return found(request, manifest?.bytes, manifest?.type ?? '')
}

function found(request: HttpRequest, bytes: Uint8Array | undefined, type: string): HttpResponse {
  if (bytes === undefined) return refusal(request, 404, 'MANIFEST_UNKNOWN', '')
  return response(request, 200, {'content-type': type, 'docker-content-digest': digestOf(bytes)}, bytes)
}

function refusal(request: HttpRequest, status: number, code: string, message: string): HttpResponse {
  const body = JSON.stringify({errors: [{code, message}]})
  return response(request, status, {'content-type': 'application/json'}, Buffer.from(body))
}

function response(
  request: HttpRequest,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array = new Uint8Array()
): HttpResponse {
  const content = request.method === 'HEAD' ? [] : [body]
  return {
    status,
    headers: {'content-length': String(body.length), ...headers},
    body: Readable.from(content, {objectMode: false})
  }
}

async function bytesOf({body}: HttpRequest): Promise<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array()
  const chunks: Uint8Array[] = []
  for await (const chunk of body.open() as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
