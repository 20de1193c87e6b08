import type {Writable} from 'node:stream'
import {pipeline} from 'node:stream'
import {ReleaseError, messageOf} from '../../errors.js'
import type {HttpRequest} from '../../ports.js'

/** The header that says how long a body is; none where there is no body. */
export function contentLength({body}: Pick<HttpRequest, 'body'>): Record<string, string> {
  if (body === undefined) return {}
  return {'content-length': String('size' in body ? body.size : body.length)}
}

/**
 * Writes the body of a request and ends it.
 * @param fail is told what went wrong: LAYOUT_INVALID where the source cannot be read or has not its size
 */
export function sendBody(outgoing: Writable, request: HttpRequest, fail: (cause: Error) => void): void {
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
