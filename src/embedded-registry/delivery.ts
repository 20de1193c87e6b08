import type {ServerResponse} from 'node:http'
import {Readable, Transform} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {type Reply, refusalReply} from './exchange.js'
import type {FaultAction, FaultRule} from './faults.js'
import {Refusal} from './refusal.js'

/** An answer that is not given: the connection is broken off. */
export const RESET = Symbol('reset')

/** The answer that a rule puts in place of the right one; undefined where the rule does not. */
export function replacementOf(action: FaultAction): Reply | typeof RESET | undefined {
  if (action.kind === 'reset') return RESET
  if (action.kind !== 'status') return undefined
  const {status, code = codeOf(status), retryAfterSeconds} = action
  const headers = retryAfterSeconds === undefined ? {} : {'retry-after': String(retryAfterSeconds)}
  return refusalReply(new Refusal(code, 'a fault that was asked for', {status, headers}))
}

/** Sends an answer, with the faults of its body and headers. */
export async function sendAnswer(
  response: ServerResponse,
  reply: Reply,
  rules: readonly FaultRule[]
): Promise<void> {
  const actions = rules.map(rule => rule.action)
  const wrongDigest = actions.find(action => action.kind === 'wrong-digest')
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(wrongDigest ? {'docker-content-digest': wrongDigest.digest ?? `sha256:${'0'.repeat(64)}`} : {})
  })
  const hasBody = response.req.method !== 'HEAD' && reply.body !== undefined
  if (!hasBody) {
    response.end()
    return
  }
  const truncate = actions.find(action => action.kind === 'truncate')
  const isCorrupt = actions.some(action => action.kind === 'corrupt')
  const source = openBody(reply.body)
  const body = isCorrupt ? source.pipe(firstByteChanged()) : source
  if (truncate) await sendPart(response, body, truncate.afterBytes)
  else await pipeline(body, response)
}

/** Breaks the connection off, so that the client sees a reset and not an end. */
export function breakOff(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

function openBody(body: NonNullable<Reply['body']>): Readable {
  return body instanceof Uint8Array ? Readable.from([body], {objectMode: false}) : body.open()
}

async function sendPart(response: ServerResponse, body: Readable, most: number): Promise<void> {
  let left = most
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left)
    await new Promise<void>(resolve => response.write(part, () => resolve()))
    left -= part.length
    if (left <= 0) break
  }
  response.destroy()
}

function firstByteChanged(): Transform {
  const state = {isDone: false}
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const copy = Buffer.from(chunk)
      if (!state.isDone && copy.length > 0) copy[0] = (copy[0] ?? 0) ^ 0xff
      state.isDone = true
      done(null, copy)
    }
  })
}

function codeOf(status: number): 'UNAUTHORIZED' | 'DENIED' | 'TOOMANYREQUESTS' | 'UNKNOWN' {
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'DENIED'
  return status === 429 ? 'TOOMANYREQUESTS' : 'UNKNOWN'
}
