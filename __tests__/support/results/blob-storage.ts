import {createHash, randomUUID} from 'node:crypto'

/** An HTTP answer of the storage. */
export interface StorageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** A request to the storage. Header names are in lower case. */
export interface StorageRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface Blob {
  readonly type: string
  readonly uploadSignature: string
  readonly downloadSignature: string
  readonly blocks: Map<string, Buffer>
  content?: Buffer
}

/**
 * As much of Azure's block blobs as the client for artifacts uses (learn.microsoft.com, "Blob service REST API"):
 * Put Blob, Put Block, Put Block List and Get Blob with ranges, each under a signed address of its own.
 */
export class BlobStorage {
  readonly #blobs = new Map<string, Blob>()
  readonly #base: () => string

  /** @param base gives the address of the server, once it listens */
  constructor(base: () => string) {
    this.#base = base
  }

  /** Makes room for a blob; returns its name. */
  reserve(type: string): string {
    const name = randomUUID()
    const blob = {type, uploadSignature: randomUUID(), downloadSignature: randomUUID(), blocks: new Map()}
    this.#blobs.set(name, blob)
    return name
  }

  uploadUrl(name: string): string {
    return this.#signed(name, this.#blob(name).uploadSignature)
  }

  /** @param fileName what the download calls the file */
  downloadUrl(name: string, fileName: string): string {
    const {downloadSignature} = this.#blob(name)
    return `${this.#signed(name, downloadSignature)}&rscd=${encodeURIComponent(`attachment; filename="${fileName}"`)}`
  }

  /** The content of a blob; undefined where nothing was uploaded. */
  read(name: string): Buffer | undefined {
    return this.#blob(name).content
  }

  /** Answers a request whose path is that of a blob. */
  answer(request: StorageRequest): StorageAnswer {
    const blob = this.#blobs.get(request.url.pathname.replace('/blob/', ''))
    if (blob === undefined) return fault(404, 'BlobNotFound')
    const signature = request.url.searchParams.get('sig')
    if (request.method === 'PUT')
      return signature === blob.uploadSignature ? put(blob, request) : fault(403, 'AuthenticationFailed')
    if (signature !== blob.downloadSignature) return fault(403, 'AuthenticationFailed')
    return request.method === 'GET' || request.method === 'HEAD'
      ? get(blob, request)
      : fault(405, 'UnsupportedHttpVerb')
  }

  #signed(name: string, signature: string): string {
    return `${this.#base()}/blob/${name}?sv=2025-01-05&sig=${signature}`
  }

  #blob(name: string): Blob {
    const blob = this.#blobs.get(name)
    if (blob === undefined) throw new Error(`there is no blob ${name}`)
    return blob
  }
}

function put(blob: Blob, request: StorageRequest): StorageAnswer {
  const {searchParams} = request.url
  const operation = searchParams.get('comp')
  if (operation === 'block') return putBlock(blob, searchParams.get('blockid'), request.body)
  if (operation === 'blocklist') return putBlockList(blob, request.body.toString())
  if (request.headers['x-ms-blob-type'] !== 'BlockBlob') return fault(400, 'MissingRequiredHeader')
  blob.content = request.body
  return created(request.body)
}

function putBlock(blob: Blob, id: string | null, body: Buffer): StorageAnswer {
  if (!id) return fault(400, 'InvalidQueryParameterValue')
  blob.blocks.set(id, body)
  return created(body)
}

function putBlockList(blob: Blob, list: string): StorageAnswer {
  const ids = [...list.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)].map(match => match[1] ?? '')
  const blocks = ids.map(id => blob.blocks.get(id))
  const known = blocks.filter(block => block !== undefined)
  if (known.length < blocks.length) return fault(400, 'InvalidBlockList')
  blob.content = Buffer.concat(known)
  return created(blob.content)
}

function get(blob: Blob, request: StorageRequest): StorageAnswer {
  const {content} = blob
  if (content === undefined) return fault(404, 'BlobNotFound')
  const headers = {
    ...COMMON_HEADERS,
    'accept-ranges': 'bytes',
    'content-type': blob.type,
    'content-disposition': request.url.searchParams.get('rscd') ?? 'inline'
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(
    String(request.headers['range'] ?? request.headers['x-ms-range'] ?? '')
  )
  if (!range) return {status: 200, headers, body: content}
  const start = Number(range[1])
  const end = Math.min(range[2] ? Number(range[2]) : Infinity, content.length - 1)
  return {
    status: 206,
    headers: {...headers, 'content-range': `bytes ${start}-${end}/${content.length}`},
    body: content.subarray(start, end + 1)
  }
}

const COMMON_HEADERS = {
  etag: '"1"',
  'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
  'x-ms-request-id': '1',
  'x-ms-version': '2025-01-05'
} as const

function created(body: Buffer): StorageAnswer {
  const md5 = createHash('md5').update(body).digest('base64')
  return {status: 201, headers: {...COMMON_HEADERS, 'content-md5': md5}}
}

function fault(status: number, code: string): StorageAnswer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`
  return {
    status,
    headers: {...COMMON_HEADERS, 'content-type': 'application/xml', 'x-ms-error-code': code},
    body
  }
}
