import http from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import net from 'node:net'
import {text} from 'node:stream/consumers'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {parseReference, parseTag} from '../../src/oci/reference.js'
import type {HttpRequest} from '../../src/ports.js'
import {type HttpConnection, openHttp} from '../../src/registry/transport/http.js'
import {type ProxyVariables, proxyFor} from '../../src/registry/transport/proxy-choice.js'
import {type Certificate, makeCertificate} from '../support/certificate.js'
import {closedAfterEach} from '../support/closing.js'
import {describeWith} from '../support/components.js'
import {openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'
import {type Protocols, type TlsServer, startTlsServer} from '../support/tls-server.js'

const PROXIES = {HTTPS_PROXY: 'http://secure.proxy:3128', HTTP_PROXY: 'http://plain.proxy:3128'}

describe('the proxy of a registry', () => {
  it.each<[string, ProxyVariables, string | undefined]>([
    ['https://ghcr.io/v2/', PROXIES, 'secure.proxy:3128'],
    ['http://registry.example/v2/', PROXIES, 'plain.proxy:3128'],
    ['https://ghcr.io/v2/', {}, undefined],
    ['https://ghcr.io/v2/', {HTTPS_PROXY: ''}, undefined],
    ['https://ghcr.io/v2/', {HTTP_PROXY: 'http://plain.proxy'}, undefined],
    ['https://ghcr.io/v2/', {https_proxy: 'http://lower.proxy:1'}, 'lower.proxy:1'],
    ['https://ghcr.io/v2/', {HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1'}, 'upper:1'],
    ['https://ghcr.io/v2/', {HTTPS_PROXY: 'proxy.corp:3128'}, 'proxy.corp:3128'],
    ['https://localhost:5000/v2/', PROXIES, undefined],
    ['http://127.0.0.1:5000/v2/', PROXIES, undefined],
    ['https://[::1]/v2/', PROXIES, undefined]
  ])('%s with %j is %s', (url, variables, proxy) => {
    expect(proxyFor(new URL(url), variables)?.host).toBe(proxy)
  })

  it.each<[string, string, boolean]>([
    ['https://ghcr.io/', '*', true],
    ['https://ghcr.io/', 'ghcr.io', true],
    ['https://ghcr.io/', 'GHCR.io', true],
    ['https://ghcr.io/', 'a.example, ghcr.io', true],
    ['https://ghcr.io/', 'a.example ghcr.io', true],
    ['https://ghcr.io/', 'hcr.io', false],
    ['https://pkg.ghcr.io/', 'ghcr.io', true],
    ['https://pkg.ghcr.io/', '.ghcr.io', true],
    ['https://pkg.ghcr.io/', '*.ghcr.io', true],
    ['https://ghcr.io/', '.ghcr.io', false],
    ['https://ghcr.io/', 'ghcr.io:443', true],
    ['https://ghcr.io/', 'ghcr.io:444', false],
    ['https://ghcr.io:5000/', 'ghcr.io:5000', true],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://10.1.2.3/', '10.0.0.0/8', true],
    ['https://11.1.2.3/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.0.0.0/99', false],
    ['https://ghcr.io/', '10.0.0.0/8', false],
    ['https://110.1.2.3/', '10.1.2.3', false],
    ['https://[fd00::1]/', 'fd00::/8', true],
    ['https://[fd00::1]/', 'fd00::1', true],
    ['https://[fd00::1]/', '[fd00::1]:443', true]
  ])('is not asked for %s where NO_PROXY is %p: %s', (url, exclusions, isExcluded) => {
    expect(proxyFor(new URL(url), {...PROXIES, NO_PROXY: exclusions}) === undefined).toBe(isExcluded)
  })

  it.each(['ftp://proxy', 'http://user:secret@', 'socks5://user:secret@proxy'])(
    'cannot be %p, which is not repeated: it may hold a password',
    async address => {
      const error = await failureOf(() => proxyFor(new URL('https://ghcr.io'), {HTTPS_PROXY: address}))
      expect(error.code).toBe('INPUT_INVALID')
      expect(error.message).toMatch(/^HTTPS_PROXY: is not the address of a proxy/)
      expect(error.message).not.toContain('secret')
    }
  )
})

/** A proxy that knows some hosts, and what it was asked for. */
interface Proxy {
  readonly address: string
  readonly asked: readonly (readonly [string, string | undefined])[]
}

describeWith(['openssl'], 'a registry behind a proxy', () => {
  let certificate: Certificate
  const closing = closedAfterEach()
  beforeAll(async () => {
    certificate = await makeCertificate()
  })
  afterAll(async () => await certificate.remove())

  async function startProxy(hosts: Readonly<Record<string, string>>, login?: string): Promise<Proxy> {
    const asked: (readonly [string, string | undefined])[] = []
    const sockets = new Set<Socket>()
    const server = http.createServer((request, response) => {
      asked.push([request.url ?? '', request.headers['proxy-authorization']])
      response.end('by the proxy')
    })
    server.on('connect', (request, socket: Socket) => {
      asked.push([request.url ?? '', request.headers['proxy-authorization']])
      const [host, port] = (hosts[request.url ?? ''] ?? '').split(':')
      if (login !== undefined && request.headers['proxy-authorization'] !== login)
        return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      if (host === undefined || port === undefined) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      const onward = net.connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      sockets.add(onward)
      for (const one of [socket, onward]) one.on('error', () => undefined)
      return onward.pipe(socket).pipe(onward)
    })
    server.on('connection', socket => sockets.add(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return {address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked}
  }

  async function serve(protocols?: Protocols): Promise<TlsServer & {headers: http.IncomingHttpHeaders[]}> {
    const headers: http.IncomingHttpHeaders[] = []
    const server = await startTlsServer(
      certificate,
      (request, response) => {
        headers.push(request.headers)
        const isManifest = request.url?.includes('/manifests/') === true
        response.statusCode = isManifest ? (request.headers.authorization === undefined ? 401 : 404) : 200
        response.setHeader('www-authenticate', 'Basic realm="x"')
        response.end('by the registry')
      },
      protocols
    )
    closing.push(() => server.stop())
    return {...server, headers}
  }

  function connect(variables: ProxyVariables): HttpConnection {
    const connection = openHttp({variables, authorities: certificate.certificate})
    closing.push(() => connection.close())
    return connection
  }

  const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url: new URL(url),
    headers: {},
    ...more
  })

  it.each<[Protocols, Partial<HttpRequest>, string]>([
    ['both', {}, '2.0'],
    ['both', {isBulk: true}, '1.1'],
    ['http/1.1', {}, '1.1']
  ])('that speaks %s is reached through it (%j)', async (protocols, more, version) => {
    const server = await serve(protocols)
    const proxy = await startProxy({'registry.example:443': server.host})
    const {send} = connect({HTTPS_PROXY: `http://${proxy.address}`})
    const answers = [1, 2, 3].map(async () => {
      const {body} = await send(get('https://registry.example/v2/', more))
      return await text(body)
    })
    expect(await Promise.all(answers)).toEqual(Array(3).fill('by the registry'))
    expect(server.seen).toEqual(Array(3).fill(`${version} GET /v2/`))
    if (version === '2.0') expect(proxy.asked).toEqual([['registry.example:443', undefined]])
  })

  it('gets the login of the proxy, and the registry does not', async () => {
    const server = await serve()
    const login = `Basic ${Buffer.from('ada:s€cret').toString('base64')}`
    const proxy = await startProxy({'registry.example:5000': server.host}, login)
    const {send} = connect({HTTPS_PROXY: `http://ada:s%E2%82%ACcret@${proxy.address}`})
    await text((await send(get('https://registry.example:5000/v2/'))).body)
    expect(proxy.asked).toEqual([['registry.example:5000', login]])
    expect(server.headers[0]).not.toHaveProperty('proxy-authorization')
  })

  it.each<[string, string, string, RegExp]>([
    ['refuses the login', 'http://ada:secret@', 'registry.example', /it answers 407/],
    ['does not know the host', 'http://', 'elsewhere.example', /it answers 502/]
  ])('is not reached where the proxy %s', async (_, start, host, reason) => {
    const proxy = await startProxy({}, start.includes('ada') ? 'Basic other' : undefined)
    const {send} = connect({HTTPS_PROXY: `${start}${proxy.address}`})
    for (const isBulk of [false, true]) {
      const error = await failureOf(() => send(get(`https://${host}/v2/`, {isBulk})))
      expect([error.code, error.message]).toEqual(['REGISTRY_UNREACHABLE', expect.stringMatching(reason)])
      expect(error.message).toContain(`${host}:443 cannot be reached through the proxy ${proxy.address}`)
      expect(error.hint).toContain('NO_PROXY')
      expect(`${error.message}${error.hint ?? ''}`).not.toContain('secret')
    }
  })

  it('is not reached where nobody is at the address of the proxy', async () => {
    const error = await failureOf(() =>
      connect({HTTPS_PROXY: 'http://127.0.0.1:9'}).send(get('https://registry.example/v2/'))
    )
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toMatch(/through the proxy 127\.0\.0\.1:9: .*ECONNREFUSED/)
  })

  it('over plain HTTP is asked for by its whole address', async () => {
    const proxy = await startProxy({})
    const {send} = connect({HTTP_PROXY: `http://a:b@${proxy.address}`})
    const {body} = await send(get('http://registry.example:5000/v2/?n=1'))
    expect(await text(body)).toBe('by the proxy')
    const login = `Basic ${Buffer.from('a:b').toString('base64')}`
    expect(proxy.asked).toEqual([['http://registry.example:5000/v2/?n=1', login]])
  })

  it('may be named with the port 443, and takes the login of its name without', async () => {
    const server = await serve()
    const proxy = await startProxy({'registry.example:443': server.host})
    const http = connect({HTTPS_PROXY: `http://${proxy.address}`})
    const {repository} = parseReference('registry.example:443/o/app:1.0')
    const asked: string[] = []
    const client = openClient(
      {host: 'registry.example'},
      {
        send: http.send,
        credentials: host => {
          asked.push(host)
          const credential = {username: 'ada', password: 'secret'}
          return Promise.resolve(host === 'registry.example' ? credential : undefined)
        }
      }
    )
    expect(
      await client.registries.repository(repository, 'pull').findManifest(parseTag('1.0'))
    ).toBeUndefined()
    expect(proxy.asked).toEqual([['registry.example:443', undefined]])
    expect(server.seen).toEqual(Array(2).fill('2.0 GET /v2/o/app/manifests/1.0'))
    expect(asked).toEqual(['registry.example:443', 'registry.example'])
  })
})
