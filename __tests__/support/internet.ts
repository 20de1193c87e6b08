import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  createServer,
  request as forward
} from 'node:http'
import {createServer as createTlsServer} from 'node:https'
import {type Socket, connect} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {component} from './components.js'
import {close, listen} from './loopback.js'

/** What answers for a name: a handler, or the address of a server that speaks plain HTTP. */
export type Site = RequestListener | URL

/** Requests that fail, and how. */
export interface Outage {
  readonly host: string
  readonly path: RegExp
  readonly method?: string
  readonly status: number
}

/** A request that somebody made to one of the names. */
export interface SeenRequest {
  readonly host: string
  readonly method: string
  readonly path: string
}

/**
 * Names of the internet that lead to servers of this machine: over TLS, by a proxy that knows these names and no others.
 * Clients are led there by variables alone, so that a test may name ghcr.io and mean a registry of its own.
 */
export interface Internet {
  /** For every client: Node, Go programs, curl, git. */
  readonly env: Readonly<Record<string, string>>
  /** The certificate that all names show, which signs itself. */
  readonly certificate: string
  readonly seen: readonly SeenRequest[]
  /** Names that were asked for and that nothing answers for. */
  readonly refused: readonly string[]
  /** Answers with a failure where a site would have answered, until it is healed. */
  break(outage: Outage): void
  heal(): void
  stop(): Promise<void>
}

/** Starts a proxy and, behind it, a server that shows one certificate for all these names. */
export async function startInternet(sites: Readonly<Record<string, Site>>): Promise<Internet> {
  const folder = mkdtempSync(path.join(tmpdir(), 'internet-'))
  const {key, certificate} = await makeCertificate(folder, Object.keys(sites))
  const seen: SeenRequest[] = []
  const outages: Outage[] = []
  const front = createTlsServer(
    {key: readFileSync(key), cert: readFileSync(certificate)},
    (incoming, answer) => {
      const host = hostOf(incoming)
      const request = {host, method: incoming.method ?? '', path: incoming.url ?? ''}
      seen.push(request)
      const outage = outages.find(each => isHit(each, request))
      if (outage === undefined) serve(sites[host], incoming, answer)
      else answer.writeHead(outage.status, {connection: 'close'}).end()
    }
  )
  const frontPort = await listen(front)
  const refused: string[] = []
  const sockets = new Set<Socket>()
  const proxy = createServer((incoming, answer) => {
    refused.push(incoming.url ?? '')
    answer.writeHead(502).end('this proxy takes CONNECT only')
  })
  proxy.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const [name = ''] = (incoming.url ?? '').split(':')
    if (sites[name] === undefined) {
      refused.push(incoming.url ?? '')
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    tunnel(client, frontPort, sockets)
  })
  const proxyPort = await listen(proxy)
  return {
    env: variables(`http://127.0.0.1:${proxyPort}`, certificate),
    certificate,
    seen,
    refused,
    break: outage => void outages.push(outage),
    heal: () => void outages.splice(0),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([front, proxy].map(close))
      rmSync(folder, {recursive: true, force: true})
    }
  }
}

function isHit({host, path: pattern, method}: Outage, request: SeenRequest): boolean {
  const isMethod = method === undefined || method === request.method
  return isMethod && host === request.host && pattern.test(request.path)
}

function variables(proxy: string, certificate: string): Record<string, string> {
  const exceptions = 'localhost,127.0.0.1,::1'
  // Node reads NODE_EXTRA_CA_CERTS, and all authorities that it brings, at each start: two thirds of what a short step takes.
  // What OpenSSL is told of is read with the first connection. Go reads a folder of authorities beside the file.
  return {
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: exceptions,
    no_proxy: exceptions,
    NODE_EXTRA_CA_CERTS: '',
    NODE_OPTIONS: '--use-openssl-ca',
    SSL_CERT_FILE: certificate,
    SSL_CERT_DIR: path.join(path.dirname(certificate), 'none'),
    CURL_CA_BUNDLE: certificate,
    GIT_SSL_CAINFO: certificate
  }
}

function serve(site: Site | undefined, incoming: IncomingMessage, answer: ServerResponse): void {
  if (site === undefined) answer.writeHead(404).end()
  else if (site instanceof URL) passOn(site, incoming, answer)
  else site(incoming, answer)
}

/** The server behind must write its own addresses with the name that was asked for. */
export function passOn(upstream: URL, incoming: IncomingMessage, answer: ServerResponse): void {
  const outgoing = forward(
    {
      host: upstream.hostname,
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers: {...incoming.headers, 'x-forwarded-proto': 'https'},
      agent: false
    },
    response => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    }
  )
  outgoing.on('error', () => answer.destroy())
  incoming.pipe(outgoing)
}

function tunnel(client: Socket, port: number, sockets: Set<Socket>): void {
  const server = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    client.pipe(server).pipe(client)
  })
  for (const socket of [client, server]) {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {
      client.destroy()
      server.destroy()
    })
  }
}

async function makeCertificate(
  folder: string,
  names: readonly string[]
): Promise<{key: string; certificate: string}> {
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')]
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = [
    '-subj',
    '/CN=test',
    '-addext',
    `subjectAltName=${names.map(name => `DNS:${name}`).join()}`
  ]
  await promisify(execFile)(component('openssl'), [
    ...[...kind, ...subject, '-days', '30'],
    ...['-keyout', key, '-out', certificate]
  ])
  return {key, certificate}
}

function hostOf(incoming: IncomingMessage): string {
  return (incoming.headers.host ?? '').split(':')[0] ?? ''
}
