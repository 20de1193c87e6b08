import type {HttpRequest} from '../../../src/ports.js'
import type {ZooError} from './entry.js'

/** A request, with its body in memory, and what it is about. */
export interface ZooRequest {
  readonly method: HttpRequest['method']
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The repository; empty where it is about none. */
  readonly name: string
  readonly kind: 'base' | 'manifest' | 'blob' | 'upload' | 'uploads' | 'tags' | 'referrers'
  /** Tag, digest or upload. */
  readonly reference: string
}

export interface ZooAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export type Next = (request: ZooRequest) => Promise<ZooAnswer>

const KINDS: readonly (readonly [ZooRequest['kind'], RegExp])[] = [
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?()$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list()$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/]
]

/** Reads a request of the client. */
export async function zooRequest({method, url, headers, body}: HttpRequest): Promise<ZooRequest> {
  const bytes =
    body === undefined ? Buffer.alloc(0) : 'open' in body ? Buffer.concat(await body.open().toArray()) : body
  for (const [kind, pattern] of KINDS) {
    const match = pattern.exec(url.pathname)
    if (match !== null)
      return {
        method,
        url,
        headers,
        body: bytes,
        kind,
        name: match[1] ?? '',
        reference: decodeURIComponent(match[2] ?? '')
      }
  }
  return {method, url, headers, body: bytes, kind: 'base', name: '', reference: ''}
}

/** The answer that an error is. */
export function errorAnswer({status, code = '', message = '', body, headers = {}}: ZooError): ZooAnswer {
  const text = body ?? JSON.stringify({errors: [{code, message}]})
  return jsonAnswer(status, text, headers)
}

export function jsonAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {}
): ZooAnswer {
  const bytes = Buffer.from(text)
  return {
    status,
    headers: {'content-type': 'application/json', 'content-length': String(bytes.length), ...headers},
    body: bytes
  }
}

export function isDigest(reference: string): boolean {
  return reference.includes(':')
}
