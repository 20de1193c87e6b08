import type {Readable} from 'node:stream'
import {ReleaseError, messageOf} from '../../errors.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'

/** What an error says of a request. */
type Asked = Pick<HttpRequest, 'method' | 'url'>

/** How long a document may take in all: one byte now and then keeps a connection from being silent, and has no end. */
const WHOLE_MILLISECONDS = 120_000
/** How long is waited for more of an error that has begun. */
const ERROR_MILLISECONDS = 10_000

/**
 * Reads a body to its end.
 * @param limit bytes; a longer body is an error, so that nobody can fill the memory
 * @param milliseconds for all of it
 * @throws ReleaseError REGISTRY_UNREACHABLE where the body breaks off or takes too long, REGISTRY_FAILED where it is too long
 */
export async function readBody(
  asked: Asked,
  response: HttpResponse,
  limit: number,
  milliseconds = WHOLE_MILLISECONDS
): Promise<Uint8Array> {
  const {bytes, fault, isWhole} = await readStart(response, limit, milliseconds)
  if (isWhole) return bytes
  const name = `${asked.method} ${asked.url.host}${asked.url.pathname}`
  if (fault === undefined)
    throw new ReleaseError('REGISTRY_FAILED', `${name}: the answer is longer than ${limit} bytes`)
  throw new ReleaseError('REGISTRY_UNREACHABLE', `${name}: the answer broke off: ${messageOf(fault)}`, {
    cause: fault
  })
}

/** Reads the beginning of a body, for an error message: whatever is wrong with the rest, and however long it takes. */
export async function readBodyStart(
  response: HttpResponse,
  limit: number,
  milliseconds = ERROR_MILLISECONDS
): Promise<Uint8Array> {
  return (await readStart(response, limit, milliseconds)).bytes
}

/** How slowly content may come: so many bytes in so many milliseconds. Its length says nothing of how long it may take. */
export interface LeastPace {
  readonly bytes: number
  readonly milliseconds: number
}

const LEAST_PACE: LeastPace = {bytes: 64 * 1024, milliseconds: 120_000}

/** Passes a body on, and breaks it off where too little of it comes. */
export async function* atPace(
  body: HttpResponse['body'],
  {bytes, milliseconds}: LeastPace = LEAST_PACE
): AsyncGenerator<Uint8Array, void> {
  const pace = {came: 0, isWaiting: true}
  const timer = setInterval(() => {
    // Time that whoever reads takes for itself is not the registry's.
    if (pace.isWaiting && pace.came < bytes)
      body.destroy(new Error(`fewer than ${bytes} bytes came in ${milliseconds / 1000} s`))
    pace.came = 0
  }, milliseconds).unref()
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      pace.came += chunk.length
      pace.isWaiting = false
      yield chunk
      pace.isWaiting = true
    }
  } finally {
    clearInterval(timer)
  }
}

interface Start {
  readonly bytes: Uint8Array
  readonly isWhole: boolean
  /** Why the body broke off. */
  readonly fault?: unknown
}

async function readStart({body}: HttpResponse, limit: number, milliseconds: number): Promise<Start> {
  const chunks: Uint8Array[] = []
  let length = 0
  const timer = setTimeout(
    () => body.destroy(new Error(`it was not whole in ${milliseconds / 1000} s`)),
    milliseconds
  ).unref()
  try {
    await eachChunk(body, chunk => {
      length += chunk.length
      chunks.push(chunk)
      return length <= limit
    })
  } catch (fault) {
    return {bytes: Buffer.concat(chunks), isWhole: false, fault: fault ?? 'without a reason'}
  } finally {
    clearTimeout(timer)
    if (!body.readableEnded) body.destroy()
  }
  return {bytes: joined(chunks).subarray(0, limit), isWhole: length <= limit}
}

/**
 * Hands on what comes until the end, or until no more is wanted. By events: of thousands of small answers, the
 * iterator of a stream is a tenth of the work.
 */
async function eachChunk(body: Readable, take: (chunk: Uint8Array) => boolean): Promise<void> {
  if (body.readableEnded) return
  await new Promise<void>((resolve, reject) => {
    const brokenOff = (): void => {
      if (!body.readableEnded) reject(body.errored ?? new Error('it ended before its end'))
    }
    if (body.destroyed) brokenOff()
    body.on('data', (chunk: Uint8Array) => {
      if (!take(chunk)) resolve()
    })
    body.once('end', resolve).once('error', reject).once('close', brokenOff)
  })
}

/** Most bodies come in one piece, which need not be copied. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}
