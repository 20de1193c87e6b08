import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import type {EmbeddedRegistry, FaultRule} from '../../src/embedded-registry/embedded-registry.js'
import {Lab, blobOf} from '../conformance/lab.js'
import {startEmbedded} from '../support/registries.js'

const blob = blobOf('some bytes of a blob')
const PATH = `/v2/a/blobs/${blob.digest}`
const state: {lab?: Lab; registry?: EmbeddedRegistry} = {}

beforeEach(async () => {
  const running = await startEmbedded()
  state.registry = running.registry
  state.lab = new Lab(running)
  await state.lab.pushBlob('a', blob)
})
afterEach(async () => {
  state.lab?.close()
  await state.registry?.close()
})

describe('faults', () => {
  it('answer with a status, a code and a time to wait', async () => {
    add({action: {kind: 'status', status: 429, retryAfterSeconds: 7}})
    const answer = await lab().get(PATH)
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7'])
    expect(JSON.parse(answer.body.toString())).toMatchObject({errors: [{code: 'TOOMANYREQUESTS'}]})
  })

  it('hit only the method and path that they name', async () => {
    add({method: 'GET', path: '/v2/*/blobs/sha256:*', action: {kind: 'status', status: 500}})
    expect([
      (await lab().get(PATH)).status,
      (await lab().head(PATH)).status,
      (await lab().get('/v2/')).status
    ]).toEqual([500, 200, 200])
  })

  it('can look at the query', async () => {
    add({path: '*?*mount=*', action: {kind: 'status', status: 500}})
    const statuses = await Promise.all(
      ['', '?mount=x'].map(async query => (await lab().send('POST', `/v2/a/blobs/uploads/${query}`)).status)
    )
    expect(statuses).toEqual([202, 500])
  })

  it.each([
    ['the second', {nth: 2, times: 1}, [200, 503, 200, 200]],
    ['all from the third on', {nth: 3}, [200, 200, 503, 503]],
    ['the first two', {times: 2}, [503, 503, 200, 200]],
    ['all', {}, [503, 503, 503, 503]]
  ])('hit %s', async (_which, count, expected) => {
    add({method: ['GET', 'HEAD'], path: '/v2/a/*', ...count, action: {kind: 'status', status: 503}})
    const statuses: number[] = []
    for (let index = 0; index < 4; index++) statuses.push((await lab().get(PATH)).status)
    expect(statuses).toEqual(expected)
  })

  it('break the connection off before the work', async () => {
    add({method: 'DELETE', action: {kind: 'reset'}})
    await expect(lab().send('DELETE', PATH)).rejects.toThrow(/ECONNRESET|hang up/)
    expect((await lab().get(PATH)).status).toBe(200)
  })

  it('lose the answer after the work', async () => {
    add({method: 'DELETE', when: 'after', action: {kind: 'reset'}})
    await expect(lab().send('DELETE', PATH)).rejects.toThrow(/ECONNRESET|hang up/)
    expect((await lab().get(PATH)).status).toBe(404)
  })

  it('answer with a failure after the work', async () => {
    add({method: 'DELETE', when: 'after', times: 1, action: {kind: 'status', status: 502}})
    expect([(await lab().send('DELETE', PATH)).status, (await lab().send('DELETE', PATH)).status]).toEqual([
      502, 404
    ])
  })

  it('cut a body short', async () => {
    add({action: {kind: 'truncate', afterBytes: 5}})
    await expect(lab().get(PATH)).rejects.toThrow(/aborted|ECONNRESET/)
  })

  it('change a byte, and nothing else', async () => {
    add({action: {kind: 'corrupt'}})
    const {status, body} = await lab().get(PATH)
    expect([
      status,
      body.length,
      body.subarray(1).equals(blob.bytes.subarray(1)),
      body.equals(blob.bytes)
    ]).toEqual([200, blob.size, true, false])
  })

  it('say another digest', async () => {
    add({method: 'HEAD', action: {kind: 'wrong-digest'}})
    expect((await lab().head(PATH)).headers['docker-content-digest']).toBe(`sha256:${'0'.repeat(64)}`)
  })

  it('wait', async () => {
    add({action: {kind: 'delay', milliseconds: 200}})
    const before = Date.now()
    const {status} = await lab().get(PATH)
    expect([status, Date.now() - before >= 195]).toEqual([200, true])
  })

  it('can be added and cleared while the registry runs, and are given at the start', async () => {
    add({action: {kind: 'status', status: 500}})
    expect((await lab().get(PATH)).status).toBe(500)
    state.registry?.faults.clear()
    expect((await lab().get(PATH)).status).toBe(200)
    const other = await startEmbedded({faults: [{action: {kind: 'status', status: 418}}]})
    expect((await fetch(`${other.registry.url}/v2/`)).status).toBe(418)
    await other.stop()
  })

  it('are in the records, a broken connection with status 0', async () => {
    add(
      {method: 'GET', times: 1, action: {kind: 'reset'}},
      {method: 'HEAD', action: {kind: 'status', status: 500}}
    )
    await lab()
      .get(PATH)
      .catch(() => undefined)
    await lab().head(PATH)
    expect(state.registry?.requests.slice(-2)).toEqual([
      {method: 'GET', path: PATH, query: '', status: 0},
      {method: 'HEAD', path: PATH, query: '', status: 500}
    ])
  })
})

function add(...rules: FaultRule[]): void {
  state.registry?.faults.add(...rules)
}

function lab(): Lab {
  return state.lab!
}
