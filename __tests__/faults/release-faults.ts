import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {setTimeout as delay} from 'node:timers/promises'
import {messageOf} from '../../src/errors.js'
import type {Clock} from '../../src/ports.js'
import {type FaultBook, type FaultProxy, type ProxyFault, startFaultProxies} from '../support/fault-proxy.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import type {RunningRegistry} from '../support/registries.js'
import {prepareMerge} from './merge-process.js'
import {type BuiltRelease, type World, buildRelease, publishBuilt, readWorld} from './release-world.js'

const VERSIONS = ['1.0.0', '1.1.0'] as const
/**
 * Of this many requests one is tried: every one by `npm run test:faults`, some in a run that has all components, a few
 * in the quick run.
 */
const STRIDE = process.env['FAULTS'] === 'all' ? 1 : process.env['REQUIRE_COMPONENTS'] === 'true' ? 17 : 39
/** How many races of two releases are run, likewise. */
const RACES = STRIDE === 1 ? 25 : STRIDE === 17 ? 8 : 3

/** Waits as a release does, but shorter: distribution 2.8 answers 500 while the file of a tag is being written. */
const patientClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) =>
    await delay(Math.min(milliseconds, 40), undefined, signal ? {signal} : {})
}

/** The requests, counted from 1, that meet a fault. */
function chosen(total: number): number[] {
  return Array.from({length: total}, (_, at) => at + 1).filter(nth => nth % STRIDE === 0)
}

const FAULTS: readonly ProxyFault[] = ['reset before', 'reset after', '500 for ever', '429 twice']

/**
 * For every request of a release of 2 targets x 2 platforms x 2 registries x 5 tags: what if it goes wrong? Whatever
 * the answer of the run, every tag is what it was before or what it is after, and running again ends in the new release.
 */
