import {promisify} from 'node:util'
import {gunzip} from 'node:zlib'
import {ReleaseError} from '../errors.js'
import type {HttpRequest, HttpResponse, Send} from '../ports.js'
import {readBody} from '../registry/transport/body.js'
import {withoutAuthorization} from '../registry/transport/redirect.js'

/** What GitHub's client asks `fetch` for. */
export interface FetchOptions {
  readonly method: HttpRequest['method']
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** What GitHub's client looks at in a `Response`. */
export interface FetchAnswer {
  readonly status: number
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

const unpack = promisify(gunzip)
const MOST_BYTES = 64 * 1024 * 1024
const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 307, 308])

/**
 * As much of `fetch` as GitHub's client needs, over the connections that everything else uses: their proxies and
 * authorities count here, too, and thousands of requests leave nothing behind, where Node's own fetch keeps each until
 * the whole heap is collected.
 */
export function fetchOver(send: Send): (url: string, options: FetchOptions) => Promise<FetchAnswer> {
  return async (url, {method, headers, body, signal}) => {
    const request: HttpRequest = {
      method,
      url: new URL(url),
      headers: {...headers, 'accept-encoding': 'gzip'},
      ...(body === undefined ? {} : {body: Buffer.from(body)}),
      ...(signal === undefined ? {} : {signal})
    }
    const {asked, response} = await following(send, request)
    const bytes = await plainBody(asked, response)
    return {
      status: response.status,
      url: asked.url.href,
      headers: new Map(Object.entries(response.headers)),
      body: bytes,
      text: () => Promise.resolve(new TextDecoder().decode(bytes)),
      arrayBuffer: () => Promise.resolve(Uint8Array.from(bytes).buffer)
    }
  }
}

async function plainBody(asked: HttpRequest, response: HttpResponse): Promise<Uint8Array> {
  const sent = await readBody(asked, response, MOST_BYTES)
  const isPacked = response.headers['content-encoding'] === 'gzip' && sent.length > 0
  return isPacked ? await unpack(sent, {maxOutputLength: MOST_BYTES}) : sent
}

/**
 * A repository that was renamed is elsewhere, and the request is made there as it was (GitHub's REST API, "Follow
 * redirects", 2026-11). What is secret stays with its host.
 */
async function following(
  send: Send,
  request: HttpRequest
): Promise<{readonly asked: HttpRequest; readonly response: HttpResponse}> {
  let asked = request
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(asked)
    const location = response.headers['location']
    if (!REDIRECTS.has(response.status) || location === undefined) return {asked, response}
    response.body.resume()
    asked = redirected(asked, new URL(location, asked.url))
  }
  throw new ReleaseError('GITHUB_UNREACHABLE', `more than ${MAX_REDIRECTS} redirects`)
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  const isSame = url.host === request.url.host && url.protocol === request.url.protocol
  return {...(isSame ? request : withoutAuthorization(request)), url}
}
