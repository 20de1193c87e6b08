import {BlockList, isIP} from 'node:net'
import {InputError} from '../../errors.js'
import {isLoopback} from '../../oci/reference.js'

/** The variables that name proxies, in capitals or not: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a URL, as Go's programs choose it (golang.org/x/net/http/httpproxy), so that docker, crane and this
 * one go the same way. A loopback address is never asked through a proxy.
 * @returns undefined where the host is asked directly
 * @throws InputError where the variable holds no address; the text is not repeated, for it may hold a password
 */
export function proxyFor(url: URL, variables: ProxyVariables): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const text = valueOf(name, variables)
  if (text === '' || isLoopback(url.host) || isExcluded(url, valueOf('NO_PROXY', variables))) return undefined
  const address = text.includes('://') ? text : `http://${text}`
  const proxy = URL.canParse(address) ? new URL(address) : undefined
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy
  throw new InputError([
    {input: name, message: 'is not the address of a proxy; write http://host:port or https://host:port'}
  ])
}

/** Where the proxy of a URL would be told what goes over plain HTTP, the capitals are what a web server may have set. */
function valueOf(name: string, variables: ProxyVariables): string {
  return (variables[name] || variables[name.toLowerCase()] || '').trim()
}

function isExcluded(url: URL, exclusions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return exclusions
    .split(/[\s,]+/)
    .filter(Boolean)
    .some(exclusion => isCovered(exclusion.toLowerCase(), host, port))
}

/** `*`, `host`, `.domain`, `*.domain`, `address`, `address/prefix`, each but the first also with a port. */
function isCovered(exclusion: string, host: string, port: string): boolean {
  if (exclusion === '*') return true
  if (exclusion.includes('/')) return isWithin(exclusion, host)
  const [, name = '', onlyPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(exclusion) ?? []
  if (isIP(exclusion) === 6) return host === exclusion
  if (onlyPort !== undefined && onlyPort !== port) return false
  const domain = name.replace(/^\*?\./, '')
  const isDomainOnly = domain !== name
  return (host === domain && !isDomainOnly) || (isIP(host) === 0 && host.endsWith(`.${domain}`))
}

function isWithin(network: string, host: string): boolean {
  const [address = '', prefix] = network.split('/')
  const [kind, kindOfHost] = [isIP(address), isIP(host)]
  const bits = Number(prefix)
  if (kind === 0 || kind !== kindOfHost || !Number.isInteger(bits) || bits > (kind === 4 ? 32 : 128))
    return false
  const family = kind === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, bits, family)
  return list.check(host, family)
}
