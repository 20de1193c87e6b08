import {type ClientHttp2Stream, type IncomingHttpHeaders, constants} from 'node:http2'
import {Readable} from 'node:stream'
import {systemCodeOf} from '../../errors.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'
import {IDLE_MILLISECONDS, silence} from './http1-request.js'
import type {Http2Session} from './http2-sessions.js'
import {endWith} from './call-off.js'
import {contentLength, sendBody} from './request-body.js'
import {plainHeaders} from './response.js'

/** A session was closed, or the server passed a request over: it was not begun, and may be sent again at once (RFC 9113, 8.7). */
export class StreamRefused extends Error {
  /** Whether the server wants it over HTTP/1.1. */
  readonly wantsHttp1: boolean

  constructor(wantsHttp1: boolean, cause?: unknown) {
    super('the server closed the connection before it began', {cause})
    this.wantsHttp1 = wantsHttp1
  }
}

/** What Node says where a session takes no streams any more. */
const SESSION_IS_OVER = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS'
])

/**
 * Sends a request as a stream of a session.
 * @throws NotBegun; otherwise rejects with whatever Node says of the stream
 */
export function sendOverHttp2(session: Http2Session, request: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const stream = openStream(session, request)
    let body: Readable | undefined
    const fail = (cause: Error): void => {
      if (body === undefined) reject(faultOf(stream, cause))
      else body.destroy(cause)
    }
    stream.once('response', (headers, flags) => {
      body = bodyOf(stream, sizeOf(request, headers))
      // The server ended the stream with the headers: nobody has to read for it to be over.
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) stream.resume()
      resolve({
        status: Number(headers[constants.HTTP2_HEADER_STATUS]),
        headers: plainHeaders(headers),
        body
      })
    })
    // Stays: a stream may fail when nobody reads it any more.
    stream.on('error', fail)
    stream.once('close', () => {
      if (body === undefined) fail(brokenOff())
    })
    stream.setTimeout(IDLE_MILLISECONDS, () => stream.destroy(silence()))
    sendBody(stream, request, fail)
  })
}

function openStream(session: Http2Session, request: HttpRequest): ClientHttp2Stream {
  const {method, url, signal} = request
  const headers = {
    ...request.headers,
    ...contentLength(request),
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_PATH]: `${url.pathname}${url.search}`
  }
  try {
    const stream = session.request(headers, {endStream: request.body === undefined})
    if (signal !== undefined) endWith(signal, stream)
    return stream
  } catch (cause) {
    throw SESSION_IS_OVER.has(systemCodeOf(cause) ?? '') ? new StreamRefused(false, cause) : cause
  }
}

function faultOf(stream: ClientHttp2Stream, cause: Error): Error {
  const {rstCode} = stream
  const wantsHttp1 = rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED
  return wantsHttp1 || rstCode === constants.NGHTTP2_REFUSED_STREAM
    ? new StreamRefused(wantsHttp1, cause)
    : cause
}

/** How many bytes are to come; undefined where nothing says so. */
function sizeOf({method}: HttpRequest, headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length']
  return method === 'HEAD' || length === undefined ? undefined : Number(length)
}

/**
 * The body of an answer, which fails where it is not whole: a stream that is reset ends for Node like one that is whole,
 * so what is missing has to be noticed here. By events: for a small answer, iterators would cost more than all the rest.
 * @param size bytes, where they are known
 */
function bodyOf(stream: ClientHttp2Stream, size: number | undefined): Readable {
  const state = {length: 0, isOver: false}
  const body = new Readable({
    read: () => void stream.resume(),
    destroy: (cause, done) => {
      stream.destroy()
      done(cause)
    }
  })
  // Whoever waits for nothing but the status need not know that there is a body, and that it failed.
  body.on('error', () => undefined)
  stream.pause()
  stream.on('data', (chunk: Uint8Array) => {
    state.length += chunk.length
    if (!body.push(chunk)) stream.pause()
  })
  stream.once('end', () => {
    state.isOver = true
    if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) body.destroy(brokenOff())
    else if (size !== undefined && state.length !== size)
      body.destroy(new Error(`${state.length} of ${size} bytes came`))
    else body.push(null)
  })
  stream.once('close', () => {
    if (!state.isOver) body.destroy(brokenOff())
  })
  return body
}

function brokenOff(): Error {
  return new Error('the connection broke off')
}
