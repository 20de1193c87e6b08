import http from 'node:http'
import {close, listen} from './loopback.js'

/** What goes wrong with a request on its way to the registry. Bodies pass as streams, so that they can break inside. */
export type UploadFault =
  /** So many bytes of the body reach the registry, then both connections break. */
  | {readonly kind: 'cut'; readonly afterBytes: number}
  /** So many bytes of the body are taken from the client, then it is answered; the registry sees nothing. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly afterBytes?: number
    }
  /** The first byte of the body is changed. */
  | {readonly kind: 'damage'}
  /** The registry's answer gets these headers in place of its own. */
  | {readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>>}
  /** The registry does the work; of its answer so many bytes come back, with the headers. */
  | {readonly kind: 'truncate'; readonly afterBytes: number}
  /** The body waits in its middle. */
  | {readonly kind: 'wait'; readonly milliseconds: number}

/** Which requests a fault meets. */
export interface UploadRule {
  /** One or several. */
  readonly method: string | readonly string[]
  /** A part of path and query. */
  readonly path?: string
  /** How many requests in a row it meets; without end where left out. */
  readonly times?: number
  readonly fault: UploadFault
}

/** One request that came. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  /** Bytes of the body that came before it ended or broke. */
  received: number
  /** What was answered; 0 for nothing. */
  status: number
}

/** A way to a registry on which uploads go wrong. */
export interface UploadProxy {
  readonly host: string
  readonly seen: readonly SeenRequest[]
  add(rule: UploadRule): void
  stop(): Promise<void>
}

interface Passing {
  readonly request: http.IncomingMessage
  readonly response: http.ServerResponse
  readonly seen: SeenRequest
  readonly fault: UploadFault | undefined
  /** Breaks the connection to the client. */
  readonly break: () => void
}

/** Starts a proxy in front of a registry. */
export async function startUploadProxy(upstream: string): Promise<UploadProxy> {
  const rules: {rule: UploadRule; left: number}[] = []
  const seen: SeenRequest[] = []
  const server = http.createServer((request, response) => {
    const {method = '', url = '', headers, socket} = request
    const entry: SeenRequest = {method, path: url, headers, received: 0, status: 0}
    seen.push(entry)
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    const found = rules.find(({rule, left}) => left > 0 && isMet(rule, method, url))
    if (found) found.left -= 1
    const passing = {request, response, seen: entry, fault: found?.rule.fault, break: () => socket.destroy()}
    void pass(passing, upstream).catch(passing.break)
  })
  const port = await listen(server)
  return {
    host: `127.0.0.1:${port}`,
    seen,
    add: rule => void rules.push({rule, left: rule.times ?? Infinity}),
    stop: () => close(server)
  }
}

function isMet({method, path = ''}: UploadRule, asked: string, url: string): boolean {
  return [method].flat().includes(asked) && url.includes(path)
}

async function pass(passing: Passing, upstream: string): Promise<void> {
  const {request, response, fault} = passing
  if (fault?.kind === 'answer') {
    await answer(passing, fault)
    return
  }
  const outgoing = http.request(`http://${upstream}${request.url ?? ''}`, {
    method: request.method,
    headers: request.headers
  })
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  answered.catch(() => undefined)
  const isSent = forward(passing, outgoing)
  if (!(await Promise.race([isSent, answered.then(() => true)]))) {
    outgoing.destroy()
    // Until the registry has noticed it, an upload looks shorter than it is.
    await new Promise(resolve => setTimeout(resolve, 200))
    passing.break()
    return
  }
  const incoming = await answered
  const headers = fault?.kind === 'headers' ? {...incoming.headers, ...fault.headers} : incoming.headers
  passing.seen.status = incoming.statusCode ?? 0
  if (fault?.kind === 'truncate') {
    response.writeHead(passing.seen.status, {...headers, 'content-length': '1000'})
    response.write('x'.repeat(fault.afterBytes), passing.break)
    return
  }
  incoming.pipe(response.writeHead(passing.seen.status, headers))
}

/** Sends the body on, and ends it. False where it is to break. */
async function forward({request, seen, fault}: Passing, outgoing: http.ClientRequest): Promise<boolean> {
  const waiting = {isOver: false}
  for await (const chunk of request.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
    const left = fault?.kind === 'cut' ? Math.max(0, fault.afterBytes - seen.received) : Infinity
    const passed = Buffer.from(chunk.subarray(0, left))
    if (fault?.kind === 'damage' && seen.received === 0 && passed[0] !== undefined) passed[0] ^= 0xff
    seen.received += passed.length
    if (!outgoing.write(passed)) await new Promise(resolve => outgoing.once('drain', resolve))
    if (passed.length < chunk.length) {
      // What was written is on its way; it has to arrive before the connection breaks.
      await new Promise(resolve => setTimeout(resolve, 200))
      return false
    }
    if (fault?.kind === 'wait' && !waiting.isOver) {
      waiting.isOver = true
      await new Promise(resolve => setTimeout(resolve, fault.milliseconds))
    }
  }
  outgoing.end()
  return true
}

async function answer(
  {request, response, seen}: Passing,
  fault: Extract<UploadFault, {kind: 'answer'}>
): Promise<void> {
  const {status, headers = {}, body = '', afterBytes = Infinity} = fault
  for await (const chunk of request.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
    seen.received += chunk.length
    if (seen.received >= afterBytes) break
  }
  seen.status = status
  response.writeHead(status, {...headers, 'content-length': String(Buffer.byteLength(body))}).end(body)
}
