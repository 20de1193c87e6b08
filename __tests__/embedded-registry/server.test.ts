import {once} from 'node:events'
import {type Socket, createConnection} from 'node:net'
import {afterEach, describe, expect, it, jest} from '@jest/globals'
import {
  type EmbeddedRegistry,
  type EmbeddedRegistryOptions,
  memoryStorage,
  startEmbeddedRegistry
} from '../../src/embedded-registry/embedded-registry.js'
import {
  Lab,
  TYPES,
  blobOf,
  codesOf,
  descriptorOf,
  imageBlobs,
  imageOf,
  indexOf,
  jsonOf,
  manifestOf,
  refusalOf
} from '../conformance/lab.js'
import {startEmbedded} from '../support/registries.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

describe('addresses', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/v1/', 404],
    ['GET', '/v2', 200],
    ['GET', '/v2/a', 404],
    ['GET', '/v2/a/unknown/b', 404],
    ['GET', '/v2/a/tags/other', 404],
    ['GET', '/v2/%E0%A4%A/tags/list', 400],
    ['GET', '/v2/../../etc/passwd/blobs/x', 404],
    ['GET', '/v2/a%2Fb/tags/list', 404],
    ['GET', '/token', 404],
    ['PUT', '/v2/', 405],
    ['POST', '/v2/a/tags/list', 405],
    ['PATCH', '/v2/a/manifests/b', 405],
    ['GET', '/v2/a/blobs/uploads/', 405],
    ['DELETE', '/v2/a/referrers/b', 405]
  ])('%s %s is answered with %i and an error in JSON', async (method, path, status) => {
    const answer = await (await lab()).send(method, path)
    expect(answer.status).toBe(status)
    if (status !== 200) expect(codesOf(answer)).toHaveLength(1)
    if (status === 405) expect(answer.headers['allow']).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
  })

  it('may have a repository whose name has parts like those of the addresses', async () => {
    const client = await lab()
    const name = 'a/blobs/uploads/manifests/tags/list'
    const image = await client.pushImage(name, 'v1')
    expect((await client.get(`/v2/${name}/manifests/v1`)).body.equals(image.bytes)).toBe(true)
    expect(jsonOf(await client.get(`/v2/${name}/tags/list`))['tags']).toEqual(['v1'])
  })

  it('may be written with an encoded colon', async () => {
    const client = await lab()
    const image = await client.pushImage('a')
    expect(await client.manifestStatus('a', image.digest.replace(':', '%3A'))).toBe(200)
  })

  it('are those that the client used, in a Location', async () => {
    const client = await lab()
    const port = client.registry.host.split(':')[1]
    const answer = await client.send('POST', '/v2/a/blobs/uploads/', {headers: {host: `localhost:${port}`}})
    expect(answer.headers['location']).toMatch(new RegExp(`^http://localhost:${port}/v2/a/`))
    const odd = await client.send('POST', '/v2/a/blobs/uploads/', {headers: {host: 'a"b/c'}})
    expect(odd.headers['location']).toMatch(new RegExp(`^http://127.0.0.1:${port}/v2/a/`))
  })
})

