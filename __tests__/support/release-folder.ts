import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {partsOf, sampleImage, writeLayout} from '../building/layouts.js'
import {type CommandLine, plainEnvironment} from './command-line.js'
import {testPorts} from './ports.js'
import {PUBLISHER, type RunningRegistry, startEmbedded} from './registries.js'
import {type TestRelease, buildAll, releaseTags} from './releases.js'

/** How a program ended, and all that it said: its log, and its result. */
export interface Ended {
  readonly exitCode: number | null
  readonly said: string
  readonly out: string
}

/** Where a failure happens: a folder with a plan and its records, and registries. */
export class World {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'failures-'))
  readonly #running: RunningRegistry[] = []
  readonly #closing: (() => Promise<void> | void)[] = []
  environment: Readonly<Record<string, string>> = {}
  /** What stands before the program, such as what gives it a small disk. */
  #before: readonly string[] = []

  constructor(readonly program: CommandLine) {}

  async registry(
    kind: 'none' | 'basic' | 'token' = 'none',
    tokenLifetimeSeconds?: number
  ): Promise<RunningRegistry> {
    const users = [{...PUBLISHER, rights: ['pull', 'push', 'delete']}] as const
    const registry = await startEmbedded(
      tokenLifetimeSeconds === undefined
        ? {auth: kind === 'none' ? {kind} : {kind, users}}
        : {auth: {kind: 'token', users, tokenLifetimeSeconds}}
    )
    this.#running.push(registry)
    return registry
  }

  /** An image that another tool has built. */
  layout(): void {
    writeLayout(path.join(this.folder, 'layout'), [sampleImage().manifest], partsOf(sampleImage()))
  }

  /** Programs find a folder on a disk of its own, which is full. */
  smallDisk(folder: string): void {
    const fill = `mkdir -p ${folder} && mount -t tmpfs -o size=4k tmpfs ${folder} && head -c 64k /dev/zero >${folder}/full 2>/dev/null`
    this.#before = ['unshare', '-rm', 'sh', '-c', `${fill}; exec "$@"`, 'sh']
  }

  atEnd(close: () => Promise<void> | void): void {
    this.#closing.push(close)
  }

  /** Builds and pushes what a plan names, as its build jobs do; merge-manifest is what is left. */
  async built(hosts: readonly string[], changes: Partial<TestRelease> = {}): Promise<void> {
    const images = hosts.map(host => `${host}/org/app`)
    const ports = testPorts(this.#running)
    const plan = await buildAll(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0'), ...changes})
    this.write('plan.json', formatPlan(plan))
    for (const [name, record] of ports.records) this.write(`.image-release/records/${name}`, record)
    ports.close()
  }

  write(file: string, content: string | Uint8Array): string {
    const whole = path.join(this.folder, file)
    mkdirSync(path.dirname(whole), {recursive: true})
    writeFileSync(whole, content)
    return whole
  }

  start(...args: readonly string[]): ChildProcess {
    const [command = '', ...rest] = [...this.#before, process.execPath, this.program.entry, ...args]
    return spawn(command, rest, {
      cwd: this.folder,
      env: {PATH: plainEnvironment()['PATH'] ?? '', HOME: this.folder, ...this.environment}
    })
  }

  async run(...args: readonly string[]): Promise<Ended> {
    return await ended(this.start(...args))
  }

  async close(): Promise<void> {
    for (const one of this.#closing) await one()
    await Promise.all(this.#running.map(async one => await one.stop().catch(() => undefined)))
    rmSync(this.folder, {recursive: true, force: true})
  }
}

/** Waits for the end of a program. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const said: string[] = []
  const out: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk.toString()))
  const exitCode = await new Promise<number | null>(resolve => child.on('close', resolve))
  return {exitCode, said: said.join(''), out: out.join('')}
}
