import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {createServer as createHttpServer} from 'node:http'
import {createServer as createHttpsServer} from 'node:https'
import {type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import type {HttpRequest} from '../../src/ports.js'
import {type HttpConnection, openHttp} from '../../src/registry/transport/http.js'
import {closedAfterEach} from '../support/closing.js'
import {component, describeWith} from '../support/components.js'
import {openClient} from '../support/registry-client.js'
import {parseTag} from '../../src/oci/reference.js'
import {failureOf} from '../support/thrown.js'

const closing = closedAfterEach()

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' ? address!.port : 0
}

function connect(): HttpConnection {
  const http = openHttp()
  closing.push(() => http.close())
  return http
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url),
  headers: {},
  ...more
})

describe('a request over HTTP', () => {
  it('gets the answer as it is: any status, headers in lower case, its body', async () => {
    const port = await listen(
      createHttpServer((_, response) => {
        response.writeHead(418, {'X-Mine': 'a', 'WWW-Authenticate': ['Basic realm="a"', 'Bearer realm="b"']})
        response.end('short and stout')
      })
    )
    const {status, headers, body} = await connect().send(get(`http://127.0.0.1:${port}/`))
    expect([status, headers['x-mine']]).toEqual([418, 'a'])
    expect(headers['www-authenticate']).toBe('Basic realm="a", Bearer realm="b"')
    expect(await text(body)).toBe('short and stout')
  })

  it.each<[string, HttpRequest['body']]>([
    ['bytes', Buffer.from('a body')],
    ['a stream', {size: 6, open: () => Readable.from([Buffer.from('a '), Buffer.from('body')])}]
  ])('sends %s with their length, not in chunks: some registries take no others', async (_, body) => {
    const port = await listen(
      createHttpServer((request, response) => {
        const {'content-length': length, 'transfer-encoding': encoding} = request.headers
        void text(request).then(sent => response.end(JSON.stringify([sent, length, encoding ?? 'none'])))
      })
    )
    const answer = await connect().send(get(`http://127.0.0.1:${port}/`, {method: 'PUT', body: body!}))
    expect(JSON.parse(await text(answer.body))).toEqual(['a body', '6', 'none'])
  })

  it('keeps its connection for the next one', async () => {
    const sockets = new Set<Socket>()
    const server = createHttpServer((_, response) => response.end('x'))
    server.on('connection', socket => sockets.add(socket))
    const port = await listen(server)
    const {send} = connect()
    for (let number = 0; number < 5; number++) await text((await send(get(`http://127.0.0.1:${port}/`))).body)
    expect(sockets.size).toBe(1)
  })

  it('is called off by its signal, with the reason of that', async () => {
    const port = await listen(createHttpServer(() => undefined))
    const stop = new AbortController()
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGINT')
    const work = connect().send(get(`http://127.0.0.1:${port}/`, {signal: stop.signal}))
    stop.abort(cancelled)
    expect(await failureOf(() => work)).toBe(cancelled)
  })

  it('of a server that does not speak TLS says so in one line, and how to allow it', async () => {
    const port = await listen(createHttpServer((_, response) => response.end('x')))
    const error = await failureOf(() => connect().send(get(`https://127.0.0.1:${port}/v2/?secret=x`)))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toBe(`GET 127.0.0.1:${port}/v2/: no answer: it does not speak TLS`)
    expect(error.hint).toContain('insecure')
  })
})

describeWith(['openssl'], 'a registry with a certificate that nobody knows', () => {
  it('is refused with what to do, and not asked over plain HTTP', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tls-'))
    closing.push(() => rmSync(folder, {recursive: true, force: true}))
    const [key, certificate] = [path.join(folder, 'key'), path.join(folder, 'certificate')]
    execFileSync(
      component('openssl'),
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'].concat([
        '-keyout',
        key,
        '-out',
        certificate,
        '-subj',
        '/CN=localhost',
        '-days',
        '3650'
      ]),
      {stdio: 'ignore'}
    )
    const port = await listen(
      createHttpsServer({key: readFileSync(key), cert: readFileSync(certificate)}, (_, response) =>
        response.end()
      )
    )
    const client = openClient({host: `localhost:${port}`})
    closing.push(() => client.close())
    const error = await failureOf(() => client.repository('o/a').headManifest(parseTag('1.0')))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toMatch(/^GET localhost:\d+\/v2\/: no answer: self-signed certificate/)
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS')
    expect(client.sent.every(({url}) => url.protocol === 'https:')).toBe(true)
  })
})