describe('rules', () => {
  it.each([
    ['POST', '/v2/a/blobs/uploads/'],
    ['PUT', '/v2/a/manifests/b'],
    ['DELETE', '/v2/a/manifests/b']
  ])('a read-only registry refuses %s %s', async (method, path) => {
    expect(refusalOf(await (await lab({readOnly: true})).send(method, path))).toBe('405 UNSUPPORTED')
  })

  it('a read-only registry gives what is there', async () => {
    const storage = memoryStorage()
    const writer = await lab({storage})
    const image = await writer.pushImage('a', 'v1')
    const reader = await lab({storage, readOnly: true})
    expect((await reader.get('/v2/a/manifests/v1')).body.equals(image.bytes)).toBe(true)
  })

  it.each([
    ['/v2/a/tags/list', 'tags', 5],
    ['/v2/_catalog', 'repositories', 3]
  ])('%s comes in pages where it is long', async (path, field, count) => {
    const client = await lab({pageSize: 2})
    const image = await client.pushImage('a')
    for (const tag of ['1', '2', '3', '4', '5']) await client.pushManifest('a', image, tag)
    for (const repository of ['b', 'c']) await client.pushBlob(repository, blobOf())
    const pages = await allPages(client, path, field)
    expect([pages.map(page => page.length).every(length => length <= 2), new Set(pages.flat()).size]).toEqual(
      [true, count]
    )
  })

  it('referrers come in pages, and the filter stays', async () => {
    const client = await lab({pageSize: 2})
    const {digest} = await client.pushImage('a')
    for (const number of [1, 2, 3, 4, 5]) {
      const subject = {mediaType: TYPES.manifest, digest, size: 1}
      await client.pushManifest(
        'a',
        indexOf([], {subject, artifactType: 'text/x', annotations: {number: `${number}`}})
      )
    }
    await client.pushManifest('a', indexOf([], {subject: {mediaType: TYPES.manifest, digest, size: 1}}))
    const pages = await allPages(client, `/v2/a/referrers/${digest}?artifactType=text%2Fx`, 'manifests')
    expect(pages.map(page => page.length)).toEqual([2, 2, 1])
  })

  it.each(['x', '-1', '1.5', ''])('n=%s is refused', async n => {
    const client = await lab()
    await client.pushImage('a', 'v1')
    expect(refusalOf(await client.get(`/v2/a/tags/list?n=${n}`))).toBe('400 UNSUPPORTED')
  })
})

