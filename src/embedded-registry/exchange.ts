import type {IncomingHttpHeaders} from 'node:http'
import type {Readable} from 'node:stream'
import type {StreamBody} from '../ports.js'
import type {GrantedAccess, TokenScope} from './access.js'
import type {Refusal} from './refusal.js'

/** One request, as the handlers see it. */
export interface ServerExchange {
  readonly method: string
  /** Without the query, as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
  /** The address that the client used: `http://host:port`. */
  readonly origin: string
  /**
   * Demands what the request needs of its maker.
   * @throws Refusal 401 or 403
   */
  readonly demand: (...needs: readonly TokenScope[]) => GrantedAccess
}

/** The answer to a request. The server leaves the body out for HEAD. */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | StreamBody
}

/** An answer without a body. */
export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return {status, headers: status === 204 || status === 304 ? headers : {...headers, 'content-length': '0'}}
}

/** An answer with a JSON document. */
export function jsonReply(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {}
): Reply {
  const body = Buffer.from(JSON.stringify(document))
  return {
    status,
    headers: {'content-type': 'application/json', ...headers, 'content-length': String(body.length)},
    body
  }
}

/** The answer that a refusal is (distribution-spec, "Error Codes"). */
export function refusalReply(refusal: Refusal): Reply {
  return jsonReply(refusal.status, {errors: refusal.faults}, refusal.headers)
}

/** Reads a body into memory; undefined where it has more than `most` bytes. The socket stays open for the answer. */
export async function readRequest(body: Readable, most: number): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
    size += part.length
    if (size > most) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Whether an `If-None-Match` header names this entity tag (RFC 9110, section 13.1.2). */
export function isUnchanged(exchange: ServerExchange, etag: string): boolean {
  const header = exchange.headers['if-none-match']
  return header?.split(',').some(tag => ['*', etag].includes(tag.trim().replace(/^W\//, ''))) ?? false
}
