import http from 'node:http'
import {close, listen} from './loopback.js'
import {random} from './random.js'

/** What goes wrong at the n-th request. */
export type ProxyFault =
  /** The connection breaks before the registry sees the request. */
  | 'reset before'
  /** The registry does the work, but its answer is lost. */
  | 'reset after'
  /** This request answers 500, and so does every repetition of it. */
  | '500 for ever'
  /** This request answers 403, and so does every repetition of it. */
  | '403 for ever'
  /** The registry does the work of a deletion, but says 404, as if another had been faster. */
  | '404 after'
  /** This request answers 429 twice, with Retry-After 0. */
  | '429 twice'
  /** `onHit` is called before the request goes on. */
  | 'call before'
  /** `onHit` is called when the work is done, and the answer waits for it. */
  | 'call after'

/** One fault, counted over the requests of all proxies that share the book. */
export interface FaultBook {
  /** Begins to count; from now on the n-th request, counted from 1, meets the fault. */
  arm(nth: number, fault: ProxyFault, onHit?: () => void | Promise<void>): void
  /** Ends it, and gives the number of requests that were counted. */
  disarm(): number
  /** True where the fault met its request. */
  readonly isHit: boolean
  /** Waits a random time of up to so many milliseconds before each request; 0 does not. */
  jitter(milliseconds: number): void
}

interface BookState {
  armed: {nth: number; fault: ProxyFault; onHit: () => void | Promise<void>} | undefined
  count: number
  hit: string | undefined
  times: number
  jitter: number
}

/** A way to a registry on which requests go wrong. */
export interface FaultProxy {
  readonly host: string
  stop(): Promise<void>
}

/** Proxies in front of registries that share one count of requests. */
export async function startFaultProxies(
  hosts: readonly string[]
): Promise<{book: FaultBook; proxies: FaultProxy[]}> {
  const state: BookState = {armed: undefined, count: 0, hit: undefined, times: 0, jitter: 0}
  const book: FaultBook = {
    arm(nth, fault, onHit = () => undefined) {
      Object.assign(state, {armed: {nth, fault, onHit}, count: 0, hit: undefined, times: 0})
    },
    disarm() {
      state.armed = undefined
      return state.count
    },
    get isHit() {
      return state.hit !== undefined
    },
    jitter: milliseconds => void (state.jitter = milliseconds)
  }
  return {book, proxies: await Promise.all(hosts.map(host => startProxy(host, state)))}
}

async function startProxy(upstream: string, state: BookState): Promise<FaultProxy> {
  const agent = new http.Agent({keepAlive: true, maxSockets: 64})
  const server = http.createServer((request, response) => {
    void handle({request, response, upstream, agent}, state)
  })
  const port = await listen(server)
  return {
    host: `127.0.0.1:${port}`,
    stop: async () => {
      agent.destroy()
      await close(server)
    }
  }
}

interface Passing {
  readonly request: http.IncomingMessage
  readonly response: http.ServerResponse
  readonly upstream: string
  readonly agent: http.Agent
}

async function handle(passing: Passing, state: BookState): Promise<void> {
  const {request, response} = passing
  const body = await readAll(request)
  if (state.jitter > 0) await new Promise(resolve => setTimeout(resolve, random() * state.jitter))
  const fault = faultOf(request, state)
  if (fault === 'reset before') return void request.socket.destroy()
  if (fault === '500 for ever')
    return void response.writeHead(500, {'content-type': 'text/plain'}).end('injected')
  if (fault === '403 for ever') return void response.writeHead(403).end()
  if (fault === '429 twice') return void response.writeHead(429, {'retry-after': '0'}).end()
  if (fault === 'call before') await state.armed?.onHit()
  const answer = await forward(passing, body)
  if (fault === 'call after') await state.armed?.onHit()
  if (fault === 'reset after' || answer === undefined) return void request.socket.destroy()
  const isDenied = fault === '404 after' && request.method === 'DELETE'
  if (isDenied) response.writeHead(404).end()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
}

/** The fault of this request, which may be a repetition of the one that was hit. */
function faultOf(request: http.IncomingMessage, state: BookState): ProxyFault | undefined {
  if (state.armed === undefined) return undefined
  state.count += 1
  const key = `${request.method ?? ''} ${request.headers.host ?? ''} ${request.url ?? ''}`
  if (state.hit === undefined && state.count === state.armed.nth) state.hit = key
  if (state.hit !== key) return undefined
  state.times += 1
  const {fault} = state.armed
  if (fault === '500 for ever' || fault === '403 for ever') return fault
  if (fault === '429 twice') return state.times <= 2 ? fault : undefined
  return state.times === 1 ? fault : undefined
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

interface Forwarded {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

function forward({request, upstream, agent}: Passing, body: Buffer): Promise<Forwarded | undefined> {
  return new Promise(resolve => {
    const outgoing = http.request(
      `http://${upstream}${request.url ?? ''}`,
      {method: request.method, headers: request.headers, agent},
      incoming => {
        readAll(incoming)
          .then(bytes =>
            resolve({status: incoming.statusCode ?? 502, headers: incoming.headers, body: bytes})
          )
          .catch(() => resolve(undefined))
      }
    )
    outgoing.on('error', () => resolve(undefined))
    outgoing.end(body)
  })
}