describe('manifests', () => {
  const {config, layer} = imageBlobs()
  const good = imageOf(config, [layer]).document
  const described = descriptorOf(config, TYPES.config)

  it.each([
    ['a list', []],
    ['a text', 'x'],
    ['no config', {...good, config: undefined}],
    ['layers that are no list', {...good, layers: {}}],
    ['no layers', {...good, layers: undefined}],
    ['a descriptor without a type', {...good, config: {...described, mediaType: ''}}],
    ['a descriptor with half a type', {...good, config: {...described, mediaType: 'text'}}],
    ['a descriptor with a wrong digest', {...good, config: {...described, digest: 'sha256:1'}}],
    [
      'a descriptor with an unknown algorithm',
      {...good, config: {...described, digest: `sha1:${'0'.repeat(40)}`}}
    ],
    ['a descriptor without a size', {...good, config: {...described, size: undefined}}],
    ['a descriptor with half a byte', {...good, config: {...described, size: 1.5}}],
    ['a descriptor with a size below 0', {...good, config: {...described, size: -1}}],
    ['a descriptor with data of something else', {...good, config: {...described, data: 'eA=='}}],
    [
      'a descriptor with a platform without os',
      {...good, config: {...described, platform: {architecture: 'amd64'}}}
    ],
    [
      'a descriptor with annotations that are no texts',
      {...good, config: {...described, annotations: {a: 1}}}
    ],
    ['a descriptor with urls that are no list', {...good, config: {...described, urls: 'x'}}],
    ['annotations that are no texts', {...good, annotations: {a: {}}}],
    ['annotations that are a list', {...good, annotations: ['a']}],
    ['an artifactType that is no text', {...good, artifactType: 1}],
    ['a subject that is no descriptor', {...good, subject: {digest: 'x'}}],
    ['a mediaType that is no text', {...good, mediaType: 2}],
    ['children in an image', {...good, manifests: []}]
  ])('with %s are refused', async (_what, document) => {
    const client = await lab()
    await client.pushBlob('a', config)
    await client.pushBlob('a', layer)
    const manifest = {...blobOf(JSON.stringify(document)), mediaType: TYPES.manifest, document: {}}
    expect(refusalOf(await client.putManifest('a', 'v1', manifest))).toBe('400 MANIFEST_INVALID')
  })

  it.each([
    ['a type that is none of a manifest', 'application/json'],
    ['a schema 1 type', 'application/vnd.docker.distribution.manifest.v1+json'],
    ['no type at all', '']
  ])('with %s are refused', async (_what, mediaType) => {
    const client = await lab()
    const image = await client.pushImage('a')
    expect(refusalOf(await client.putManifest('a', 'v1', {...image, mediaType}))).toBe('400 MANIFEST_INVALID')
  })

  it('may leave their type to the header, as the OCI allows', async () => {
    const client = await lab()
    const image = await client.pushImage('a')
    const bare = {
      ...blobOf(JSON.stringify({...image.document, mediaType: undefined})),
      mediaType: TYPES.manifest,
      document: {}
    }
    expect((await client.putManifest('a', 'v1', bare)).status).toBe(201)
    expect((await client.head('/v2/a/manifests/v1')).headers['content-type']).toBe(TYPES.manifest)
  })

  it('name every blob that is missing', async () => {
    const client = await lab()
    const answer = await client.putManifest('a', 'v1', imageOf(config, [layer]))
    const {errors} = jsonOf(answer) as {errors: {code: string; message: string; detail: {digest: string}}[]}
    expect(errors.map(error => [error.code, error.message, error.detail.digest])).toEqual([
      ['MANIFEST_BLOB_UNKNOWN', 'config is not in the repository', config.digest],
      ['MANIFEST_BLOB_UNKNOWN', 'layers[0] is not in the repository', layer.digest]
    ])
  })

  it('must say the right size of a blob', async () => {
    const client = await lab()
    await client.pushBlob('a', config)
    const wrong = manifestOf(TYPES.manifest, {config: {...described, size: config.size + 1}, layers: []})
    expect(refusalOf(await client.putManifest('a', 'v1', wrong))).toBe('400 SIZE_INVALID')
  })

  it('must say the right size and type of a child', async () => {
    const client = await lab()
    const child = await client.pushImage('a')
    const wrongSize = manifestOf(TYPES.index, {
      manifests: [{...descriptorOf(child, TYPES.manifest), size: 1}]
    })
    const wrongType = manifestOf(TYPES.index, {manifests: [descriptorOf(child, TYPES.dockerManifest)]})
    expect(refusalOf(await client.putManifest('a', 'v1', wrongSize))).toBe('400 SIZE_INVALID')
    expect(refusalOf(await client.putManifest('a', 'v1', wrongType))).toBe('400 MANIFEST_INVALID')
  })

  it('may list blobs in an index, as the index of a build cache does', async () => {
    const client = await lab()
    await client.pushBlob('a', layer)
    const cache = manifestOf(TYPES.index, {manifests: [descriptorOf(layer, TYPES.layer)]})
    expect((await client.putManifest('a', 'cache', cache)).status).toBe(201)
  })

  it('that are refused change nothing', async () => {
    const client = await lab()
    const image = await client.pushImage('a', 'v1')
    await client.putManifest('a', 'v1', imageOf(config, [layer]))
    expect((await client.get('/v2/a/manifests/v1')).body.equals(image.bytes)).toBe(true)
    expect((await client.putManifest('new', 'v1', imageOf(config, [layer]))).status).toBe(400)
    expect(await client.manifestStatus('new', 'v1')).toBe(404)
    expect(jsonOf(await client.get('/v2/_catalog'))['repositories']).toEqual(['a'])
  })

  it('take tags in the query with a push by digest only', async () => {
    const client = await lab()
    const image = await client.pushImage('a')
    const wrong = await client.putManifest('a', `${image.digest}?tag=ok&tag=-no`, image)
    expect([refusalOf(wrong), await client.manifestStatus('a', 'ok')]).toEqual(['400 MANIFEST_INVALID', 404])
    const many = Array.from({length: 50}, (_, index) => `tag=t${index}`).join('&')
    const answer = await client.putManifest('a', `${image.digest}?${many}`, image)
    expect(answer.headers['oci-tag']?.split(', ')).toHaveLength(50)
  })

  it('that announce more than 4 MiB are refused before they are sent', async () => {
    const registry = await plain()
    const socket = createConnection(registry.port, '127.0.0.1')
    socket.write('PUT /v2/a/manifests/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n')
    const [head] = (
      await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))))
    ).split('\r\n')
    socket.destroy()
    expect(head).toBe('HTTP/1.1 413 Payload Too Large')
  })
})

