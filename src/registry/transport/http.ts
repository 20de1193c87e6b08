import http from 'node:http'
import https from 'node:https'
import type {IncomingHttpHeaders, IncomingMessage, RequestOptions} from 'node:http'
import {pipeline} from 'node:stream'
import {ReleaseError, messageOf} from '../../errors.js'
import type {HttpRequest, HttpResponse, Send} from '../../ports.js'
import {unreachable} from './unreachable.js'

/** How long a connection may stay silent. A registry that stores a large layer is silent for a while. */
const IDLE_MILLISECONDS = 120_000
const MAX_SOCKETS = 64

/** A `Send` over node:http, and the way to let go of its connections. */
export interface HttpConnection {
  readonly send: Send
  close(): void
}

/**
 * Sends requests over kept-alive HTTP/1.1 connections.
 * node:http, not the global fetch: loading fetch takes longer than a request.
 * @throws ReleaseError REGISTRY_UNREACHABLE where no answer comes, with the system's reason as cause; LAYOUT_INVALID
 * where a stream that is to be sent cannot be read or has not its size: that is not the fault of the registry
 */
export function openHttp(): HttpConnection {
  const options = {keepAlive: true, maxSockets: MAX_SOCKETS}
  const agents = {'http:': new http.Agent(options), 'https:': new https.Agent(options)}
  const send: Send = request =>
    new Promise((resolve, reject) => {
      const isTls = request.url.protocol === 'https:'
      const open = isTls ? https.request : http.request
      const fail = (cause: unknown): void => reject(failureOf(request, cause))
      const outgoing = open(request.url, requestOptions(request, agents[isTls ? 'https:' : 'http:']))
      outgoing.once('response', (incoming: IncomingMessage) => resolve(responseOf(incoming)))
      outgoing.once('error', fail)
      outgoing.setTimeout(IDLE_MILLISECONDS, () =>
        outgoing.destroy(new Error(`no answer in ${IDLE_MILLISECONDS / 1000} s`))
      )
      sendBody(outgoing, request, fail)
    })
  return {
    send,
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    }
  }
}

function requestOptions(request: HttpRequest, agent: http.Agent): RequestOptions {
  const length =
    request.body === undefined ? undefined : 'size' in request.body ? request.body.size : request.body.length
  return {
    method: request.method,
    agent,
    ...(request.signal === undefined ? {} : {signal: request.signal}),
    headers: {...request.headers, ...(length === undefined ? {} : {'content-length': String(length)})}
  }
}

function sendBody(outgoing: http.ClientRequest, request: HttpRequest, fail: (cause: unknown) => void): void {
  const {body} = request
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body)
    return
  }
  const source = body.open()
  // What comes from another registry fails with an error of its own, which may be worth another try.
  source.once('error', cause =>
    fail(cause instanceof ReleaseError ? cause : unsendable(request, messageOf(cause), cause))
  )
  pipeline(
    source,
    chunks => exactly(request, body.size, chunks),
    outgoing,
    error => {
      if (error) fail(error)
    }
  )
}

/** Passes a body on, and holds it against its size: the other side would wait for bytes that never come. */
async function* exactly(
  request: HttpRequest,
  size: number,
  chunks: AsyncIterable<Uint8Array>
): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > size) break
    yield chunk
  }
  if (length !== size)
    throw unsendable(
      request,
      `it has ${length > size ? 'more' : 'fewer'} than the ${size} bytes that it should have`
    )
}

function unsendable({method, url}: HttpRequest, reason: string, cause?: unknown): ReleaseError {
  return new ReleaseError(
    'LAYOUT_INVALID',
    `${method} ${url.host}${url.pathname}: what was to be sent cannot be read: ${reason}`,
    {cause}
  )
}

function responseOf(incoming: IncomingMessage): HttpResponse {
  return {status: incoming.statusCode ?? 0, headers: flatten(incoming.headers), body: incoming}
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)])
  )
}

/** A request that was called off fails with the reason of the cancellation, one whose body failed with that. */
function failureOf(request: HttpRequest, cause: unknown): Error {
  if (cause instanceof ReleaseError) return cause
  const reason: unknown = request.signal?.aborted === true ? request.signal.reason : undefined
  return reason instanceof Error ? reason : unreachable(request, cause)
}
