import http from 'node:http'
import https from 'node:https'
import type {IncomingMessage, RequestOptions} from 'node:http'
import type {HttpRequest, HttpResponse} from '../../ports.js'
import {endWith} from './call-off.js'
import {contentLength, sendBody} from './request-body.js'
import {plainHeaders} from './response.js'
import {proxyAuthorization} from './tunnel.js'

/** How long a connection may stay silent. A registry that stores a large layer is silent for a while. */
export const IDLE_MILLISECONDS = 120_000

/** How a request gets to its host. */
export interface Http1Route {
  /** The connections; Node's own where it is not said. */
  readonly agent?: http.Agent | undefined
  /** A proxy for what is not TLS; it is asked for the whole URL (RFC 9112, 3.2.2). */
  readonly proxy?: URL | undefined
}

/** Sends a request over HTTP/1.1. Rejects with whatever Node says of the connection. */
export function sendOverHttp1(request: HttpRequest, route: Http1Route): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const open = (route.proxy ?? request.url).protocol === 'https:' ? https.request : http.request
    const outgoing = open(request.url, requestOptions(request, route))
    outgoing.once('response', (incoming: IncomingMessage) =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: plainHeaders(incoming.headers),
        body: incoming
      })
    )
    outgoing.once('error', reject)
    if (request.signal !== undefined) endWith(request.signal, outgoing)
    outgoing.setTimeout(IDLE_MILLISECONDS, () => outgoing.destroy(silence()))
    sendBody(outgoing, request, reject)
  })
}

/** Why a connection is given up that says nothing. */
export function silence(): Error {
  return new Error(`no answer in ${IDLE_MILLISECONDS / 1000} s`)
}

/** What Node is told where any certificate is taken; it keeps such connections apart from the others. */
export function tlsTrustOf({takesAnyCertificate = false}: Pick<HttpRequest, 'takesAnyCertificate'>): {
  rejectUnauthorized?: false
} {
  return takesAnyCertificate ? {rejectUnauthorized: false} : {}
}

function requestOptions(request: HttpRequest, {agent, proxy}: Http1Route): RequestOptions {
  const headers = {...request.headers, ...contentLength(request)}
  const options = {method: request.method, agent, ...tlsTrustOf(request)}
  if (proxy === undefined) return {...options, headers}
  return {
    ...options,
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: request.url.href,
    headers: {...headers, host: request.url.host, ...proxyAuthorization(proxy)}
  }
}
