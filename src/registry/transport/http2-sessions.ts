import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type OutgoingHttpHeaders
} from 'node:http2'
import type {TlsAgent} from './tls-agent.js'

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
  ready({origin}: URL): Http2Session | undefined {
    return this.#ready.get(origin)
  }

  /** The session for a host; undefined where the host speaks HTTP/1.1 only. */
  async find(url: URL): Promise<Http2Session | undefined> {
    const {origin} = url
    const known = this.#sessions.get(origin)
    if (known !== undefined) return await known
    const opened = this.#connect(url, () => this.#forget(origin, opened))
    this.#sessions.set(origin, opened)
    opened.catch(() => this.#forget(origin, opened))
    return await opened
  }

  /** Asks a host over HTTP/1.1 from now on. */
  avoid({origin}: URL): void {
    this.#ready.delete(origin)
    this.#sessions.set(origin, Promise.resolve(undefined))
  }

  /** Ends what is under way. */
  close(): void {
    for (const session of this.#open) session.destroy()
    this.#sessions.clear()
    this.#ready.clear()
  }

  #forget(origin: string, opened: Promise<Http2Session | undefined>): void {
    if (this.#sessions.get(origin) !== opened) return
    this.#sessions.delete(origin)
    this.#ready.delete(origin)
  }

  async #connect(url: URL, forget: () => void): Promise<Http2Session | undefined> {
    const socket = await this.#agent.negotiate(url)
    if (socket.alpnProtocol !== 'h2') {
      this.#agent.keep(url, socket)
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
    this.#ready.set(url.origin, shared)
    return shared
  }
}
