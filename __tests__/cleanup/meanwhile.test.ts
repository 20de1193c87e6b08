import {describe, expect, it} from '@jest/globals'
import {REMAINDER} from '../../src/oci/annotations.js'
import {SimulatedHost, type Stored, toldBy} from './simulated-host.js'

const KINDS = ['ghcr', 'registry'] as const
const isDeletion = (request: string): boolean =>
  request.startsWith('DELETE') && !request.includes('manifests/sha256:bb')

/** An old version of an index within an index, and a newest one: three waves of deletions. */
function oldVersion(kind: (typeof KINDS)[number], ballast = 0) {
  const host = new SimulatedHost({kind})
  for (let at = 0; at < ballast; at++) host.put({tags: [`ballast-${at}`]})
  const [amd, arm, riscv] = [host.put(), host.put(), host.put()]
  const inner = host.put({children: [amd, arm]})
  const old = host.put({children: [inner, riscv], tags: ['1.0.0']})
  const signature = host.put({tags: [`sha256-${amd.digest.slice(7)}.sig`]})
  host.put({tags: ['2.0.0', 'latest']})
  return {host, amd, arm, riscv, inner, old, signature}
}

/** Does something once, just after the first deletion of this one was answered: with the next request. */
function after(host: SimulatedHost, one: Stored, happens: () => void): void {
  let isDone = false
  host.hook = () => {
    if (!isDone && !host.has(one)) {
      isDone = true
      happens()
    }
    return undefined
  }
}

describe.each(KINDS)('what changes while a clean-up deletes, on a host of the kind %s', kind => {
  // With many others, a listing costs more than a look at each that is about to go.
  describe.each([0, 350])('beside %i others', ballast => {
    it('a part that is tagged meanwhile stays with all it leads to, and the log says so', async () => {
      const {host, inner, amd, arm, old, signature, riscv} = oldVersion(kind, ballast)
      after(host, old, () => host.tag('rescued', inner))
      const run = await host.clean({'keep-versions': '1'})
      expect([inner, amd, arm, signature].map(one => host.has(one))).toEqual([true, true, true, true])
      expect(host.has(riscv)).toBe(false)
      expect(await host.broken()).toEqual([])
      expect(toldBy(run)).toMatch(/the tag rescued came/)
      expect(run.error).toBeUndefined()
      expect(run.outputs['kept']).toContain(inner.digest)
      expect(run.outputs['deleted']).not.toContain(inner.digest)
    })

    it('a part that a new index names stays', async () => {
      const {host, inner, amd, arm, old} = oldVersion(kind, ballast)
      after(host, old, () => host.put({children: [amd], tags: ['2.1.0'], age: 0}))
      await host.clean({'keep-versions': '1'})
      expect([inner, amd, arm].map(one => host.has(one))).toEqual([false, true, false])
      expect(await host.broken()).toEqual([])
    })

    it('a part that a tag which moved leads to stays', async () => {
      const {host, amd, old} = oldVersion(kind, ballast)
      after(host, old, () =>
        host.put({children: [host.put({children: [amd], age: 0})], tags: ['latest'], age: 0})
      )
      await host.clean({'keep-versions': '1'})
      expect(host.has(amd)).toBe(true)
      expect(await host.broken()).toEqual([])
    })

    it('what a new referrer refers to stays', async () => {
      const {host, amd, old} = oldVersion(kind, ballast)
      after(host, old, () => host.put({tags: kind === 'ghcr' ? [] : ['bill'], subject: amd, age: 0}))
      await host.clean({'keep-versions': '1'})
      expect(host.has(amd)).toBe(true)
    })

    it('a tag that came between the plan and the first deletion keeps its image', async () => {
      const {host, old, amd, riscv} = oldVersion(kind, ballast)
      const ports = host.ports()
      const confirm = () => {
        host.tag('again', old)
        return Promise.resolve(true)
      }
      const run = await host.clean({'keep-versions': '1'}, {...ports, confirm})
      expect([old, amd, riscv].map(one => host.has(one))).toEqual([true, true, true])
      expect(run.outputs['deleted']).toBe('')
    })
  })

  it('a new index that cannot be read keeps all that was to go', async () => {
    const {host, amd, inner, old} = oldVersion(kind)
    let odd: Stored | undefined
    after(host, old, () => (odd = host.put({children: [amd], tags: ['odd'], age: 0})))
    const first = host.hook
    host.hook = (request, nth) => {
      first(request, nth)
      const isIt = odd !== undefined && request === `GET /v2/org/app/manifests/${odd.digest}`
      return isIt ? {status: 500} : undefined
    }
    await host.clean({'keep-versions': '1'})
    expect([inner, amd].map(one => host.has(one))).toEqual([true, true])
  })

  it('a tag that is to go alone stays where it moved meanwhile', async () => {
    const host = new SimulatedHost({kind})
    host.put({tags: ['1.0.0', 'nightly']})
    const ports = host.ports()
    const newer: {one?: Stored} = {}
    const confirm = () =>
      Promise.resolve(void (newer.one = host.put({tags: ['nightly'], age: 0}))).then(() => true)
    const run = await host.clean({'delete-tags': 'nightly'}, {...ports, confirm})
    expect(host.at('nightly')).toBe(newer.one)
    expect(run.ports.reporter.notices.join()).toContain('nightly stays: it moved meanwhile')
  })
})

