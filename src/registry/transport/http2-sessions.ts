import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type OutgoingHttpHeaders
} from 'node:http2'
import type {HttpRequest} from '../../ports.js'
import type {TlsAgent} from './tls-agent.js'

/** Whom a session is with, and whether any certificate was taken. */
type Peer = Pick<HttpRequest, 'url' | 'takesAnyCertificate'>

/** Bytes that a server may send ahead of what is read: of one answer, and of all answers of a session. */
const STREAM_WINDOW = 1024 * 1024
const SESSION_WINDOW = 4 * STREAM_WINDOW

/** A session that keeps the process alive while a stream is open, and not for itself. */
export class Http2Session {
  readonly #session: ClientHttp2Session
  #streams = 0

  constructor(session: ClientHttp2Session) {
    this.#session = session
    session.unref()
  }

  /** Opens a stream. Throws what Node throws where the session is over. */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.#session.request(headers, options)
    if (this.#streams++ === 0) this.#session.ref()
    stream.once('close', () => {
      if (--this.#streams === 0) this.#session.unref()
    })
    return stream
  }
}

/** One HTTP/2 session for each host, shared by all requests to it, and opened anew when it is over. */
export class Http2Sessions {
  readonly #agent: TlsAgent
  readonly #sessions = new Map<string, Promise<Http2Session | undefined>>()
  readonly #ready = new Map<string, Http2Session>()
  readonly #open = new Set<ClientHttp2Session>()

  constructor(agent: TlsAgent) {
    this.#agent = agent
  }

  /** The session for a host that is open already: most requests have nothing to wait for. */
  ready(peer: Peer): Http2Session | undefined {
    return this.#ready.get(keyOf(peer))
  }

  /** The session for a host; undefined where the host speaks HTTP/1.1 only. */
  async find(peer: Peer): Promise<Http2Session | undefined> {
    const key = keyOf(peer)
    const known = this.#sessions.get(key)
    if (known !== undefined) return await known
    const opened = this.#connect(peer, () => this.#forget(key, opened))
    this.#sessions.set(key, opened)
    opened.catch(() => this.#forget(key, opened))
    return await opened
  }

  /** Asks a host over HTTP/1.1 from now on. */
  avoid(peer: Peer): void {
    this.#ready.delete(keyOf(peer))
    this.#sessions.set(keyOf(peer), Promise.resolve(undefined))
  }

  /** Ends what is under way. */
  close(): void {
    for (const session of this.#open) session.destroy()
    this.#sessions.clear()
    this.#ready.clear()
  }

  #forget(key: string, opened: Promise<Http2Session | undefined>): void {
    if (this.#sessions.get(key) !== opened) return
    this.#sessions.delete(key)
    this.#ready.delete(key)
  }

  async #connect(peer: Peer, forget: () => void): Promise<Http2Session | undefined> {
    const {url} = peer
    const socket = await this.#agent.negotiate(peer)
    if (socket.alpnProtocol !== 'h2') {
      this.#agent.keep(peer, socket)
      return undefined
    }
    const session = http2.connect(url.origin, {
      createConnection: () => socket,
      settings: {enablePush: false, initialWindowSize: STREAM_WINDOW}
    })
    this.#open.add(session)
    session.setLocalWindowSize(SESSION_WINDOW)
    session.once('goaway', forget)
    // Each request is told by its stream.
    session.on('error', forget)
    session.once('close', () => {
      this.#open.delete(session)
      forget()
    })
    const shared = new Http2Session(session)
    this.#ready.set(keyOf(peer), shared)
    return shared
  }
}

function keyOf({url, takesAnyCertificate = false}: Peer): string {
  return `${url.origin} ${takesAnyCertificate}`
}
