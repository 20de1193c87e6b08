import {setTimeout as delay} from 'node:timers/promises'
import type {Clock} from '../../src/ports.js'
import {type FaultBook, type FaultProxy, startFaultProxies} from '../support/fault-proxy.js'
import {virtualClock} from '../support/lagging-send.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import type {RunningRegistry} from '../support/registries.js'
import {type BuiltRelease, type World, buildRelease, publishBuilt, readWorld} from './release-world.js'

/**
 * Of this many requests one is tried: every one by `npm run test:faults`, some in a run that has all components, a few
 * in the quick run.
 */
export const STRIDE = strideOf(process.env)

/** Which of the suites of one kind this is, counted from 0: each tries every fault, and together they try all requests. */
export interface Share {
  readonly turn: number
  readonly of: number
}

/** What every tag points at, by `registry/target:tag`. */
export type WorldState = Map<string, string | undefined>

/** A world in which one version is published and the next is built. */
export interface PreparedWorld {
  readonly world: World
  readonly next: BuiltRelease
  readonly before: WorldState
}

/** Two registries behind proxies on which requests go wrong, and a count of the cases that were tried there. */
export interface FaultBench {
  readonly book: FaultBook
  readonly ports: TestPorts
  /** A folder of repositories that no other case uses. */
  world(): World
  /** A world with 1.0.0 published and this version built. */
  prepare(version: string): Promise<PreparedWorld>
  /** Publishes without any fault, and reads what is there then. */
  finish(prepared: PreparedWorld): Promise<WorldState>
  /** How many requests the release of this version takes where nothing goes wrong; counted once. */
  countRequests(version: string): Promise<number>
  /** The same, counted once more. */
  countAnew(version: string): Promise<number>
  /** The requests of so many, counted from 1, that meet a fault of this kind here; at least so many. */
  chosen(total: number, kind: string, least?: 0 | 1): number[]
  /** Ports of one run whose waiting takes no time, by the clock by which the registries show something late. */
  virtualPorts(): TestPorts
  /** Notes how many cases of a kind were tried, of how many requests. */
  report(kind: string, cases: number, total: number): void
  close(): Promise<void>
}

function strideOf({FAULTS, REQUIRE_COMPONENTS}: NodeJS.ProcessEnv): number {
  if (FAULTS === 'all') return 1
  return REQUIRE_COMPONENTS === 'true' ? 31 : 49
}

/**
 * The requests, counted from 1, that meet a fault of a kind: the share of a suite of those at the stride, which turns with
 * the kind, so that none has always the first. All where every request is tried.
 */
export function chosenOf(total: number, kind: string, {turn, of}: Share, stride = STRIDE): number[] {
  const all = Array.from({length: Math.floor(total / stride)}, (_, at) => (at + 1) * stride)
  if (stride === 1) return all
  const shift = Buffer.from(kind).reduce((sum, byte) => sum + byte, turn)
  return all.filter((_, at) => at % of === shift % of)
}

/** One where there are fewer than the stride: another for each suite. */
export function oneOf(total: number, {turn, of}: Share): number {
  return Math.ceil((total * (turn + 0.5)) / of)
}

/** Waits as a release does, but shorter: distribution 2.8 answers 500 while the file of a tag is being written. */
const patientClock = (most: number): Clock => ({
  now: () => Date.now(),
  sleep: async (milliseconds, signal) =>
    await delay(Math.min(milliseconds, most), undefined, signal ? {signal} : {})
})

/** Ports of a run of its own, which waits as a release does, but each time so many milliseconds at most. */
export function faultPorts(most = 40): TestPorts {
  return testPorts([], {clock: patientClock(most)})
}

/** Puts proxies in front of registries. */
export async function openFaultBench(
  registries: readonly RunningRegistry[],
  share: Share
): Promise<FaultBench> {
  // distribution 2.8 needs a moment all the same before a tag that is being written can be read.
  const clock = virtualClock(slept => Math.min(Math.max(slept, 2), 40))
  const {book, proxies} = await startFaultProxies(
    registries.map(({host}) => host),
    () => clock.now()
  )
  const ports = faultPorts()
  const started = Date.now()
  const sum = {worlds: 0, cases: 0, requests: 0}
  const counts = new Map<string, number>()
  const name = registries.map(one => one.name).join(' and ')
  const world = (): World => ({...hostsOf(registries, proxies), folder: `faults/w${(sum.worlds += 1)}`})
  const prepare = async (version: string): Promise<PreparedWorld> => {
    const fresh = world()
    // Not through the proxies: no fault is to meet that.
    await publishBuilt(ports, await buildRelease(ports, {...fresh, hosts: fresh.upstreams}, '1.0.0'))
    const next = await buildRelease(ports, fresh, version)
    return {world: fresh, next, before: await readWorld(fresh, ['1.0.0', version])}
  }
  const countAnew = async (version: string): Promise<number> => {
    const {next} = await prepare(version)
    book.arm(0, 'call before')
    await publishBuilt(ports, next)
    const count = book.disarm()
    counts.set(version, count)
    return count
  }
  return {
    book,
    ports,
    world,
    prepare,
    finish: async prepared => {
      await publishBuilt(ports, prepared.next)
      return await readWorld(prepared.world, ['1.0.0', prepared.next.plan.version ?? ''])
    },
    countRequests: async version => counts.get(version) ?? (await countAnew(version)),
    countAnew,
    chosen: (total, kind, least = 1) => {
      const chosen = chosenOf(total, kind, share)
      return chosen.length < least ? [oneOf(total, share)] : chosen
    },
    virtualPorts: () => testPorts([], {clock}),
    report: (kind, cases, total) => {
      Object.assign(sum, {cases: sum.cases + cases, requests: sum.requests + total})
      process.stderr.write(`${name}: ${kind}: ${cases} of ${total}\n`)
    },
    close: async () => {
      const seconds = Math.round((Date.now() - started) / 1000)
      process.stderr.write(`${name}: ${sum.cases} of ${sum.requests} cases in ${seconds} s\n`)
      ports.close()
      await Promise.all([...proxies, ...registries].map(running => running.stop()))
    }
  }
}

function hostsOf(
  registries: readonly RunningRegistry[],
  proxies: readonly FaultProxy[]
): Pick<World, 'hosts' | 'upstreams'> {
  return {hosts: proxies.map(({host}) => host), upstreams: registries.map(({host}) => host)}
}
