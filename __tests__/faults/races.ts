import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {ReleaseError, messageOf} from '../../src/errors.js'
import {SEED, generatorOf} from '../support/random.js'
import type {RunningRegistry} from '../support/registries.js'
import {
  type FaultBench,
  STRIDE,
  type Share,
  type WorldState,
  faultPorts,
  openFaultBench
} from './fault-bench.js'
import {type BuiltRelease, type World, buildRelease, publishBuilt, readWorld} from './release-world.js'

const [OLD, OLDER, NEWER, NEWEST] = ['1.0.0', '1.0.1', '1.1.0', '1.2.0'] as const
const PLACES = ['0/app', '1/app', '0/worker', '1/worker'] as const
/** How long one request may take longer than another, in milliseconds. */
const JITTER = 30

/** How many races of each kind are run: RACES of the environment, else 100 where all faults are tried, else a few. */
export const RACES = Number(process.env['RACES'] ?? (STRIDE === 1 ? 100 : 3))

/** The races alone, on a registry that has no other suite of faults. */
export function raceSuite(share: Share, start: () => Promise<readonly RunningRegistry[]>): void {
  let bench: FaultBench
  beforeAll(async () => {
    bench = await openFaultBench(await start(), share)
  }, 60_000)
  afterAll(async () => await bench.close(), 180_000)
  raceCases(share, () => bench, 30 * 60_000)
}

/**
 * Releases at once, with random delays: whatever the order of their requests, the last word is the newest version's.
 */
export function raceCases({turn}: Share, benchOf: () => FaultBench, milliseconds: number): void {
  it.each([
    ['two that succeed', raceOfTwo],
    ['three, of which some fail late and are undone', raceOfThree],
    ['a newer one that is refused late, and an older one that began meanwhile', undoRace]
  ])(
    'ends with the newest version that succeeded on both registries: %s',
    async (kind, run) => {
      const bench = benchOf()
      const seeds = seedsOf(turn)
      process.stderr.write(`races, ${kind}: seeds ${seeds.join(' ')} (FC_SEED, RACES)\n`)
      for (const seed of seeds) await tryRace(bench, seed, run(generatorOf(seed)))
      bench.report(`races: ${kind}`, seeds.length, RACES)
    },
    milliseconds
  )
}

/** In a run of all tests each registry leaves one out, another one than the next. */
function seedsOf(turn: number): number[] {
  const seeds = Array.from({length: RACES}, (_, at) => SEED + at)
  const {FC_SEED, RACES: asked} = process.env
  const isWhole = STRIDE === 1 || FC_SEED !== undefined || asked !== undefined
  return isWhole ? seeds : seeds.filter((_, at) => at !== turn % RACES)
}

/** A race that was drawn. */
interface Race {
  /** From the oldest to the newest. */
  readonly versions: readonly string[]
  /** When each begins, in milliseconds. */
  readonly begins: readonly number[]
  /** Those whose latest one registry refuses, each after so many milliseconds. */
  readonly failing: ReadonlyMap<string, number>
  /** Which registry that is. */
  readonly refusing: 0 | 1
  readonly random: () => number
}

function raceOfTwo(random: () => number): Race {
  const begins = [random() * 120, random() * 120]
  return {versions: [OLDER, NEWER], begins, failing: new Map(), refusing: 0, random}
}

function raceOfThree(random: () => number): Race {
  const versions = [OLDER, NEWER, NEWEST]
  const failing = versions
    .filter(() => random() < 0.5)
    .map((version): [string, number] => [version, random() * 400])
  const begins = versions.map(() => random() * 300)
  return {versions, begins, failing: new Map(failing), refusing: random() < 0.5 ? 0 : 1, random}
}

function undoRace(random: () => number): Race {
  const failing = new Map([[NEWER, random() * 600]])
  return {
    versions: [OLDER, NEWER],
    begins: [random() * 200, 0],
    failing,
    refusing: random() < 0.5 ? 0 : 1,
    random
  }
}

