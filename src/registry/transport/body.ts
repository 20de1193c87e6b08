import {ReleaseError, messageOf} from '../../errors.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'

/** What an error says of a request. */
type Asked = Pick<HttpRequest, 'method' | 'url'>

/**
 * Reads a body to its end.
 * @param limit bytes; a longer body is an error, so that nobody can fill the memory
 * @throws ReleaseError REGISTRY_UNREACHABLE where the body breaks off, REGISTRY_FAILED where it is too long
 */
export async function readBody(asked: Asked, response: HttpResponse, limit: number): Promise<Uint8Array> {
  const {bytes, fault, isWhole} = await readStart(response, limit)
  if (isWhole) return bytes
  const name = `${asked.method} ${asked.url.host}${asked.url.pathname}`
  if (fault === undefined)
    throw new ReleaseError('REGISTRY_FAILED', `${name}: the answer is longer than ${limit} bytes`)
  throw new ReleaseError('REGISTRY_UNREACHABLE', `${name}: the answer broke off: ${messageOf(fault)}`, {
    cause: fault
  })
}

/** Reads the beginning of a body, for an error message: whatever is wrong with the rest. */
export async function readBeginning(response: HttpResponse, limit: number): Promise<Uint8Array> {
  return (await readStart(response, limit)).bytes
}

interface Start {
  readonly bytes: Uint8Array
  readonly isWhole: boolean
  /** Why the body broke off. */
  readonly fault?: unknown
}

async function readStart({body}: HttpResponse, limit: number): Promise<Start> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length
      chunks.push(chunk)
      if (length > limit) break
    }
  } catch (fault) {
    return {bytes: Buffer.concat(chunks), isWhole: false, fault: fault ?? 'without a reason'}
  } finally {
    if (!body.readableEnded) body.destroy()
  }
  return {bytes: Buffer.concat(chunks).subarray(0, limit), isWhole: length <= limit}
}
