import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {constants} from 'node:http2'
import path from 'node:path'
import type {Writable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest} from '../../src/ports.js'
import {readBody} from '../../src/registry/transport/body.js'
import {type HttpConnection, openHttp} from '../../src/registry/transport/http.js'
import {type Certificate, makeCertificate} from '../support/certificate.js'
import {closedAfterEach} from '../support/closing.js'
import {describeWith} from '../support/components.js'
import {openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'
import {
  type Protocols,
  type Request,
  type Response,
  type TlsServer,
  startTlsServer
} from '../support/tls-server.js'

/** What goes wrong at a request. */
type Fault = (request: Request, response: Response, server: TlsServer) => void

const writable = (response: Response): Writable => response

const {NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM} = constants

describeWith(['openssl'], 'HTTP/2', () => {
  let certificate: Certificate
  const closing = closedAfterEach()
  beforeAll(async () => {
    certificate = await makeCertificate()
  })
  afterAll(async () => await certificate.remove())

  async function serve(
    answer: (request: Request, response: Response) => void,
    protocols?: Protocols
  ): Promise<TlsServer> {
    const server = await startTlsServer(certificate, answer, protocols)
    closing.push(() => server.stop())
    return server
  }

  /** A server that never answers, and when it is asked. */
  async function serveNothing(): Promise<{server: TlsServer; asked: Promise<void>}> {
    const state = {tell: (): void => undefined}
    const asked = new Promise<void>(resolve => (state.tell = resolve))
    return {server: await serve(() => state.tell()), asked}
  }

  function connect(): HttpConnection {
    const http = openHttp({authorities: certificate.certificate})
    closing.push(() => http.close())
    return http
  }

  const to = ({host}: TlsServer, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url: new URL(`https://${host}/v2/o/a/manifests/1?n=2`),
    headers: {accept: 'text/plain'},
    ...more
  })

  const resetBy =
    (code: number) =>
    (request: Request): void => {
      if ('stream' in request) request.stream.close(code)
    }

  it('carries requests side by side on one connection, with all that belongs to each', async () => {
    const server = await serve((request, response) => {
      void text(request).then(body => {
        response.setHeader('X-Mine', ['a', 'b'])
        response.statusCode = 418
        response.end(JSON.stringify([request.method, request.url, request.headers.accept, body]))
      })
    })
    const {send} = connect()
    const work = Array.from({length: 30}, async (_, number) => {
      const body = Buffer.from(String(number))
      const answer = await send(to(server, {method: 'PUT', body}))
      const said: unknown = JSON.parse(await text(answer.body))
      expect(said).toEqual(['PUT', '/v2/o/a/manifests/1?n=2', 'text/plain', String(number)])
      expect([answer.status, answer.headers['x-mine']]).toEqual([418, 'a, b'])
      expect(Object.keys(answer.headers).filter(name => name.startsWith(':'))).toEqual([])
    })
    await Promise.all(work)
    expect(server.connections()).toBe(1)
    expect(new Set(server.seen)).toEqual(new Set(['2.0 PUT /v2/o/a/manifests/1?n=2']))
  })

  it('gives the length that HEAD tells, and no body', async () => {
    const server = await serve((_, response) => {
      response.setHeader('content-length', '1234')
      response.end()
    })
    const {headers, body} = await connect().send(to(server, {method: 'HEAD'}))
    expect([headers['content-length'], await text(body)]).toEqual(['1234', ''])
  })

  it('is not asked of a server that does not speak it, and the connection that showed that is used', async () => {
    const server = await serve((_, response) => response.end('x'), 'http/1.1')
    const {send} = connect()
    for (let number = 0; number < 3; number++) expect(await text((await send(to(server))).body)).toBe('x')
    expect(server.seen).toEqual(Array(3).fill('1.1 GET /v2/o/a/manifests/1?n=2'))
    expect(server.connections()).toBe(1)
  })

  it('leaves to HTTP/1.1 what is large', async () => {
    const server = await serve((_, response) => response.end('x'))
    await text((await connect().send(to(server, {isBulk: true}))).body)
    expect(server.seen).toEqual(['1.1 GET /v2/o/a/manifests/1?n=2'])
  })

  it.each<[string, Partial<HttpRequest>]>([
    ['reads', {}],
    ['writes', {method: 'POST', body: Buffer.from('x')}]
  ])('goes on by another connection where a server goes away amid %s', async (_, more) => {
    const server = await serve((request, response) => {
      const first = server.sessions[0]!
      if (!('stream' in request) || request.stream.session !== first) response.end('second')
      else if (request.stream.id === 1) {
        // Streams above the first are not begun (RFC 9113, 6.8).
        first.goaway(constants.NGHTTP2_NO_ERROR, 1)
        response.end('first')
      }
    })
    const {send} = connect()
    const work = Array.from({length: 10}, async () => await text((await send(to(server, more))).body))
    const answers = await Promise.all(work)
    expect(answers.filter(answer => answer === 'first')).toHaveLength(1)
    expect(answers.filter(answer => answer === 'second')).toHaveLength(9)
    expect(server.sessions).toHaveLength(2)
  })

  it('sends again at once what a server did not begin', async () => {
    const server = await serve((request, response) => {
      if (server.seen.length < 3) resetBy(NGHTTP2_REFUSED_STREAM)(request)
      else response.end('x')
    })
    expect(
      await text((await connect().send(to(server, {method: 'POST', body: Buffer.from('x')}))).body)
    ).toBe('x')
    expect(server.seen).toHaveLength(3)
  })

  it('gives up on a server that begins nothing', async () => {
    const server = await serve(resetBy(NGHTTP2_REFUSED_STREAM))
    expect((await failureOf(() => connect().send(to(server)))).code).toBe('REGISTRY_UNREACHABLE')
    expect(server.seen).toHaveLength(4)
  })

  it('is left where a server wants HTTP/1.1', async () => {
    const server = await serve((request, response) => {
      if (request.httpVersion === '2.0') resetBy(NGHTTP2_HTTP_1_1_REQUIRED)(request)
      else response.end('x')
    })
    const {send} = connect()
    for (let number = 0; number < 2; number++) expect(await text((await send(to(server))).body)).toBe('x')
    expect(server.seen.map(line => line.slice(0, 3))).toEqual(['2.0', '1.1', '1.1'])
  })

  it.each<[string, Fault]>([
    ['its stream is reset', resetBy(NGHTTP2_INTERNAL_ERROR)],
    ['its connection dies', (_, __, server) => server.drop()]
  ])('fails in passing where %s before the answer', async (_, answer) => {
    const server = await serve((request, response) => {
      if (server.seen.length === 1) answer(request, response, server)
      else response.end('x')
    })
    const {send} = connect()
    expect((await failureOf(() => send(to(server)))).code).toBe('REGISTRY_UNREACHABLE')
    expect(await text((await send(to(server))).body)).toBe('x')
  })

  it.each<[string, Fault]>([
    ['its stream is reset', resetBy(NGHTTP2_INTERNAL_ERROR)],
    ['its stream is cancelled', resetBy(constants.NGHTTP2_CANCEL)],
    ['its connection dies', (_, __, server) => server.drop()],
    ['it ends before its length', (_, response) => response.end()]
  ])('fails in passing where %s amid the answer', async (_, breakOff) => {
    const begun: (() => void)[] = []
    const server = await serve((request, response) => {
      response.setHeader('content-length', '100')
      writable(response).write(Buffer.alloc(10))
      begun.push(() => breakOff(request, response, server))
    })
    const request = to(server)
    const answer = await connect().send(request)
    for (const end of begun) end()
    const error = await failureOf(() => readBody(request, answer, 1000))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toContain('broke off')
  })

  it('fails in passing where an answer without a length is cancelled', async () => {
    const begun: (() => void)[] = []
    const server = await serve((request, response) => {
      writable(response).write(Buffer.alloc(10))
      begun.push(() => resetBy(constants.NGHTTP2_CANCEL)(request))
    })
    const request = to(server)
    const answer = await connect().send(request)
    for (const end of begun) end()
    expect((await failureOf(() => readBody(request, answer, 1000))).code).toBe('REGISTRY_UNREACHABLE')
  })

  it('lets a body go that nobody wants, and goes on', async () => {
    const ended: string[] = []
    const server = await serve((request, response) => {
      response.on('close', () => ended.push(request.method ?? ''))
      if (server.seen.length > 1) response.end('x')
      else writable(response).write(Buffer.alloc(10))
    })
    const {send} = connect()
    const {body} = await send(to(server, {method: 'PATCH', body: Buffer.alloc(1)}))
    body.destroy()
    expect(await text((await send(to(server))).body)).toBe('x')
    expect(ended).toContain('PATCH')
    expect(server.connections()).toBe(1)
  })

  it.each(['before it is connected', 'while it waits'])('is called off %s, with the reason', async when => {
    const {server, asked} = await serveNothing()
    const stop = new AbortController()
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    const work = connect().send(to(server, {signal: stop.signal}))
    const waiting = failureOf(() => work)
    if (when === 'while it waits') await asked
    stop.abort(cancelled)
    expect(await waiting).toBe(cancelled)
  })

  it('ends what is under way when it is closed', async () => {
    const {server, asked} = await serveNothing()
    const http = connect()
    const waiting = failureOf(() => http.send(to(server)))
    await asked
    http.close()
    expect((await waiting).code).toBe('REGISTRY_UNREACHABLE')
  })

  it('follows a redirect to another host without the authorization', async () => {
    const authorizations: (string | undefined)[] = []
    const storage = await serve((request, response) => {
      authorizations.push(request.headers.authorization)
      response.end('the content')
    })
    const registry = await serve((request, response) => {
      authorizations.push(request.headers.authorization)
      const isBlob = request.url?.includes('/blobs/') === true
      response.statusCode = request.headers.authorization === undefined ? 401 : isBlob ? 307 : 200
      response.setHeader('www-authenticate', 'Basic realm="x"')
      response.setHeader('location', `https://${storage.host.replace('127.0.0.1', 'localhost')}/blob`)
      response.end()
    })
    const client = openClient({
      host: registry.host,
      credential: {username: 'a', password: 'b'},
      authority: certificate.certificate
    })
    closing.push(() => client.close())
    const answer = await client.repository('o/a').call({method: 'GET', path: 'blobs/sha256:0', expect: [200]})
    expect(Buffer.from(answer.body).toString()).toBe('the content')
    expect(authorizations.at(-1)).toBeUndefined()
    expect(authorizations.at(-2)).toMatch(/^Basic /)
    expect(storage.seen).toEqual(['2.0 GET /blob'])
  })

  it('is tried again by the client where a connection dies', async () => {
    const server = await serve((request, response) => {
      if (server.seen.length === 2) server.drop()
      else {
        response.statusCode = request.url === '/v2/' ? 200 : 404
        response.end()
      }
    })
    const client = openClient({host: server.host, authority: certificate.certificate})
    closing.push(() => client.close())
    expect(await client.repository('o/a').headManifest(parseTag('1.0'))).toBeUndefined()
    expect(server.sessions).toHaveLength(2)
  })

  it('does not keep a process alive that is done', async () => {
    const server = await serve((_, response) => response.end('x'))
    const module = path.resolve('src/registry/transport/http.ts')
    const script = `
      import {text} from 'node:stream/consumers'
      import {openHttp} from ${JSON.stringify(module)}
      const {body} = await openHttp().send({method: 'GET', url: new URL('https://${server.host}/'), headers: {}})
      console.log(await text(body))`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const env = {...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: certificate.certificateFile}
    const child = spawn(process.execPath, args, {env, stdio: ['ignore', 'pipe', 'inherit']})
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
    expect([output.trim(), code]).toEqual(['x', 0])
    expect(server.seen).toEqual(['2.0 GET /'])
  })
})
