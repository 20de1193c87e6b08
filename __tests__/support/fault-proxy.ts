import http from 'node:http'
import {setTimeout as delay} from 'node:timers/promises'
import {type Forwarded, LateView} from './late-view.js'
import {close, listen} from './loopback.js'
import {random} from './random.js'

const ACCEPT = ['index', 'manifest'].map(kind => `application/vnd.oci.image.${kind}.v1+json`).join()

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
  /** A HEAD of a manifest answers 404, and so does every repetition of it; GET finds it. */
  | 'HEAD 404'
  /** A HEAD of a manifest is not allowed, and neither is any repetition of it. */
  | 'HEAD 405'
  /** A manifest that is put, or a tag that is deleted, is confirmed and forgotten; a repetition is done. */
  | 'forgotten'
  /** A manifest is put, or a tag is deleted, but the answer is 502, and so it is for every repetition. */
  | '502 after'
  /** What is put or deleted is shown so many milliseconds later: what was there before is shown until then. */
  | `${number} ms late`
  /** `onHit` is called before the request goes on. */
  | 'call before'
  /** `onHit` is called when the work is done, and the answer waits for it. */
  | 'call after'

/** A request on its way through a proxy. */
export interface ProxiedRequest {
  readonly method: string
  readonly url: string
  /** The registry that it goes to. */
  readonly upstream: string
  readonly body: Buffer
}

/** Gives the milliseconds after which a request is refused with 403; undefined lets it pass. */
export type RefusalOf = (request: ProxiedRequest) => number | undefined

/** One fault, counted over the requests of all proxies that share the book. */
export interface FaultBook {
  /**
   * Begins to count the requests that the fault concerns; from now on the n-th of them, counted from 1, meets it, or
   * `every` one.
   */
  arm(nth: number | 'every', fault: ProxyFault, onHit?: () => void | Promise<void>): void
  /** Ends it, and gives the number of requests that were counted. */
  disarm(): number
  /** True where the fault met its request. */
  readonly isHit: boolean
  /** Waits a random time of up to so many milliseconds before each request; 0 does not. */
  jitter(milliseconds: number, random?: () => number): void
  /** Refuses requests from now on; undefined ends it. */
  refuse(refusalOf: RefusalOf | undefined): void
}

interface BookState {
  armed: {nth: number | 'every'; fault: ProxyFault; onHit: () => void | Promise<void>} | undefined
  count: number
  hit: string | undefined
  times: number
  jitter: number
  random: () => number
  refusalOf: RefusalOf | undefined
  readonly late: LateView
  /** Writes that were forgotten once. */
  readonly forgotten: Set<string>
}

/** A way to a registry on which requests go wrong. */
export interface FaultProxy {
  readonly host: string
  stop(): Promise<void>
}

/**
 * Proxies in front of registries that share one count of requests.
 * @param now the clock by which something is late
 */
