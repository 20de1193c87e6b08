import {type ClientHttp2Stream, constants} from 'node:http2'
import {Readable} from 'node:stream'
import {systemCodeOf} from '../../errors.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'
import {IDLE_MILLISECONDS, silence} from './http1-request.js'
import type {Http2Session} from './http2-sessions.js'
import {contentLength, sendBody} from './request-body.js'
import {plainHeaders} from './response.js'

/** A session was closed, or the server passed a request over: it was not begun, and may be sent again at once (RFC 9113, 8.7). */
export class NotBegun extends Error {
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
    const fail = (cause: Error): void => reject(faultOf(stream, cause))
    stream.once('response', headers =>
      resolve({
        status: Number(headers[constants.HTTP2_HEADER_STATUS]),
        headers: plainHeaders(headers),
        body: wholeBody(stream, request, headers['content-length'])
      })
    )
    // Stays: a stream may fail when nobody reads it any more.
    stream.on('error', fail)
    stream.once('close', () => fail(new Error('the connection broke off')))
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
    return session.request(headers, {endStream: request.body === undefined, ...(signal ? {signal} : {})})
  } catch (cause) {
    throw SESSION_IS_OVER.has(systemCodeOf(cause) ?? '') ? new NotBegun(false, cause) : cause
  }
}

function faultOf(stream: ClientHttp2Stream, cause: Error): Error {
  const {rstCode} = stream
  const wantsHttp1 = rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED
  return wantsHttp1 || rstCode === constants.NGHTTP2_REFUSED_STREAM ? new NotBegun(wantsHttp1, cause) : cause
}

/** A stream that is reset ends for Node like one that is whole: what is missing has to be noticed here. */
function wholeBody(stream: ClientHttp2Stream, {method}: HttpRequest, length: string | undefined): Readable {
  const size = method === 'HEAD' || length === undefined ? undefined : Number(length)
  const body = Readable.from(receivedChunks(stream, size), {objectMode: false})
  body.once('close', () => stream.destroy())
  return body
}

async function* receivedChunks(
  stream: ClientHttp2Stream,
  size: number | undefined
): AsyncGenerator<Uint8Array, void> {
  let length = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    length += chunk.length
    yield chunk
  }
  if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR)
    throw new Error('the connection broke off')
  if (size !== undefined && length !== size) throw new Error(`${length} of ${size} bytes came`)
}
