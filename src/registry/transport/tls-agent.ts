import https from 'node:https'
import {type Socket, isIP} from 'node:net'
import {Duplex} from 'node:stream'
import tls from 'node:tls'
import type {HttpRequest} from '../../ports.js'
import {IDLE_MILLISECONDS, silence, tlsTrustOf} from './http1-request.js'
import {openTunnel} from './tunnel.js'

/** What is trusted of a host, and shown to it, beside what holds for all. */
export type Certificates = Pick<tls.SecureContextOptions, 'ca' | 'cert' | 'key'>

type CertificatesOf = (url: URL) => Certificates

/** Chooses the proxy of a URL. */
export type ChooseProxy = (url: URL) => URL | undefined

type Created = (error: Error | null, stream: Duplex) => void
type ConnectionOptions = Parameters<https.Agent['createConnection']>[0] & tls.ConnectionOptions

/**
 * Connections over TLS, through a proxy where there is one. Which protocol a server speaks shows only in the handshake
 * (ALPN, RFC 7301): one that turned out to be for HTTP/1.1 is kept for the next request of this agent.
 */
export class TlsAgent extends https.Agent {
  readonly #chooseProxy: ChooseProxy
  readonly #waiting = new Map<string, tls.TLSSocket>()
  readonly #opening = new Set<Socket>()
  readonly #certificatesOf: CertificatesOf

  constructor(chooseProxy: ChooseProxy, certificatesOf: CertificatesOf, options: https.AgentOptions) {
    super(options)
    this.#chooseProxy = chooseProxy
    this.#certificatesOf = certificatesOf
  }

  /** Connects and offers both protocols; `alpnProtocol` of what it gives is `h2` where the server speaks HTTP/2. */
  async negotiate(request: Pick<HttpRequest, 'url' | 'takesAnyCertificate'>): Promise<tls.TLSSocket> {
    const {url} = request
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const proxy = this.#chooseProxy(url)
    const options = {
      host,
      port: Number(url.port || 443),
      ...(isIP(host) === 0 ? {servername: host} : {}),
      ...(proxy ? {socket: await openTunnel(proxy, authorityOf(url))} : {}),
      ...this.#certificatesOf(url),
      ...tlsTrustOf(request),
      ALPNProtocols: ['h2', 'http/1.1']
    }
    return await new Promise((resolve, reject) => {
      const socket = tls.connect(options)
      this.#opening.add(socket)
      socket.once('close', () => {
        this.#opening.delete(socket)
        reject(new Error('the connection was closed'))
      })
      socket.once('error', reject)
      socket.setTimeout(IDLE_MILLISECONDS, () => socket.destroy(silence()))
      socket.once('secureConnect', () => {
        this.#opening.delete(socket)
        socket.off('error', reject).setTimeout(0).removeAllListeners('timeout')
        resolve(socket)
      })
    })
  }

  /** Keeps a connection for the next request to its host. */
  keep(
    {url, takesAnyCertificate}: Pick<HttpRequest, 'url' | 'takesAnyCertificate'>,
    socket: tls.TLSSocket
  ): void {
    const key = keyOf(url, takesAnyCertificate)
    const forget = (): void => {
      if (this.#waiting.get(key) === socket) this.#waiting.delete(key)
    }
    socket.once('error', forget).once('close', forget)
    this.#waiting.get(key)?.destroy()
    this.#waiting.set(key, socket)
  }

  override createConnection(options: ConnectionOptions, created?: Created): Duplex | null | undefined {
    const url = new URL(`https://${bracketed(options.host ?? '')}:${String(options.port ?? 443)}/`)
    const key = keyOf(url, options.rejectUnauthorized === false)
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (waiting !== undefined) return waiting
    const proxy = this.#chooseProxy(url)
    const trusting = {...options, ...this.#certificatesOf(url)}
    if (proxy === undefined) return super.createConnection(trusting, created)
    const failed = (error: Error): void => created?.(error, new Duplex())
    void openTunnel(proxy, authorityOf(url)).then(
      socket => created?.(null, tls.connect({...trusting, socket, ALPNProtocols: ['http/1.1']})),
      failed
    )
    return undefined
  }

  override destroy(): void {
    for (const socket of [...this.#waiting.values(), ...this.#opening]) socket.destroy()
    super.destroy()
  }
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/** A connection on which any certificate was taken is for nobody who wants a good one. */
function keyOf(url: URL, takesAnyCertificate = false): string {
  return `${authorityOf(url)} ${takesAnyCertificate}`
}

/** Host and port, also where the port is the default. */
function authorityOf(url: URL): string {
  return `${url.hostname}:${url.port || 443}`
}