it('what was pushed again meanwhile is young, and stays', async () => {
  const {host, inner, old} = oldVersion('ghcr')
  after(host, old, () => (inner.updated = host.now))
  const run = await host.clean({'keep-versions': '1', 'min-age': '24h'})
  expect(host.has(inner)).toBe(true)
  expect(toldBy(run)).toMatch(/pushed again/)
})

it('a look that is older than a minute is made again within a wave', async () => {
  const host = new SimulatedHost({kind: 'ghcr'})
  const old = Array.from({length: 60}, (_, at) => host.put({tags: [`pr-${at}`]}))
  host.put({tags: ['1.0.0']})
  host.hook = request => {
    if (!isDeletion(request)) return undefined
    host.now += 5000
    if (host.deleted.size === 30)
      host.tag(
        'rescued',
        old[0]!.tags.size > 0 && host.has(old[0]!) ? old[0]! : old.findLast(one => host.has(one))!
      )
    return undefined
  }
  await host.clean({'delete-tags': 'glob:pr-*'})
  expect(host.at('rescued')).toBeDefined()
})

it('a tag that moved to another image is never deleted by its name', async () => {
  const {host, old} = oldVersion('registry')
  const newer: {one?: Stored} = {}
  const ports = host.ports()
  const confirm = () =>
    Promise.resolve(void (newer.one = host.put({tags: ['1.0.0'], age: 0}))).then(() => true)
  await host.clean({'keep-versions': '1'}, {...ports, confirm})
  expect(host.at('1.0.0')).toBe(newer.one)
  expect(host.has(old)).toBe(false)
})

it('a tag that was broken before is found, and what brings it back is said', async () => {
  const host = new SimulatedHost({kind: 'ghcr'})
  const part = host.put()
  host.put({children: [host.put({children: [part]})], tags: ['1.0.0']})
  host.remove(part)
  const garbage = host.put()
  const run = await host.clean({untagged: 'true'})
  expect(host.has(garbage)).toBe(false)
  expect(run.error?.code).toBe('VERIFY_FAILED')
  expect(run.error?.message).toContain(`1.0.0`)
  expect(run.error?.hint).toContain(`--restore registry.example/org/app@${part.digest}`)
  const restored = await host.clean({restore: `registry.example/org/app@${part.digest}`})
  expect(restored.error).toBeUndefined()
  expect(await host.broken()).toEqual([])
})

it('what another clean-up notes that it is about to delete is no reason to keep it', async () => {
  const {host, old, inner, amd, arm, riscv} = oldVersion('registry')
  after(host, old, () =>
    host.put({
      children: [],
      tags: ['image-release-cleanup-0123456789ab'],
      annotations: {[REMAINDER]: [inner, amd, arm, riscv].map(({digest}) => digest).join(' ')},
      age: 0
    })
  )
  const run = await host.clean({'keep-versions': '1'})
  expect([inner, amd, arm, riscv].filter(one => host.has(one))).toEqual([])
  expect(run.error).toBeUndefined()
})