export async function startFaultProxies(
  hosts: readonly string[],
  now: () => number = Date.now
): Promise<{book: FaultBook; proxies: FaultProxy[]}> {
  const state: BookState = {
    armed: undefined,
    count: 0,
    hit: undefined,
    times: 0,
    jitter: 0,
    random,
    refusalOf: undefined,
    late: new LateView(now),
    forgotten: new Set()
  }
  const book: FaultBook = {
    arm(nth, fault, onHit = () => undefined) {
      Object.assign(state, {armed: {nth, fault, onHit}, count: 0, hit: undefined, times: 0})
    },
    disarm() {
      state.armed = undefined
      state.late.clear()
      state.forgotten.clear()
      return state.count
    },
    get isHit() {
      return state.hit !== undefined
    },
    jitter: (milliseconds, by = random) => void Object.assign(state, {jitter: milliseconds, random: by}),
    refuse: refusalOf => void (state.refusalOf = refusalOf)
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
  /** In place of the request's own. */
  readonly method?: string
}

async function handle(passing: Passing, state: BookState): Promise<void> {
  const {request, response, upstream} = passing
  const body = await readAll(request)
  if (state.jitter > 0) await delay(state.random() * state.jitter)
  const {method = '', url = ''} = request
  const hold = state.refusalOf?.({method, url, upstream, body})
  if (hold !== undefined) {
    if (hold > 0) await delay(hold)
    return void response.writeHead(403).end()
  }
  const fault = faultOf(passing, state)
  if (isShownLate(passing, state.late)) return
  if (fault === 'reset before') return void request.socket.destroy()
  const refused = answerInstead(passing, fault)
  if (refused !== undefined) return void response.writeHead(...refused).end()
  if (fault === 'call before') await state.armed?.onHit()
  const isLate = fault?.endsWith('late') === true
  const look = async (): Promise<Forwarded | undefined> =>
    await forward({...passing, method: 'GET'}, Buffer.alloc(0))
  const write = async (): Promise<Forwarded | undefined> => await forward(passing, body)
  const answer = isLate
    ? await state.late.written({key: `${upstream} ${url}`, lag: Number.parseInt(fault, 10)}, look, write)
    : await write()
  if (fault === 'call after') await state.armed?.onHit()
  if (fault === 'reset after' || answer === undefined) return void request.socket.destroy()
  if (fault === '502 after') return void response.writeHead(502).end()
  const isDenied = fault === '404 after' && method === 'DELETE'
  if (isDenied) response.writeHead(404).end()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
}

/** What a request is answered that the registry never sees. */
function answerInstead(
  {request: {method}}: Passing,
  fault: ProxyFault | undefined
): [number, http.OutgoingHttpHeaders] | undefined {
  switch (fault) {
    case 'HEAD 404':
      return [404, {}]
    case 'HEAD 405':
      return [405, {}]
    case 'forgotten':
      return [method === 'PUT' ? 201 : 202, {}]
    case '500 for ever':
      return [500, {'content-type': 'text/plain'}]
    case '403 for ever':
      return [403, {}]
    case '429 twice':
      return [429, {'retry-after': '0'}]
    default:
      return undefined
  }
}

/** The fault of this request, which may be a repetition of the one that was hit. */
function faultOf({request, upstream}: Passing, state: BookState): ProxyFault | undefined {
  const {armed} = state
  if (armed === undefined || !concerns(armed.fault, request)) return undefined
  state.count += 1
  const key = `${request.method ?? ''} ${upstream} ${request.url ?? ''}`
  if (armed.nth === 'every' || state.count === armed.nth) state.hit ??= key
  if (armed.nth !== 'every' && state.hit !== key) return undefined
  state.times += 1
  if (armed.fault === 'forgotten') {
    const isKnown = state.forgotten.has(key)
    state.forgotten.add(key)
    return isKnown ? undefined : armed.fault
  }
  const [first, lasting] = [state.times === 1, /for ever|HEAD|502|late/.test(armed.fault)]
  if (armed.fault === '429 twice') return state.times <= 2 ? armed.fault : undefined
  return lasting || first ? armed.fault : undefined
}

/** Some faults are of a HEAD of a manifest, and some of what is put or deleted: only those are counted for them. */
function concerns(fault: ProxyFault, {method, url = ''}: http.IncomingMessage): boolean {
  const isManifest = url.includes('/manifests/')
  if (fault.startsWith('HEAD')) return method === 'HEAD' && isManifest
  if (/forgotten|502|late/.test(fault)) return (method === 'PUT' || method === 'DELETE') && isManifest
  return true
}

/** Answers a look at what was written a moment ago with what was there before. */
function isShownLate({request, response, upstream}: Passing, late: LateView): boolean {
  const isLook = request.method === 'GET' || request.method === 'HEAD'
  const seen = isLook ? late.at(`${upstream} ${request.url ?? ''}`) : 'as it is'
  if (seen === 'as it is') return false
  const {status, headers, body} = seen
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body)
  return true
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function forward(
  {request, upstream, agent, method = request.method}: Passing,
  body: Buffer
): Promise<Forwarded | undefined> {
  return new Promise(resolve => {
    const outgoing = http.request(
      `http://${upstream}${request.url ?? ''}`,
      {method, headers: method === request.method ? request.headers : {accept: ACCEPT}, agent},
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