export function releaseFaultSuite(start: () => Promise<readonly RunningRegistry[]>): void {
  let registries: readonly RunningRegistry[]
  let proxies: FaultProxy[]
  let book: FaultBook
  let ports: TestPorts
  let number = 0

  beforeAll(async () => {
    registries = await start()
    ;({book, proxies} = await startFaultProxies(registries.map(({host}) => host)))
    ports = testPorts([], {clock: patientClock})
  }, 60_000)
  afterAll(async () => {
    ports.close()
    await Promise.all([...proxies, ...registries].map(running => running.stop()))
  })

  const worldOf = (at: number): World => ({
    hosts: proxies.map(({host}) => host),
    upstreams: registries.map(({host}) => host),
    folder: `faults/w${at}`
  })

  /** A world with 1.0.0 published and 1.1.0 built; the states before and after its release. */
  async function prepare(): Promise<{
    world: World
    next: BuiltRelease
    before: Map<string, string | undefined>
  }> {
    number += 1
    const world = worldOf(number)
    await publishBuilt(ports, await buildRelease(ports, world, VERSIONS[0]))
    const next = await buildRelease(ports, world, VERSIONS[1])
    return {world, next, before: await readWorld(world, VERSIONS)}
  }

  /** Publishes without any fault: what must be there in the end, and how many requests that takes. */
  async function finish(world: World, next: BuiltRelease): Promise<Map<string, string | undefined>> {
    await publishBuilt(ports, next)
    return await readWorld(world, VERSIONS)
  }

  async function countRequests(): Promise<number> {
    const {next} = await prepare()
    book.arm(0, 'call before')
    await publishBuilt(ports, next)
    return book.disarm()
  }

  async function tryFault(nth: number, fault: ProxyFault): Promise<void> {
    const {world, next, before} = await prepare()
    book.arm(nth, fault)
    const failure = await publishBuilt(ports, next).then(
      () => undefined,
      (error: unknown) => error
    )
    book.disarm()
    const found = await readWorld(world, VERSIONS)
    const after = await finish(world, next)
    const where = `${fault} at request ${nth}, the run ${failure === undefined ? 'succeeded' : `failed: ${messageOf(failure)}`}`
    expect({where, state: Object.fromEntries(found)}).toEqual({
      where,
      state: Object.fromEntries(failure === undefined ? after : before)
    })
    expect(after).toEqual(expectedAfter(before, after))
  }

  it.each(FAULTS)(
    'publishes wholly or not at all, whichever request meets: %s',
    async fault => {
      const total = await countRequests()
      expect(total).toBeGreaterThan(50)
      const cases = chosen(total)
      for (const nth of cases) await tryFault(nth, fault)
      process.stderr.write(
        `${registries.map(({name}) => name).join(' and ')}: ${fault}: ${cases.length} of ${total} requests\n`
      )
    },
    600_000
  )

  it.each(['call before', 'call after'] as const)(
    'leaves only whole releases behind tags when the process is killed at any request, and the next run finishes: %s',
    async when => {
      const total = await countRequests()
      const cases = chosen(total)
      for (const nth of cases) {
        const {world, next, before} = await prepare()
        const killed = await killAt(nth, when, next)
        const found = await readWorld(world, VERSIONS)
        const after = await finish(world, next)
        expect(after).toEqual(expectedAfter(before, after))
        for (const [tag, digest] of found)
          expect({
            nth,
            killed,
            tag,
            digest,
            isOldOrNew: digest === before.get(tag) || digest === after.get(tag)
          }).toEqual({
            nth,
            killed: true,
            tag,
            digest,
            isOldOrNew: true
          })
      }
      process.stderr.write(
        `${registries.map(({name}) => name).join(' and ')}: killed, ${when}: ${cases.length} of ${total} requests\n`
      )
    },
    900_000
  )

  /** Runs the command line, and kills it at its n-th request. */
  async function killAt(
    nth: number,
    when: 'call before' | 'call after',
    next: BuiltRelease
  ): Promise<boolean> {
    const merging = await prepareMerge(next)
    book.arm(nth, when, merging.kill)
    const isKilled = await merging.run()
    book.disarm()
    return isKilled
  }

  it('ends with the newer version on both registries when two releases race', async () => {
    for (let race = 1; race <= RACES; race++) {
      number += 1
      const world = worldOf(number)
      await publishBuilt(ports, await buildRelease(ports, world, '1.0.0'))
      const [older, newer] = [
        await buildRelease(ports, world, '1.0.1'),
        await buildRelease(ports, world, '1.1.0')
      ]
      book.jitter(30)
      const runs = [older, newer].map(async built => {
        const own = testPorts([], {clock: patientClock})
        await new Promise(resolve => setTimeout(resolve, Math.random() * 120))
        return await publishBuilt(own, built).finally(own.close)
      })
      const results = await Promise.allSettled(runs)
      book.jitter(0)
      const found = await readWorld(world, ['1.0.0', '1.0.1', '1.1.0'])
      expect({
        race,
        failed: results.flatMap(result => (result.status === 'rejected' ? [String(result.reason)] : []))
      }).toEqual({
        race,
        failed: []
      })
      for (const key of ['app:latest', 'worker:latest', 'app:1', 'worker:1']) {
        const [target = ''] = key.split(':')
        for (const registry of ['0', '1'])
          expect({race, key, digest: found.get(`${registry}/${key}`)}).toEqual({
            race,
            key,
            digest: found.get(`0/${target}:1.1.0`)
          })
      }
    }
    process.stderr.write(`${registries.map(({name}) => name).join(' and ')}: races: ${RACES} cases\n`)
  }, 300_000)
}

/** After the release: one digest for each target on both registries, under all tags of the new version; 1.0.0 as it was. */
function expectedAfter(
  before: ReadonlyMap<string, string | undefined>,
  after: ReadonlyMap<string, string | undefined>
): Map<string, string | undefined> {
  return new Map(
    [...after].map(([key]) => {
      const [place = '', tag = ''] = key.split(':')
      const target = place.split('/')[1] ?? ''
      const isOld = tag === '1.0.0' || tag === '1.0'
      return [key, isOld ? before.get(key) : after.get(`0/${target}:1.1.0`)]
    })
  )
}
