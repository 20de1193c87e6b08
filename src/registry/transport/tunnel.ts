import http from 'node:http'
import https from 'node:https'
import type {Socket} from 'node:net'
import {ReleaseError, messageOf} from '../../errors.js'
import {basicAuthorization} from '../../shared/basic-login.js'

/** How long a proxy may take to connect. */
const CONNECT_MILLISECONDS = 30_000

/**
 * Has a proxy connect to a host (RFC 9110, 9.3.6). What goes through is TLS, which the proxy cannot read.
 * @param authority host and port
 * @throws ReleaseError REGISTRY_UNREACHABLE where the proxy cannot be reached, or refuses
 */
export function openTunnel(proxy: URL, authority: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const open = proxy.protocol === 'https:' ? https.request : http.request
    const request = open({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: {host: authority, ...proxyAuthorization(proxy)},
      agent: false,
      timeout: CONNECT_MILLISECONDS
    })
    const fail = (reason: string, cause?: unknown): void => {
      request.destroy()
      reject(unreachableThrough(proxy, authority, reason, cause))
    }
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) resolve(socket.setTimeout(0))
      else fail(`it answers ${String(response.statusCode)}`)
    })
    request.once('response', response => fail(`it answers ${String(response.statusCode)}`))
    request.once('timeout', () => fail(`it does not answer in ${CONNECT_MILLISECONDS / 1000} s`))
    // Stays: what a request says after it was destroyed would end the process otherwise.
    request.on('error', cause => fail(messageOf(cause), cause))
    request.end()
  })
}

/** What a proxy is told of who asks, where its address names a user. */
export function proxyAuthorization({username, password}: URL): Record<string, string> {
  if (username === '') return {}
  const login = {username: decodeURIComponent(username), password: decodeURIComponent(password)}
  return {'proxy-authorization': basicAuthorization(login)}
}

function unreachableThrough(proxy: URL, authority: string, reason: string, cause: unknown): ReleaseError {
  return new ReleaseError(
    'REGISTRY_UNREACHABLE',
    `${authority} cannot be reached through the proxy ${proxy.host}: ${reason}`,
    {
      cause,
      hint: `Check the variable HTTPS_PROXY, or name ${authority.replace(/:\d+$/, '')} in NO_PROXY where it is reached without the proxy.`
    }
  )
}