describe('the server', () => {
  it('says its address, and takes the port that is asked for', async () => {
    const first = await plain()
    expect([first.url, first.host]).toEqual([`http://127.0.0.1:${first.port}`, `127.0.0.1:${first.port}`])
    await first.close()
    const second = await startEmbeddedRegistry({storage: memoryStorage(), port: first.port})
    ends.push(() => second.close())
    expect(second.port).toBe(first.port)
    await expect(startEmbeddedRegistry({storage: memoryStorage(), port: first.port})).rejects.toThrow(
      /EADDRINUSE/
    )
  })

  it('records requests in the order of their answers, or not at all', async () => {
    const client = await startEmbedded()
    ends.push(() => client.stop())
    await fetch(`${client.registry.url}/v2/`)
    await fetch(`${client.registry.url}/v2/a/tags/list?n=1`)
    expect(client.registry.requests).toEqual([
      {method: 'GET', path: '/v2/', query: '', status: 200},
      {method: 'GET', path: '/v2/a/tags/list', query: 'n=1', status: 404}
    ])
    const silent = await startEmbedded({record: false})
    ends.push(() => silent.stop())
    await fetch(`${silent.registry.url}/v2/`)
    expect(silent.registry.requests).toEqual([])
  })

  it('closes at once where nothing runs, also with connections kept alive', async () => {
    const registry = await plain()
    await fetch(`${registry.url}/v2/`)
    await closeBy('event', registry)
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow()
  })

  it('lets a running request end when it is closed', async () => {
    const registry = await plain({faults: [{action: {kind: 'delay', milliseconds: 300}}]})
    const {socket, received} = await open(registry, 'GET /v2/ HTTP/1.1\r\nHost: x\r\n')
    await closeBy('event', registry)
    await once(socket, 'close')
    expect(received()).toMatch(/^HTTP\/1\.1 100 .*\r\n\r\nHTTP\/1\.1 200 /)
  })

  it('does not wait for ever for a request that does not end', async () => {
    const registry = await plain()
    const {socket} = await open(
      registry,
      'PUT /v2/a/manifests/b HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n'
    )
    await closeBy('grace', registry)
    socket.destroy()
  })
})

/** Sends the head of a request, and waits until the registry says that it has it. */
async function open(
  registry: EmbeddedRegistry,
  head: string
): Promise<{socket: Socket; received: () => string}> {
  const socket = createConnection(registry.port, '127.0.0.1')
  let received = ''
  socket.on('error', () => undefined)
  socket.on('data', chunk => (received += chunk.toString()))
  socket.write(`${head}Expect: 100-continue\r\n\r\n`)
  await once(socket, 'data')
  return {socket, received: () => received}
}

/** Closes it where its time for running requests never ends, or is over at once: no clock says which it was. */
async function closeBy(end: 'event' | 'grace', registry: EmbeddedRegistry): Promise<void> {
  const real = setTimeout
  const timers = jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((run, milliseconds) =>
      milliseconds === 1000 ? real(end === 'grace' ? run : () => undefined, 0) : real(run, milliseconds)
    )
  const closed = registry.close()
  timers.mockRestore()
  await closed
}

async function plain(options: Partial<EmbeddedRegistryOptions> = {}): Promise<EmbeddedRegistry> {
  const running = await startEmbedded(options)
  ends.push(() => running.stop())
  return running.registry
}

async function lab(options: Partial<EmbeddedRegistryOptions> = {}): Promise<Lab> {
  const running = await startEmbedded(options)
  const client = new Lab(running)
  ends.push(async () => {
    client.close()
    await running.stop()
  })
  return client
}

async function allPages(client: Lab, first: string, field: string): Promise<unknown[][]> {
  const pages: unknown[][] = []
  for (let next: string | undefined = first; next !== undefined;) {
    const answer = await client.get(next)
    pages.push(jsonOf(answer)[field] as unknown[])
    next = /<([^>]+)>/.exec(answer.headers['link'] ?? '')?.[1]
  }
  return pages
}
