import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {chosenOf, faultPorts} from '../faults/fault-bench.js'
import {type CommandLine, commandLine} from '../support/command-line.js'
import {type FaultBook, type FaultProxy, type ProxyFault, startFaultProxies} from '../support/fault-proxy.js'
import type {TestPorts} from '../support/ports.js'
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
  '404 after'
]

/**
 * For every request of a clean-up: what if it goes wrong, or is the last one of the process? Every tag that stays is
 * whole, and running again deletes all that is to go.
 */
export function cleanupFaultSuite(start: () => Promise<RunningRegistry>): void {
  let registry: RunningRegistry
  let proxy: FaultProxy
  let book: FaultBook
  let ports: TestPorts
  let program: CommandLine
  let number = 0

  beforeAll(async () => {
    registry = await start()
    const started = await startFaultProxies([registry.host])
    book = started.book
    proxy = started.proxies[0]!
    ports = faultPorts()
    program = commandLine()
  }, 60_000)
  afterAll(async () => {
    ports.close()
    program.remove()
    await proxy.stop()
    await registry.stop()
  })

  async function prepare(): Promise<{image: string; world: RepositoryWorld}> {
    number += 1
    const image = `${registry.host}/faults/c${number}`
    return {image, world: await makeWorld(ports, image, `${proxy.host}/faults/c${number}`)}
  }

  async function countRequests(): Promise<number> {
    const {world} = await prepare()
    book.arm(0, 'call before')
    await clean(ports, world)
    return book.disarm()
  }

  /** After whatever happened: nothing broken; and after another run: nothing left. */
  async function expectRecovery(where: string, image: string, world: RepositoryWorld): Promise<void> {
    expect({where, broken: await brokenParts(ports, image, world)}).toEqual({where, broken: []})
    await clean(ports, world)
    const broken = await brokenParts(ports, image, world)
    expect({where, broken, left: await leftBehind(ports, image, world)}).toEqual({
      where,
      broken: [],
      left: []
    })
  }

  it.each(FAULTS)(
    'breaks nothing and finishes with the next run, whichever request meets: %s',
    async fault => {
      const total = await countRequests()
      expect(total).toBeGreaterThan(30)
      const cases = chosenOf(total)
      for (const nth of cases) {
        const {image, world} = await prepare()
        book.arm(nth, fault)
        const failure = await clean(ports, world).then(
          () => 'succeeded',
          (error: unknown) => `failed: ${String(error)}`
        )
        book.disarm()
        await expectRecovery(`${fault} at request ${nth} of ${total}, the run ${failure}`, image, world)
      }
      process.stderr.write(`clean-up on ${registry.name}: ${fault}: ${cases.length} of ${total} requests\n`)
    },
    1_200_000
  )

  it.each(['call before', 'call after'] as const)(
    'breaks nothing and finishes with the next run when the process is killed at any request: %s',
    async when => {
      const total = await countRequests()
      const cases = chosenOf(total)
      for (const nth of cases) {
        const {image, world} = await prepare()
        const signal = await killAt(nth, when, world)
        expect({nth, signal}).toEqual({nth, signal: 'SIGKILL'})
        await expectRecovery(`killed, ${when} ${nth} of ${total}`, image, world)
      }
      process.stderr.write(
        `clean-up on ${registry.name}: killed, ${when}: ${cases.length} of ${total} requests\n`
      )
    },
    1_200_000
  )

  /** Runs the command line, and kills it at its n-th request. */
  async function killAt(nth: number, when: ProxyFault, world: RepositoryWorld): Promise<string | null> {
    const flags = Object.entries(textsFor(world)).flatMap(([name, value]) => [`--${name}`, value])
    const [node = '', ...args] = program.command.split(' ')
    const started: {child?: ChildProcess; gone?: Promise<unknown>} = {}
    book.arm(nth, when, async () => {
      started.child?.kill('SIGKILL')
      await started.gone
    })
    const child = spawn(node, [...args, 'cleanup-latest', ...flags], {
      stdio: 'ignore',
      env: {PATH: process.env['PATH'], HOME: '/nonexistent', GITHUB_ACTIONS: ''}
    })
    started.child = child
    started.gone = once(child, 'exit')
    await started.gone
    book.disarm()
    return child.signalCode
  }
}
