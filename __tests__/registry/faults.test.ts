import {createServer} from 'node:net'
import {createServer as createHttpServer} from 'node:http'
import {randomBytes} from 'node:crypto'
import {Readable} from 'node:stream'
import {describe, expect, it} from '@jest/globals'
import type {FaultAction, FaultRule} from '../../src/embedded-registry/embedded-registry.js'
import {digestOf} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {deleteTag} from '../../src/registry/client/tag-deletion.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {ReleaseError} from '../../src/errors.js'
import {closedAfterEach} from '../support/closing.js'
import {PUBLISHER, startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {type TestClient, newManifest, openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'

const TAG = parseTag('1.0')
const DIGEST_OF_NOTHING = digestOf(Buffer.from('nothing'))
const closing = closedAfterEach()

/** A registry with token authentication that holds one tagged image, and a client of it. */
async function setUp(options: Parameters<typeof openClient>[1] = {}) {
  const registry = await startEmbeddedWith('token')
  closing.push(() => registry.stop())
  const client = openClient(registry, options)
  closing.push(() => client.close())
  const repository = client.repository('o/a')
  const manifest = await newManifest(repository)
  await repository.putManifest(manifest, TAG)
  const {requests, faults} = registry.registry
  const before = requests.length
  return {
    client,
    repository,
    manifest,
    add: (rule: FaultRule) => faults.add(rule),
    clear: () => faults.clear(),
    /** How often a path was asked for since then, by this method. */
    tries: (method: string, part: string) =>
      requests.slice(before).filter(one => one.method === method && one.path.includes(part)).length
  }
}

const GET_MANIFEST = {method: 'GET', path: '*/manifests/*'} as const
const status = (code: number): FaultAction => ({kind: 'status', status: code})

describe('a manifest is read', () => {
  it.each<[string, FaultAction]>([
    ['429', {kind: 'status', status: 429, retryAfterSeconds: 1}],
    ['500', status(500)],
    ['502', status(502)],
    ['503', status(503)],
    ['a broken connection', {kind: 'reset'}],
    ['an answer that breaks off', {kind: 'truncate', afterBytes: 10}],
    ['an answer that breaks off at once', {kind: 'truncate', afterBytes: 0}]
  ])('in spite of %s twice', async (_, action) => {
    const {add, repository, manifest, tries} = await setUp()
    add({...GET_MANIFEST, times: 2, action})
    expect((await repository.getManifest(TAG)).digest).toBe(manifest.digest)
    expect(tries('GET', '/manifests/')).toBe(3)
  })

  it.each<[string, FaultAction, object, string]>([
    ['503', status(503), {code: 'REGISTRY_FAILED', status: 503}, '503 UNKNOWN'],
    ['429', status(429), {code: 'REGISTRY_FAILED', status: 429}, '429 TOOMANYREQUESTS'],
    ['a broken connection', {kind: 'reset'}, {code: 'REGISTRY_UNREACHABLE'}, 'no answer'],
    ['a broken answer', {kind: 'truncate', afterBytes: 9}, {code: 'REGISTRY_UNREACHABLE'}, 'broke off']
  ])('three times at most, then %s is one clear error', async (_, action, expected, said) => {
    const {add, repository, tries, client} = await setUp()
    add({...GET_MANIFEST, action})
    const error = await failureOf(() => repository.getManifest(TAG))
    expect(error).toMatchObject(expected)
    expect(error.message).toMatch(/^GET 127\.0\.0\.1:\d+\/v2\/o\/a\/manifests\/1\.0: /)
    expect(error.message).toContain(said)
    expect(error.message).not.toContain('\n')
    expect(tries('GET', '/manifests/')).toBe(3)
    expectNoSecrets(client, error)
  })

  it.each([400, 401, 403, 404, 405])('once where the answer is %s', async code => {
    const {add, repository, tries} = await setUp()
    add({...GET_MANIFEST, action: status(code)})
    await failureOf(() => repository.getManifest(TAG))
    expect(tries('GET', '/manifests/')).toBe(1)
  })

  it('and its bytes are held against the digest', async () => {
    const {add, repository, manifest, tries, client} = await setUp()
    add({...GET_MANIFEST, action: {kind: 'corrupt'}})
    const error = await failureOf(() => repository.getManifest(manifest.digest))
    expect(error).toMatchObject({code: 'DIGEST_MISMATCH'})
    expect(error.message).toContain(manifest.digest)
    expect(tries('GET', '/manifests/')).toBe(1)
    expectNoSecrets(client, error)
  })

  it('and a header that says another digest is not believed', async () => {
    const {add, repository, manifest} = await setUp()
    add({method: ['GET', 'HEAD'], path: '*/manifests/*', action: {kind: 'wrong-digest'}})
    expect((await repository.getManifest(TAG)).digest).toBe(manifest.digest)
    expect((await repository.headManifest(manifest.digest))?.digest).toBe(manifest.digest)
  })

  it('where HEAD leaves out what it must say', async () => {
    const {add, repository, manifest} = await setUp()
    add({method: 'HEAD', path: '*/manifests/*', action: {kind: 'wrong-digest', digest: ''}})
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('slowly, where the registry is slow', async () => {
    const {add, repository, manifest, tries} = await setUp()
    add({...GET_MANIFEST, action: {kind: 'delay', milliseconds: 300}})
    expect((await repository.getManifest(TAG)).digest).toBe(manifest.digest)
    expect(tries('GET', '/manifests/')).toBe(1)
  })

  it('until the run is cancelled: nobody waits for the answer then', async () => {
    const stop = new AbortController()
    // It never answers: a client that waited would wait for longer than a test may take.
    const server = createHttpServer(() => stop.abort(new ReleaseError('CANCELLED', 'cancelled by SIGTERM')))
    const port = await listen(server)
    const client = openClient({host: `127.0.0.1:${port}`}, {signal: stop.signal})
    closing.push(() => client.close())
    expect(await failureOf(() => client.repository('o/a').getManifest(TAG))).toMatchObject({
      code: 'CANCELLED'
    })
    expect(client.sent.filter(({url}) => url.pathname.endsWith('1.0'))).toHaveLength(1)
  })
})

describe('a manifest is written', () => {
  it.each<[string, FaultAction]>([
    ['503', status(503)],
    ['a broken connection', {kind: 'reset'}]
  ])('again where the answer was lost by %s after the work was done', async (_, action) => {
    const {add, repository, tries} = await setUp()
    const manifest = await newManifest(repository)
    add({method: 'PUT', path: '*/manifests/*', when: 'after', times: 1, action})
    await repository.putManifest(manifest, TAG)
    expect(tries('PUT', '/manifests/')).toBe(2)
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('and another digest in the answer is an error', async () => {
    const {add, repository} = await setUp()
    const manifest = await newManifest(repository)
    add({method: 'PUT', path: '*/manifests/*', action: {kind: 'wrong-digest'}})
    expect(await failureOf(() => repository.putManifest(manifest, TAG))).toMatchObject({
      code: 'DIGEST_MISMATCH'
    })
  })

  it.each([401, 403])('once where the answer is %s, and the hint says what is lacking', async code => {
    const {add, repository, manifest, tries} = await setUp()
    add({method: 'PUT', path: '*/manifests/*', action: status(code)})
    const error = await failureOf(() => repository.putManifest(manifest, TAG))
    expect(error.hint).toContain('lacks the permission')
    expect(tries('PUT', '/manifests/')).toBe(1)
  })

  it('and deleted in spite of a lost answer', async () => {
    const {add, repository, manifest, tries} = await setUp()
    add({method: 'DELETE', path: '*/manifests/*', when: 'after', times: 1, action: {kind: 'reset'}})
    await repository.deleteManifest(manifest.digest)
    expect(tries('DELETE', '/manifests/')).toBe(2)
    expect(await repository.headManifest(manifest.digest)).toBeUndefined()
  })
})

describe('a blob is uploaded', () => {
  const source = (size = 100_000) => {
    const bytes = randomBytes(size)
    const opened = {times: 0}
    const open = (): Readable => {
      opened.times++
      return Readable.from([bytes.subarray(0, size / 2), bytes.subarray(size / 2)])
    }
    return {digest: digestOf(bytes), body: {size, open}, opened}
  }

  it.each<[string, FaultRule]>([
    ['503 to HEAD', {method: 'HEAD', path: '*/blobs/*', action: status(503)}],
    ['503 to POST', {method: 'POST', path: '*/uploads/', action: status(503)}],
    ['a broken POST', {method: 'POST', path: '*/uploads/', action: {kind: 'reset'}}],
    [
      'a POST whose answer is lost',
      {method: 'POST', path: '*/uploads/', when: 'after', action: {kind: 'reset'}}
    ],
    ['503 to PUT', {method: 'PUT', path: '*/uploads/*', action: status(503)}],
    ['429 to PUT', {method: 'PUT', path: '*/uploads/*', action: status(429)}],
    ['a broken PUT', {method: 'PUT', path: '*/uploads/*', action: {kind: 'reset'}}]
  ])('in spite of %s twice', async (_, rule) => {
    const {add, repository} = await setUp()
    add({...rule, times: 2})
    const blob = source()
    expect(await uploadBlob(repository, blob)).toBe('uploaded')
    expect(await repository.blobSize(blob.digest)).toBe(100_000)
    expect(blob.opened.times).toBeLessThanOrEqual(3)
  })

  it.each<[string, FaultAction]>([
    ['503', status(503)],
    ['a broken connection', {kind: 'reset'}]
  ])('once where the answer was lost by %s after the work was done', async (_, action) => {
    const {add, repository, tries} = await setUp()
    add({method: 'PUT', path: '*/uploads/*', when: 'after', times: 1, action})
    const blob = source()
    expect(await uploadBlob(repository, blob)).toBe('uploaded')
    expect(tries('PUT', '/uploads/')).toBe(1)
    expect(blob.opened.times).toBe(1)
  })

  it('from the start where the registry forgot the upload', async () => {
    const {add, repository, tries} = await setUp()
    const lost = {kind: 'status', status: 404, code: 'BLOB_UPLOAD_UNKNOWN'} as const
    add({method: 'PUT', path: '*/uploads/*', times: 1, action: lost})
    expect(await uploadBlob(repository, source())).toBe('uploaded')
    expect(tries('POST', '/uploads/')).toBe(2)
    expect(tries('PUT', '/uploads/')).toBe(2)
  })

  it('three times at most', async () => {
    const {add, repository, tries, client} = await setUp()
    add({method: 'PUT', path: '*/uploads/*', action: status(503)})
    const error = await failureOf(() => uploadBlob(repository, source()))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 503})
    expect(tries('PUT', '/uploads/')).toBe(3)
    expectNoSecrets(client, error)
  })

  it('whole where its mount fails', async () => {
    const {add, client, tries} = await setUp()
    const blob = source()
    await uploadBlob(client.repository('o/origin'), blob)
    add({method: 'POST', path: '*/uploads/?mount=*', action: {kind: 'status', status: 400}})
    const target = client.repository('o/target')
    const mountFrom = client.repository('o/origin').repository
    expect(await uploadBlob(target, {...blob, mountFrom})).toBe('uploaded')
    expect(tries('POST', '/o/target/')).toBe(2)
  })

  it('and a file that cannot be read is not the fault of the registry', async () => {
    const {repository, tries} = await setUp()
    const open = (): Readable =>
      new Readable({
        read() {
          this.destroy(new Error('ENOENT: no such file, open layer.tar'))
        }
      })
    const work = uploadBlob(repository, {digest: DIGEST_OF_NOTHING, body: {size: 10, open}})
    await expect(work).rejects.toThrow('ENOENT: no such file, open layer.tar')
    await work.catch((error: unknown) => expect(error).not.toMatchObject({code: 'REGISTRY_UNREACHABLE'}))
    expect(tries('POST', '/uploads/')).toBe(1)
  })

  it.each([5, 15])('and a file of 10 bytes that has %s is refused, and nothing waits', async length => {
    const {repository} = await setUp({tries: 1})
    const bytes = randomBytes(length)
    const source_ = {digest: digestOf(bytes), body: {size: 10, open: () => Readable.from([bytes])}}
    const error = await uploadBlob(repository, source_).catch((thrown: unknown) => thrown)
    expect((error as Error).message).toContain('10 bytes')
  })
})

describe('a token', () => {
  it.each<[string, FaultAction]>([
    ['503', status(503)],
    ['429', {kind: 'status', status: 429, retryAfterSeconds: 2}],
    ['a broken connection', {kind: 'reset'}],
    ['a broken answer', {kind: 'truncate', afterBytes: 10}]
  ])('is had in spite of %s twice', async (_, action) => {
    const {add, client, tries} = await setUp()
    add({path: '/token', times: 2, action})
    expect(await client.repository('o/b').headManifest(TAG)).toBeUndefined()
    expect(tries('GET', '/token')).toBe(3)
  })

  it('that is refused is asked for once', async () => {
    const {add, client, tries} = await setUp()
    add({path: '/token', action: status(401)})
    const error = await failureOf(() => client.repository('o/b').headManifest(TAG))
    expect(error).toMatchObject({code: 'CREDENTIALS_INVALID'})
    expect(error.hint).toContain('Log in')
    expect(tries('GET', '/token')).toBe(1)
    expectNoSecrets(client, error)
  })
})

describe('tags', () => {
  it('are listed in spite of faults on a later page', async () => {
    const registry = await startEmbedded({pageSize: 2})
    closing.push(() => registry.stop())
    const client = openClient(registry)
    closing.push(() => client.close())
    const repository = client.repository('o/a')
    const manifest = await newManifest(repository)
    for (const name of ['a', 'b', 'c', 'd', 'e']) await repository.putManifest(manifest, parseTag(name))
    registry.registry.faults.add({path: '*/tags/list', nth: 2, times: 2, action: status(503)})
    expect(await listTags(repository)).toEqual(['a', 'b', 'c', 'd', 'e'])
    registry.registry.faults.add({path: '*/tags/list', nth: 2, times: 1, action: status(404)})
    expect(await failureOf(() => listTags(repository))).toMatchObject({status: 404})
  })

  it.each([400, 405])(
    'are deleted by a placeholder where DELETE of a tag says %s, in spite of faults',
    async code => {
      const {add, repository, manifest} = await setUp()
      await repository.putManifest(manifest, parseTag('latest'))
      add({method: 'DELETE', path: '*/manifests/latest', action: status(code)})
      add({method: 'DELETE', path: '*/manifests/sha256:*', times: 1, action: status(503)})
      await deleteTag(repository, parseTag('latest'))
      expect(await listTags(repository)).toEqual(['1.0'])
      expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
    }
  )

  it('stay where they are where nothing can be deleted', async () => {
    const {add, repository, manifest} = await setUp()
    add({method: 'DELETE', action: status(405)})
    const error = await failureOf(() => deleteTag(repository, TAG))
    expect(error).toMatchObject({code: 'TAG_NOT_MOVED'})
    expect(error.message).toMatch(/o\/a:1\.0 cannot be deleted on this registry/)
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })
})

describe('a registry that cannot be reached', () => {
  it('is one clear error: connection refused', async () => {
    const port = await closedPort()
    const client = openClient({host: `127.0.0.1:${port}`})
    closing.push(() => client.close())
    const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toContain(`127.0.0.1:${port}`)
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.hint).toContain('is its name right')
    expect(client.sent.length).toBe(3)
  })

  it('is one clear error: no such host', async () => {
    const client = openClient({host: 'no-such-host.invalid'}, {tries: 2})
    closing.push(() => client.close())
    const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.message).toMatch(/^HEAD no-such-host\.invalid\/v2\/o\/a\/manifests\/1\.0: no answer: \S/)
    expect(client.sent.length).toBe(2)
  })

  it('is one clear error: a server that is no registry', async () => {
    const server = createHttpServer((_, response) => response.end('<html>Welcome</html>'))
    const port = await listen(server)
    const client = openClient({host: `127.0.0.1:${port}`})
    closing.push(() => client.close())
    const error = await failureOf(() => listTags(client.repository('o/a')))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED'})
    expect(error.message).toContain('a web page')
    expect(error.hint).toContain('/v2/')
  })

  it('is one clear error: a server that hangs up', async () => {
    const server = createServer(socket => socket.destroy())
    const port = await listen(server)
    const client = openClient({host: `127.0.0.1:${port}`})
    closing.push(() => client.close())
    const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
  })

  it('is tried again in spite of a long page that says so', async () => {
    const state = {tries: 0}
    const server = createHttpServer((_, response) => {
      response.statusCode = ++state.tries > 2 ? 404 : 503
      response.end('<p>'.repeat(100_000))
    })
    const port = await listen(server)
    const client = openClient({host: `127.0.0.1:${port}`})
    closing.push(() => client.close())
    expect(await client.repository('o/a').headManifest(TAG)).toBeUndefined()
    state.tries = 0
    expect(await client.repository('o/a').findManifest(TAG)).toBeUndefined()
    expect(state.tries).toBe(3)
  })

  it('is one clear error: an answer that never ends', async () => {
    const server = createHttpServer((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65536, ' ')));
      }
      response.on('drain', write)
      response.writeHead(200, {'content-type': 'application/vnd.oci.image.index.v1+json'})
      write()
    })
    const port = await listen(server)
    const client = openClient({host: `127.0.0.1:${port}`})
    closing.push(() => client.close())
    const error = await failureOf(() => client.repository('o/a').findManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED'})
    expect(error.message).toMatch(/^GET 127.*longer than 4194304 bytes/)
    expect(client.sent.filter(({url}) => url.pathname.endsWith('1.0'))).toHaveLength(1)
  })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' ? address!.port : 0
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => void server.close())
  const address = server.address()
  return typeof address === 'object' ? address!.port : 0
}

function expectNoSecrets(client: TestClient, error: Error): void {
  const said = [...client.lines, error.message, error.stack, JSON.stringify(error)].join('\n')
  const token = client.sent
    .map(({headers}) => headers['authorization'] ?? '')
    .find(text => text.startsWith('Bearer '))
  expect(said).not.toContain(PUBLISHER.password)
  expect(said).not.toContain(Buffer.from(`${PUBLISHER.username}:${PUBLISHER.password}`).toString('base64'))
  expect(said).not.toContain(token?.slice('Bearer '.length) ?? 'Bearer ')
  expect(said).not.toMatch(/authorization/i)
}
