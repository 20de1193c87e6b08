import {expect, it} from '@jest/globals'
import type {ProxyFault, RefusalOf} from '../support/fault-proxy.js'
import type {FaultBench, PreparedWorld} from './fault-bench.js'
import {publishBuilt, readWorld} from './release-world.js'
import {type Told, expectTruth} from './told-truth.js'

/** What registries do that show what was written late, answer HEAD otherwise than GET, or lose a write or its answer. */
const ODD: readonly (readonly [string, ProxyFault])[] = [
  ['shown 0.3 s late', '300 ms late'],
  ['shown 1 s late', '1000 ms late'],
  ['shown 3 s late', '3000 ms late'],
  ['HEAD 404, GET 200', 'HEAD 404'],
  ['HEAD 405, GET 200', 'HEAD 405'],
  ['confirmed and forgotten', 'forgotten'],
  ['made and answered with 502', '502 after']
]

const [OLD, NEWER] = ['1.0.0', '1.1.0'] as const

/** One try: which request meets what, and whether the second registry refuses latest besides. */
interface Try {
  readonly nth: number | 'every'
  readonly fault: ProxyFault
  readonly isUndone: boolean
}

/**
 * For every request of a release that a fault concerns, and for all of them together: the release is published, or, where
 * latest is refused, undone; and whatever is said of it at the end is what an independent reader finds.
 */
export function oddFaultCases(benchOf: () => FaultBench, milliseconds: number): void {
  for (const isUndone of [false, true]) {
    const totalOf = countedOnce(benchOf, isUndone)
    it.each(ODD)(
      isUndone ? 'is undone, and says what is so: %s' : 'is published, and says what is so: %s',
      async (kind, fault) => {
        const bench = benchOf()
        const total = await totalOf(fault)
        const chosen = [...bench.chosen(total, `${kind} ${String(isUndone)}`, 0), 'every' as const]
        for (const nth of chosen) {
          const {error} = await tryOdd(bench, {nth, fault, isUndone})
          const isDone = error === undefined
          expect({nth, fault, isDone, why: String(error)}).toMatchObject({nth, fault, isDone: !isUndone})
        }
        bench.report(`${kind}, ${isUndone ? 'undone' : 'published'}`, chosen.length, total + 1)
      },
      milliseconds
    )
  }
}

/** How many requests a fault concerns where nothing goes wrong: faults of HEAD the same ones, and so those of writes. */
function countedOnce(benchOf: () => FaultBench, isUndone: boolean): (fault: ProxyFault) => Promise<number> {
  const totals = new Map<boolean, Promise<number>>()
  return async fault => {
    const isOfHead = fault.startsWith('HEAD')
    const total =
      totals.get(isOfHead) ?? tryOdd(benchOf(), {nth: 0, fault, isUndone}).then(({count}) => count)
    totals.set(isOfHead, total)
    expect(await total).toBeGreaterThanOrEqual(20)
    return await total
  }
}

/** A run, held against what is there after it. */
async function tryOdd(
  bench: FaultBench,
  {nth, fault, isUndone}: Try
): Promise<Told & {readonly count: number}> {
  const prepared = await bench.prepare(NEWER)
  const ports = bench.virtualPorts()
  bench.book.refuse(isUndone ? refusalOf(prepared) : undefined)
  bench.book.arm(nth, fault)
  const told: Told = {
    journals: ports.journals,
    ...(await publishBuilt(ports, prepared.next).then(
      outputs => ({outputs}),
      (error: unknown) => ({error})
    ))
  }
  const count = bench.book.disarm()
  bench.book.refuse(undefined)
  ports.close()
  const found = await readWorld(prepared.world, [OLD, NEWER])
  expectTruth(`${fault} at ${nth}${isUndone ? ', and latest is refused' : ''}`, told, prepared, found)
  return {...told, count}
}

/** The second registry refuses latest of the new version. */
function refusalOf({world}: PreparedWorld): RefusalOf {
  const [, second] = world.upstreams
  return ({method, url, upstream, body}) =>
    method === 'PUT' && url.endsWith('/latest') && upstream === second && body.includes(NEWER) ? 0 : undefined
}
