import {randomBytes} from 'node:crypto'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {createReadStream} from 'node:fs'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import type {StreamBody} from '../../src/ports.js'
import {type BlobSource, uploadBlob} from '../../src/registry/images/blob-upload.js'
import {PUBLISHER, type RunningRegistry} from '../support/registries.js'
import {type TestClient, openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'
import {type UploadProxy, type UploadRule, startUploadProxy} from '../support/upload-proxy.js'

const SIZE = 4 * 1024 * 1024
const CUT = 1024 * 1024

/** What an upload does on a way where requests go wrong, against one registry with tokens that live four seconds. */
export function uploadSuite(
  start: () => Promise<RunningRegistry>,
  {resumes}: {readonly resumes: boolean}
): void {
  let registry: RunningRegistry
  let proxy: UploadProxy
  let client: TestClient
  let folder: string
  let blob: BlobSource & {readonly file: string; readonly moved: number[]}

  beforeAll(async () => {
    registry = await start()
    folder = await mkdtemp(path.join(tmpdir(), 'upload-'))
  })
  afterAll(async () => {
    await registry.stop()
    await rm(folder, {recursive: true, force: true})
  })
  beforeEach(async () => {
    proxy = await startUploadProxy(registry.host)
    client = openClient({host: proxy.host, ...(registry.credential ? {credential: registry.credential} : {})})
    const bytes = randomBytes(SIZE)
    const digest = digestOf(bytes)
    const file = path.join(folder, digest.slice(7, 20))
    await writeFile(file, bytes)
    const body: StreamBody = {size: SIZE, file, open: () => createReadStream(file)}
    const moved: number[] = []
    blob = {digest, body, file, moved, onBytes: more => void moved.push(more)}
  })
  afterEach(async () => {
    client.close()
    await proxy.stop()
  })

  const repository = (name = 'o/a') => client.repository(name)
  const of = (method: string) => proxy.seen.filter(one => one.method === method)
  /** Bytes of the blob that came, over all requests. */
  const received = (): number => proxy.seen.reduce((sum, one) => sum + one.received, 0)
  const put = (rule: Omit<UploadRule, 'method' | 'path'>): void =>
    proxy.add({method: 'PUT', path: '/blobs/uploads/', ...rule})

  it('sends a blob once, and a second time not at all', async () => {
    expect(await uploadBlob(repository(), blob)).toBe('uploaded')
    expect(received()).toBe(SIZE)
    expect(of('PATCH')).toEqual([])
    expect(await uploadBlob(repository(), blob)).toBe('present')
    expect(received()).toBe(SIZE)
  })

  it('has it mounted from another repository', async () => {
    await uploadBlob(repository('o/origin'), blob)
    const mountFrom = repository('o/origin').repository
    expect(await uploadBlob(repository(), {...blob, mountFrom})).toBe('mounted')
    expect(received()).toBe(SIZE)
  })

  it('tells how many bytes have gone', async () => {
    await uploadBlob(repository(), blob)
    expect(blob.moved.length).toBeGreaterThan(4)
    expect(blob.moved.reduce((sum, more) => sum + more, 0)).toBe(SIZE)
  })

  describe('that breaks off in the middle', () => {
    it(
      resumes ? 'goes on from there' : 'begins anew, for this registry gives such an upload up',
      async () => {
        put({times: 1, fault: {kind: 'cut', afterBytes: CUT}})
        expect(await uploadBlob(repository(), blob)).toBe('uploaded')
        expect(await repository().blobSize(blob.digest)).toBe(SIZE)
        expect(received()).toBe(resumes ? SIZE : SIZE + CUT)
        expect(of('PATCH').map(({received: bytes}) => bytes)).toEqual(resumes ? [SIZE - CUT] : [])
        expect(blob.moved.reduce((sum, more) => sum + more, 0)).toBe(SIZE)
      }
    )

    it('twice arrives all the same', async () => {
      put({times: 1, fault: {kind: 'cut', afterBytes: CUT}})
      proxy.add({method: resumes ? 'PATCH' : 'PUT', times: 1, fault: {kind: 'cut', afterBytes: CUT}})
      expect(await uploadBlob(repository(), blob)).toBe('uploaded')
      expect(received()).toBe(resumes ? SIZE : SIZE + 2 * CUT)
    })

    it('begins anew where the registry forgot it, or takes no chunk', async () => {
      for (const [method, status] of [
        ['GET', 404],
        ['GET', 501],
        ['PATCH', 416],
        ['PATCH', 201]
      ] as const) {
        const name = `o/${method.toLowerCase()}${status}`
        put({times: 1, fault: {kind: 'cut', afterBytes: CUT}})
        proxy.add({method, path: `/v2/${name}/blobs/uploads/`, fault: {kind: 'answer', status}})
        expect(await uploadBlob(repository(name), blob)).toBe('uploaded')
        expect(await repository(name).blobSize(blob.digest)).toBe(SIZE)
      }
    })

    it('every time fails with one line that says where', async () => {
      proxy.add({method: 'PUT', fault: {kind: 'cut', afterBytes: CUT}})
      proxy.add({method: 'PATCH', fault: {kind: 'cut', afterBytes: 10}})
      const error = await failureOf(() => uploadBlob(repository(), blob))
      expect(error.code).toBe('REGISTRY_UNREACHABLE')
      expect(error.message).toMatch(
        new RegExp(`^(PUT|PATCH) ${proxy.host}/v2/o/a/blobs/uploads/\\S+ no answer: .+$`)
      )
      expect(await repository().blobSize(blob.digest)).toBeUndefined()
    })
  })

  it.each<[string, UploadRule]>([
    [
      '429 with Retry-After',
      {method: 'PUT', fault: {kind: 'answer', status: 429, headers: {'retry-after': '7'}}}
    ],
    ['503 in its middle', {method: 'PUT', fault: {kind: 'answer', status: 503, afterBytes: CUT}}],
    ['503 at its start', {method: 'POST', fault: {kind: 'answer', status: 503}}],
    ['an answer that breaks off', {method: 'PUT', fault: {kind: 'truncate', afterBytes: 3}}],
    ['bytes that change on the way', {method: 'PUT', fault: {kind: 'damage'}}]
  ])('arrives in spite of %s', async (title, rule) => {
    proxy.add({...rule, path: '/blobs/uploads/', times: 1})
    expect(await uploadBlob(repository(), blob)).toBe('uploaded')
    expect(await repository().blobSize(blob.digest)).toBe(SIZE)
    if (title.startsWith('429')) expect(client.sleeps).toContain(7000)
  })

  it('of bytes that always change on the way fails, and they are not there', async () => {
    put({fault: {kind: 'damage'}})
    const error = await failureOf(() => uploadBlob(repository(), blob))
    expect(error.message).toMatch(/^PUT .*\/v2\/o\/a\/blobs\/uploads\/\S+ 400 DIGEST_INVALID .+$/)
    expect(await repository().blobSize(blob.digest)).toBeUndefined()
  })

  it('of a file that has other bytes fails at once, and says which', async () => {
    await writeFile(blob.file, randomBytes(SIZE))
    const error = await failureOf(() => uploadBlob(repository(), blob))
    expect(error.code).toBe('LAYOUT_INVALID')
    expect(error.message).toContain(`blob ${blob.digest}: its content has the digest sha256:`)
    expect(of('PUT')).toHaveLength(1)
  })

  it('fails where the registry says that it stored something else', async () => {
    const other = digestOf(Buffer.from('other'))
    put({fault: {kind: 'headers', headers: {'docker-content-digest': other}}})
    const error = await failureOf(() => uploadBlob(repository(), blob))
    expect(error.code).toBe('DIGEST_MISMATCH')
    expect(error.message).toBe(`${proxy.host}/o/a: blob ${blob.digest} was sent, ${other} was stored`)
  })

  it('goes on with a new token where the first ended meanwhile', async () => {
    put({times: 1, fault: {kind: 'wait', milliseconds: 4500}})
    const other = {...blob, mountFrom: undefined}
    expect(await uploadBlob(repository(), other)).toBe('uploaded')
    const before = client.sent.filter(({url}) => url.pathname === '/token').length
    expect(await repository().blobSize(blob.digest)).toBe(SIZE)
    expect(client.sent.filter(({url}) => url.pathname === '/token').length).toBe(before + 1)
  })

  it('goes on with a new token where the registry refuses the first in its middle', async () => {
    const challenge = {'www-authenticate': await challengeOf(proxy.host)}
    put({times: 1, fault: {kind: 'answer', status: 401, headers: challenge, afterBytes: CUT}})
    expect(await uploadBlob(repository(), blob)).toBe('uploaded')
    expect(of('PUT').map(({status}) => status)).toEqual([401, 201])
    expect(of('PUT')[0]?.received).toBeLessThan(SIZE)
  })

  it('takes no login along to another host', async () => {
    const elsewhere = await startUploadProxy(registry.host)
    try {
      elsewhere.add({method: 'PUT', fault: {kind: 'answer', status: 201}})
      const location = `http://${elsewhere.host}/store/1?signature=abc`
      proxy.add({method: 'POST', path: '/blobs/uploads/', fault: {kind: 'headers', headers: {location}}})
      expect(await uploadBlob(repository(), blob)).toBe('uploaded')
      expect(elsewhere.seen).toMatchObject([{method: 'PUT', received: SIZE}])
      expect(elsewhere.seen[0]?.headers['authorization']).toBeUndefined()
      expect(elsewhere.seen[0]?.path).toBe(`/store/1?signature=abc&digest=${encodeURIComponent(blob.digest)}`)
      expect(of('POST').at(-1)?.headers['authorization']).toMatch(/^Bearer /)
    } finally {
      await elsewhere.stop()
    }
  })

  it('goes on where its beginning is redirected', async () => {
    const headers = {location: `http://${proxy.host}/v2/o/a/blobs/uploads/?led=on`}
    proxy.add({
      method: 'POST',
      path: '/blobs/uploads/',
      times: 1,
      fault: {kind: 'answer', status: 307, headers}
    })
    expect(await uploadBlob(repository(), blob)).toBe('uploaded')
    expect(await uploadBlob(repository(), blob)).toBe('present')
    expect(of('POST').map(({path}) => path.endsWith('led=on'))).toContain(true)
  })

  it('names where it was led to, if nobody answers there', async () => {
    const headers = {location: 'http://127.0.0.1:1/elsewhere'}
    proxy.add({method: 'POST', path: '/blobs/uploads/', fault: {kind: 'answer', status: 307, headers}})
    const error = await failureOf(() => uploadBlob(repository(), blob))
    expect(error.message).toContain('POST 127.0.0.1:1/elsewhere: no answer')
  })

  it('shows no secret, whatever fails', async () => {
    put({fault: {kind: 'answer', status: 500, body: 'no'}})
    const error = await failureOf(() => uploadBlob(repository(), blob))
    const said = [...client.lines, error.message, error.stack, JSON.stringify(error)].join('\n')
    expect(said).not.toContain(PUBLISHER.password)
    expect(said).not.toMatch(/Bearer |authorization/i)
  })
}

async function challengeOf(host: string): Promise<string> {
  const answer = await fetch(`http://${host}/v2/`)
  return answer.headers.get('www-authenticate') ?? ''
}