async function tryRace(bench: FaultBench, seed: number, race: Race): Promise<void> {
  const {versions, begins, failing, refusing, random} = race
  const world = bench.world()
  await publishBuilt(bench.ports, await buildRelease(bench.ports, world, OLD))
  const built = []
  for (const version of versions) built.push(await buildRelease(bench.ports, world, version))
  bench.book.jitter(JITTER, random)
  bench.book.refuse(({method, url, upstream, body}) => {
    if (method !== 'PUT' || !url.endsWith('/app/manifests/latest')) return undefined
    const refused = versions.find(version => failing.has(version) && body.includes(`"${version}"`))
    return refused !== undefined && upstream === world.upstreams[refusing] ? failing.get(refused) : undefined
  })
  const results = await Promise.allSettled(
    built.map(async (one, at) => {
      await new Promise(resolve => setTimeout(resolve, begins[at]))
      await publishAlone(one)
    })
  )
  bench.book.jitter(0)
  bench.book.refuse(undefined)
  await expectNewest({seed, world, race}, results)
}

/**
 * Publishes as a job of its own, which shares no connection and no token. What others do takes its time, by which the
 * patience of a release is measured: it is not cut as short as where each request meets a fault.
 */
export async function publishAlone(built: BuiltRelease): Promise<void> {
  const own = faultPorts(1000)
  await publishBuilt(own, built).finally(own.close)
}

interface Ended {
  readonly seed: number
  readonly world: World
  readonly race: Race
}

/**
 * Those that succeeded are whole under their own tags; what all claim is the newest of them everywhere, and what is left
 * of those that failed is nothing, or is named by them. A release whose alias was never its own to write need not notice that it is refused.
 */
async function expectNewest(
  {seed, world, race: {versions, failing}}: Ended,
  results: readonly PromiseSettledResult<unknown>[]
): Promise<void> {
  const done = versions.filter((_, at) => results[at]?.status === 'fulfilled')
  const faults = results.flatMap(result => (result.status === 'rejected' ? [messageOf(result.reason)] : []))
  const where = `seed ${seed}, refused ${[...failing.keys()].join(' ')}, done ${done.join(' ')}: ${faults.join(' | ')}`
  const found = await readWorld(world, [OLD, ...versions])
  const newest = done.at(-1) ?? OLD
  const expectedAt = new Map<string, string>([
    ['latest', newest],
    ['1', newest]
  ])
  for (const version of versions) {
    const isDone = done.includes(version)
    expectedAt.set(version, isDone ? version : '')
    expectedAt.set(lineOf(version), isDone ? version : lineOf(version) === lineOf(OLD) ? OLD : '')
  }
  const open = results.flatMap(result => (result.status === 'rejected' ? unproved(result.reason) : []))
  const isNamed = (place: string, tag: string): boolean =>
    open.some(line => line.includes(`${place.slice(1)}:${tag}: `))
  const expected = PLACES.map(place => [place, Object.fromEntries(expectedAt)])
  const state = PLACES.map(place => [
    place,
    Object.fromEntries(
      [...expectedAt].map(([tag, wanted]) => [
        tag,
        isNamed(place, tag) ? wanted : versionAt(found, `${place}:${tag}`, versions)
      ])
    )
  ])
  expect({where, state}).toEqual({where, state: expected})
  expect({where, unexpected: versions.filter(one => !done.includes(one) && !failing.has(one))}).toEqual({
    where,
    unexpected: []
  })
}

/** What a run that failed says is not proved to be as it was: distribution 2.8 fails to read a tag that others write. */
function unproved(reason: unknown): string[] {
  const hint = reason instanceof ReleaseError ? (reason.hint ?? '') : ''
  const [, section = ''] =
    /These tags are not proved to be as they were before:\n((?: +.*\n?)+)/.exec(hint) ?? []
  return section.split('\n')
}

/** `1.0` for 1.0.1. */
function lineOf(version: string): string {
  return version.slice(0, version.lastIndexOf('.'))
}

/** The version that a tag points at; empty where it is not there. */
function versionAt(found: WorldState, key: string, versions: readonly string[]): string {
  const digest = found.get(key)
  if (digest === undefined) return ''
  const [place = ''] = key.split(':')
  return (
    [OLD, ...versions].find(version => found.get(`${place}:${version}`) === digest) ?? 'one that was undone'
  )
}
