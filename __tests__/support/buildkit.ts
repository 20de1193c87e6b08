import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {execWithEnvironment} from './builder-ports.js'
import {component, componentPath} from './components.js'

/** A BuildKit of this test alone, and an instance of buildx that uses it. */
export interface BuildKit {
  /** The name of the instance, which is also the current one. */
  readonly instance: string
  /** The variables that lead docker and buildx there. */
  readonly env: Readonly<Record<string, string>>
  /** The address of BuildKit itself, of the first node where there are several. */
  readonly address: string
  stop(): Promise<void>
}

const INSTANCE = 'test'

/** What one BuildKit says that it builds: its own platform first. */
const ALL_PLATFORMS = ['linux/amd64', 'linux/arm64']

/**
 * Starts buildkitd with its own root and socket in a temporary folder, and makes a builder with the driver `remote`.
 * @param httpRegistries host and port of registries that speak plain HTTP
 * @param variables of its environment, such as those of a proxy
 */
export async function startBuildKit(
  httpRegistries: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {}
): Promise<BuildKit> {
  return await startNodes([{platforms: ALL_PLATFORMS}], httpRegistries, variables)
}

/**
 * Starts a buildkitd for each platform, which is its own, and makes one builder of them. Each lists the other platforms, too:
 * BuildKit finds emulators on this machine, or brings them along.
 * @param isNamed whether each node is made with `--platform`; without, buildx takes the first that lists a platform
 */
export async function startBuildKitNodes(
  platforms: readonly string[],
  httpRegistries: readonly string[],
  isNamed: boolean
): Promise<BuildKit> {
  const nodes = platforms.map(own => ({
    platforms: [own, ...ALL_PLATFORMS.filter(one => one !== own)],
    named: isNamed ? own : undefined
  }))
  return await startNodes(nodes, httpRegistries)
}

interface NodeOptions {
  readonly platforms: readonly string[]
  /** The platform that the node is made for. */
  readonly named?: string | undefined
}

async function startNodes(
  nodes: readonly NodeOptions[],
  httpRegistries: readonly string[],
  variables: Readonly<Record<string, string>> = {}
): Promise<BuildKit> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bk-'))
  const daemons = await Promise.all(
    nodes.map(async ({platforms, named}, at) => {
      const own = path.join(folder, String(at))
      mkdirSync(own)
      return {named, ...(await startDaemon(own, {platforms, httpRegistries, variables}))}
    })
  )
  const env = {DOCKER_CONFIG: path.join(folder, 'docker')}
  await makeInstance(env, daemons)
  return {
    instance: INSTANCE,
    env,
    address: daemons[0]?.address ?? '',
    async stop() {
      await Promise.all(daemons.map(async ({process: daemon}) => await stop(daemon)))
      rmSync(folder, {recursive: true, force: true})
    }
  }
}

interface DaemonOptions {
  readonly platforms: readonly string[]
  readonly httpRegistries: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

async function startDaemon(
  folder: string,
  options: DaemonOptions
): Promise<{readonly process: ChildProcess; readonly address: string}> {
  const socket = path.join(folder, 'bk.sock')
  const log = path.join(folder, 'log')
  writeFileSync(path.join(folder, 'buildkitd.toml'), formatConfig(folder, socket, options))
  const daemon = spawn(component('buildkitd'), ['--config', path.join(folder, 'buildkitd.toml')], {
    env: {...process.env, ...options.variables, PATH: componentPath},
    stdio: ['ignore', 'ignore', 'pipe']
  })
  daemon.stderr.on('data', (chunk: Buffer) => writeFileSync(log, chunk, {flag: 'a'}))
  await waitForSocket(daemon, socket, log)
  return {process: daemon, address: `unix://${socket}`}
}

function formatConfig(folder: string, socket: string, {platforms, httpRegistries}: DaemonOptions): string {
  return [
    `root = "${folder}/root"`,
    `[grpc]\n  address = ["unix://${socket}"]`,
    `[worker.oci]\n  enabled = true\n  platforms = ${JSON.stringify(platforms)}`,
    '[worker.containerd]\n  enabled = false',
    ...httpRegistries.map(registry => `[registry."${registry}"]\n  http = true`)
  ].join('\n')
}

async function waitForSocket(daemon: ChildProcess, socket: string, log: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (existsSync(socket)) return
    if (daemon.exitCode !== null) break
    await sleep(50)
  }
  throw new Error(`buildkitd did not start:\n${existsSync(log) ? readFileSync(log, 'utf8') : ''}`)
}

/** A builder of these nodes. */
async function makeInstance(
  env: Record<string, string> & {DOCKER_CONFIG: string},
  nodes: readonly {readonly address: string; readonly named: string | undefined}[]
): Promise<void> {
  mkdirSync(path.join(env.DOCKER_CONFIG, 'cli-plugins'), {recursive: true})
  symlinkSync(component('docker-buildx'), path.join(env.DOCKER_CONFIG, 'cli-plugins', 'docker-buildx'))
  for (const [at, {address, named}] of nodes.entries()) {
    const how = [at === 0 ? '--use' : '--append', ...(named === undefined ? [] : ['--platform', named])]
    const args = ['create', '--name', INSTANCE, '--driver', 'remote', ...how, address]
    const {exitCode, stderr} = await execWithEnvironment(env)(component('docker-buildx'), args)
    if (exitCode !== 0) throw new Error(`no builder could be made: ${stderr}`)
  }
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return
  const ended = new Promise(resolve => daemon.once('exit', resolve))
  daemon.kill('SIGTERM')
  await ended
}
