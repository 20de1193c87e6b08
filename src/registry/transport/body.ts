import {ReleaseError, messageOf} from '../../errors.js'
import type {HttpResponse} from '../../ports.js'

/**
 * Reads a body to its end.
 * @param limit bytes; a longer body is an error, so that nobody can fill the memory
 * @throws ReleaseError REGISTRY_UNREACHABLE where the body breaks off or is too long
 */
export async function readBody(response: HttpResponse, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > limit) throw new Error(`it is longer than ${limit} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    response.body.destroy()
    throw new ReleaseError('REGISTRY_UNREACHABLE', `the answer broke off: ${messageOf(cause)}`, {cause})
  }
  return Buffer.concat(chunks)
}
