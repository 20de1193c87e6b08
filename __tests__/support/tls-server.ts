import http from 'node:http'
import http2, {type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session} from 'node:http2'
import https from 'node:https'
import type {AddressInfo, Socket} from 'node:net'
import type {Certificate} from './certificate.js'
import type {RunningRegistry} from './registries.js'

/** What a server speaks: HTTP/2 and 1.1 by choice of the client, or 1.1 only. */
export type Protocols = 'both' | 'http/1.1'

export type Request = http.IncomingMessage | Http2ServerRequest
export type Response = http.ServerResponse | Http2ServerResponse

/** A server that speaks TLS on the loopback address, and what it saw. */
export interface TlsServer {
  readonly host: string
  /** `2.0 GET /path`, in order. */
  readonly seen: readonly string[]
  readonly sessions: readonly ServerHttp2Session[]
  /** How many connections were made. */
  readonly connections: () => number
  /** Breaks all connections off, without a word. */
  drop(): void
  stop(): Promise<void>
}

/** Starts a server. */
export async function startTlsServer(
  {key, certificate}: Certificate,
  answer: (request: Request, response: Response) => void,
  protocols: Protocols = 'both'
): Promise<TlsServer> {
  const seen: string[] = []
  const sessions: ServerHttp2Session[] = []
  const sockets = new Set<Socket>()
  const state = {connections: 0}
  const take = (request: Request, response: Response): void => {
    seen.push(`${request.httpVersion} ${request.method ?? ''} ${request.url ?? ''}`)
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    answer(request, response)
  }
  const options = {key, cert: certificate}
  const server =
    protocols === 'both'
      ? http2.createSecureServer({...options, allowHTTP1: true}, take)
      : https.createServer(options, take)
  server.on('session', (session: ServerHttp2Session) => {
    sessions.push(session)
    session.on('error', () => undefined)
  })
  server.on('connection', (socket: Socket) => {
    state.connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.on('sessionError', () => undefined)
  const drop = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    seen,
    sessions,
    connections: () => state.connections,
    drop,
    stop: async () => {
      drop()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

/** What HTTP/2 does not know (RFC 9113, 8.2.2). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding']

/** Puts TLS before a registry that speaks plain HTTP. */
export async function startTlsFront(
  registry: RunningRegistry,
  certificate: Certificate,
  protocols: Protocols = 'both'
): Promise<RunningRegistry & {readonly authority: string; readonly seen: readonly string[]}> {
  const agent = new http.Agent({keepAlive: true})
  const server = await startTlsServer(certificate, forwardTo(registry.host, agent), protocols)
  return {
    name: `${registry.name} behind TLS, ${protocols}`,
    host: server.host,
    authority: certificate.certificate,
    seen: server.seen,
    ...(registry.credential === undefined ? {} : {credential: registry.credential}),
    stop: async () => {
      await server.stop()
      agent.destroy()
      await registry.stop()
    }
  }
}

function forwardTo(host: string, agent: http.Agent): (request: Request, response: Response) => void {
  return (request, response) => {
    const kept = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'))
    const outgoing = http.request(`http://${host}${request.url ?? ''}`, {
      method: request.method,
      agent,
      headers: {...Object.fromEntries(kept), host}
    })
    outgoing.on('response', answer => {
      response.statusCode = answer.statusCode ?? 500
      for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined && !HOP_BY_HOP.includes(name)) response.setHeader(name, value)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    request.pipe(outgoing)
  }
}
