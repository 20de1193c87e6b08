import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {type FaultBench, STRIDE, type Share, openFaultBench} from '../faults/fault-bench.js'
import type {ProxyFault} from '../support/fault-proxy.js'
import type {RunningRegistry} from '../support/registries.js'
import {
  type RepositoryWorld,
  brokenParts,
  clean,
  leftBehind,
  makeWorld,
  textsFor
} from './repository-world.js'

const FAULTS: readonly ProxyFault[] = [
  'reset before',
  'reset after',
  '500 for ever',
  '429 twice',
  '403 for ever',
  '404 after',
  '300 ms late',
  '1000 ms late',
  '3000 ms late',
  'HEAD 404',
  'HEAD 405',
  'forgotten',
  '502 after'
]
const KILLS = ['call before', 'call after'] as const
const MINUTES = (STRIDE === 1 ? 30 : 10) * 60_000
/** How many requests of a run may be repetitions of others. */
const REPEATED = 5

/** A repository that no other case uses. */
interface Prepared {
  /** As it is reached without the proxy. */
  readonly image: string
  readonly world: RepositoryWorld
}

/**
 * For every request of a clean-up: what if it goes wrong, or is the last one of the process? Every tag that stays is
 * whole, and running again deletes all that is to go.
 */
export function cleanupFaultSuite(share: Share, start: () => Promise<RunningRegistry>): void {
  let bench: FaultBench
  const totals = new Map<string, Promise<number>>()
  /** Counted once for all faults that concern the same requests. */
  const countOf = async (fault: ProxyFault): Promise<number> => {
    const concerned = /HEAD|forgotten|502|late/.exec(fault)?.[0].replace(/forgotten|502/, 'late') ?? 'any'
    const total = totals.get(concerned) ?? countRequests(bench, fault)
    totals.set(concerned, total)
    return await total
  }

  beforeAll(async () => {
    bench = await openFaultBench([await start()], share)
  }, 60_000)
  afterAll(async () => await bench.close(), 180_000)

  /**
   * Tries every chosen request, and counts those that were met. Only the last few may not be, where the run that was
   * counted asked once more for something that was still being written.
   */
  const tryAll = async (
    kind: string,
    tryOne: (nth: number) => Promise<void>,
    fault: ProxyFault = 'call before'
  ): Promise<void> => {
    const total = await countOf(fault)
    expect(total).toBeGreaterThan(5)
    const met: number[] = []
    for (const nth of bench.chosen(total, kind)) {
      await tryOne(nth)
      if (bench.book.isHit) met.push(nth)
      else expect(nth).toBeGreaterThan(total - REPEATED)
    }
    bench.report(`clean-up, ${kind}`, met.length, STRIDE === 1 ? Math.max(...met) : total)
  }

  it.each(FAULTS)(
    'breaks nothing and finishes with the next run, whichever request meets: %s',
    async fault => {
      await tryAll(fault, async nth => await tryFault(bench, nth, fault), fault)
      await tryFault(bench, 'every', fault)
      bench.report(`clean-up, ${fault}, each time`, 1, 1)
    },
    MINUTES
  )

  it.each(KILLS)(
    'breaks nothing and finishes with the next run when the process is killed at any request: %s',
    async when => {
      await tryAll(`SIGKILL, ${when}`, async nth => await tryKill(bench, nth, when))
    },
    MINUTES
  )
}

async function prepare(bench: FaultBench): Promise<Prepared> {
  const {hosts, upstreams, folder} = bench.world()
  const [image, via] = [upstreams, hosts].map(([host = '']) => `${host}/${folder}`)
  return {image: image ?? '', world: await makeWorld(bench.ports, image ?? '', via)}
}

/** How many requests a fault concerns where nothing goes wrong. */
async function countRequests(bench: FaultBench, fault: ProxyFault): Promise<number> {
  const {world} = await prepare(bench)
  bench.book.arm(0, fault)
  await clean(bench.ports, world)
  return bench.book.disarm()
}

async function tryFault(bench: FaultBench, nth: number | 'every', fault: ProxyFault): Promise<void> {
  const prepared = await prepare(bench)
  const ports = bench.virtualPorts()
  bench.book.arm(nth, fault)
  const outcome = await clean(ports, prepared.world).then(
    () => 'succeeded',
    (error: unknown) => `failed: ${String(error)}`
  )
  bench.book.disarm()
  ports.close()
  // What a registry confirmed and forgot to delete after its index went is chosen by no rule: a platform, or a signature and
  // its tag.
  const mayStay = fault === 'forgotten' ? 2 : 0
  await expectRecovery(bench, `${fault} at request ${nth}, the run ${outcome}`, {...prepared, mayStay})
}

async function tryKill(bench: FaultBench, nth: number, when: ProxyFault): Promise<void> {
  const prepared = await prepare(bench)
  const signal = await killAt(bench, nth, when, prepared.world)
  expect({nth, signal}).toEqual({nth, signal: bench.book.isHit ? 'SIGKILL' : null})
  await expectRecovery(bench, `killed, ${when} ${nth}`, prepared)
}

/** After whatever happened: nothing broken; and after another run: nothing left, but for `mayStay` manifests and tags. */
async function expectRecovery(
  {ports}: FaultBench,
  where: string,
  {image, world, mayStay = 0}: Prepared & {readonly mayStay?: number}
): Promise<void> {
  expect({where, broken: await brokenParts(ports, image, world)}).toEqual({where, broken: []})
  await clean(ports, world)
  const broken = await brokenParts(ports, image, world)
  const left = await leftBehind(ports, image, world)
  expect({where, broken, left: left.slice(mayStay)}).toEqual({where, broken: [], left: []})
}

/** Runs the command line, and kills it at its n-th request. */
async function killAt(
  {book}: FaultBench,
  nth: number,
  when: ProxyFault,
  world: RepositoryWorld
): Promise<string | null> {
  const flags = Object.entries(textsFor(world)).flatMap(([name, value]) => [`--${name}`, value])
  const started: {child?: ChildProcess; gone?: Promise<unknown>} = {}
  book.arm(nth, when, async () => {
    started.child?.kill('SIGKILL')
    await started.gone
  })
  const child = spawn(
    process.execPath,
    [path.resolve('dist/cli.js'), 'cleanup-latest', '--allow-deletion', ...flags],
    {
      stdio: 'ignore',
      env: {PATH: process.env['PATH'], HOME: '/nonexistent'}
    }
  )
  started.child = child
  started.gone = once(child, 'exit')
  await started.gone
  book.disarm()
  return child.signalCode
}
