import http from 'node:http'
import type {HttpRequest, HttpResponse, Send} from '../../ports.js'
import {registryCertificates} from '../auth/registry-certificates.js'
import {onCallOff} from './call-off.js'
import {sendOverHttp1} from './http1-request.js'
import {StreamRefused, sendOverHttp2} from './http2-request.js'
import {Http2Sessions} from './http2-sessions.js'
import {type ProxyVariables, proxyFor} from './proxy-choice.js'
import {type Certificates, TlsAgent} from './tls-agent.js'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'

const MAX_SOCKETS = 64
/** How often a request that a server did not begin is sent again. */
const RESENDS = 3

/** A `Send` over Node's own HTTP, and the way to let go of its connections. */
export interface HttpConnection {
  readonly send: Send
  close(): void
}

/** How connections are made. */
export interface HttpOptions {
  /** The environment, which may name proxies and lead to certificates; without it no proxy is used. */
  readonly variables?: ProxyVariables
  /** Certificates (PEM) of the authorities that are trusted in place of those that Node trusts. */
  readonly authorities?: string | undefined
}

/**
 * Sends requests: over HTTP/2 where the server speaks it, over kept-alive HTTP/1.1 connections where it does not, and
 * where many bytes are to come or go, which get a connection each. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are obeyed.
 * Node's own modules, not the global fetch: loading fetch takes longer than a request.
 * @throws ReleaseError REGISTRY_UNREACHABLE where no answer comes, with the system's reason as cause; LAYOUT_INVALID
 * where a stream that is to be sent cannot be read or has not its size: that is not the fault of the registry
 */
export function openHttp(options: HttpOptions = {}): HttpConnection {
  const transport = new HttpTransport(options)
  return {
    send: async request => await transport.send(request),
    close: () => transport.close()
  }
}

class HttpTransport {
  readonly #chooseProxy: (url: URL) => URL | undefined
  readonly #certificates: HostCertificates
  readonly #plain: http.Agent
  readonly #tls: TlsAgent
  readonly #sessions: Http2Sessions

  constructor({variables = {}, authorities}: HttpOptions) {
    const options = {keepAlive: true, maxSockets: MAX_SOCKETS}
    this.#chooseProxy = url => proxyFor(url, variables)
    this.#plain = new http.Agent(options)
    this.#certificates = new HostCertificates(variables, authorities)
    this.#tls = new TlsAgent(this.#chooseProxy, url => this.#certificates.of(url), options)
    this.#sessions = new Http2Sessions(this.#tls)
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#sendBy(request)
    } catch (cause) {
      throw failureOf(request, cause)
    }
  }

  close(): void {
    this.#sessions.close()
    this.#plain.destroy()
    this.#tls.destroy()
  }

  async #sendBy(request: HttpRequest): Promise<HttpResponse> {
    const {url} = request
    if (url.protocol === 'http:') return await this.#sendPlain(request)
    await this.#certificates.load(url)
    return isBulk(request) ? await this.#sendAlone(request) : await this.#sendShared(request, RESENDS)
  }

  async #sendPlain(request: HttpRequest): Promise<HttpResponse> {
    const proxy = this.#chooseProxy(request.url)
    const agent = proxy?.protocol === 'https:' ? undefined : this.#plain
    return await sendOverHttp1(request, {agent, proxy})
  }

  async #sendAlone(request: HttpRequest): Promise<HttpResponse> {
    return await sendOverHttp1(request, {agent: this.#tls})
  }

  async #sendShared(request: HttpRequest, resends: number): Promise<HttpResponse> {
    const {signal} = request
    const session =
      this.#sessions.ready(request) ?? (await unlessAborted(() => this.#sessions.find(request), signal))
    if (session === undefined) return await this.#sendAlone(request)
    try {
      return await sendOverHttp2(session, request)
    } catch (error) {
      if (!(error instanceof StreamRefused) || resends === 0) throw error
      if (error.wantsHttp1) this.#sessions.avoid(request)
      return await this.#sendShared(request, resends - 1)
    }
  }
}

/** The certificates of each host, read once, before its first connection. */
class HostCertificates {
  readonly #variables: ProxyVariables
  readonly #others: Certificates
  readonly #loaded = new Map<string, Certificates>()

  constructor(variables: ProxyVariables, authorities: string | undefined) {
    this.#variables = variables
    this.#others = authorities === undefined ? {} : {ca: authorities}
  }

  async load({host}: URL): Promise<void> {
    if (this.#loaded.has(host)) return
    this.#loaded.set(host, (await registryCertificates(host, this.#variables)) ?? this.#others)
  }

  of({host}: URL): Certificates {
    return this.#loaded.get(host) ?? this.#others
  }
}

/** Large bodies go faster on connections of their own, and do not hold up the small ones there. */
function isBulk({body, isBulk: isMuch = false}: HttpRequest): boolean {
  return isMuch || (body !== undefined && !(body instanceof Uint8Array))
}

/** What many requests wait for cannot be called off with one of them: only its own waiting ends. */
async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work()
  signal.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const release = onCallOff(signal, () => reject(new Error('aborted')))
    work().then(resolve, reject).finally(release)
  })
}

/** A request that was called off fails with the reason of the cancellation, one whose body failed with that. */
function failureOf(request: HttpRequest, cause: unknown): Error {
  if (cause instanceof ReleaseError) return cause
  const reason: unknown = request.signal?.aborted === true ? request.signal.reason : undefined
  return reason instanceof Error ? reason : unreachable(request, cause)
}

/** What OpenSSL says of an answer that is not TLS; its words differ by version. */
const NOT_TLS = /wrong version number|packet length too long|http request|unknown protocol/i
const SPEAKS_PLAIN = 'it does not speak TLS'
/** Node's codes for a certificate that cannot be trusted. */
const CERTIFICATE = /CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)/

/** Why no answer came, in one line, and what to do about it. */
export function unreachable({method, url}: HttpRequest, cause: unknown): ReleaseError {
  const reason = reasonOf(cause)
  return new ReleaseError(
    'REGISTRY_UNREACHABLE',
    `${method} ${url.host}${url.pathname}: no answer: ${reason}`,
    {cause, hint: hintOf(url.host, reason, systemCodeOf(cause) ?? '')}
  )
}

function reasonOf(cause: unknown): string {
  // Several addresses tried give an AggregateError, which has no message of its own.
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : undefined
  const message = messageOf(inner ?? cause) || (systemCodeOf(cause) ?? 'unknown')
  return NOT_TLS.test(message) ? SPEAKS_PLAIN : message.replace(/\s+/g, ' ').trim()
}

function hintOf(host: string, reason: string, code: string): string {
  if (reason === SPEAKS_PLAIN) return `Where plain HTTP is meant, name ${host} in the input insecure.`
  if (code === 'CERT_HAS_EXPIRED')
    return `Renew the certificate of ${host}, and check the clock of this machine.`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate is for other names than ${host}: reach the registry by one of them, or have it made out for this one.`
  if (CERTIFICATE.test(code))
    return `Put the certificate of the authority of ${host} into /etc/docker/certs.d/${host}/ca.crt, or name its file in the variable NODE_EXTRA_CA_CERTS. Where nobody vouches for it and that is meant, name ${host} in the input insecure.`
  return `Is ${host} up, is its name right, and may this machine connect to it? Then run this again.`
}
