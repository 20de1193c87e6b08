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
  /** The address of BuildKit itself. */
  readonly address: string
  stop(): Promise<void>
}

const INSTANCE = 'test'

/**
 * Starts buildkitd with its own root and socket in a temporary folder, and makes a builder with the driver `remote`.
 * @param httpRegistries host and port of registries that speak plain HTTP
 * @param variables of its environment, such as those of a proxy
 */
export async function startBuildKit(
  httpRegistries: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {}
): Promise<BuildKit> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bk-'))
  const socket = path.join(folder, 'bk.sock')
  const log = path.join(folder, 'log')
  writeFileSync(path.join(folder, 'buildkitd.toml'), formatConfig(folder, socket, httpRegistries))
  const daemon = spawn(component('buildkitd'), ['--config', path.join(folder, 'buildkitd.toml')], {
    env: {...process.env, ...variables, PATH: componentPath},
    stdio: ['ignore', 'ignore', 'pipe']
  })
  daemon.stderr.on('data', (chunk: Buffer) => writeFileSync(log, chunk, {flag: 'a'}))
  await waitForSocket(daemon, socket, log)
  const env = {DOCKER_CONFIG: path.join(folder, 'docker')}
  await makeInstance(env, socket)
  return {instance: INSTANCE, env, address: `unix://${socket}`, stop: () => stop(daemon, folder)}
}

function formatConfig(folder: string, socket: string, httpRegistries: readonly string[]): string {
  return [
    `root = "${folder}/root"`,
    `[grpc]\n  address = ["unix://${socket}"]`,
    '[worker.oci]\n  enabled = true\n  platforms = ["linux/amd64", "linux/arm64"]',
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

async function makeInstance(
  env: Record<string, string> & {DOCKER_CONFIG: string},
  socket: string
): Promise<void> {
  mkdirSync(path.join(env.DOCKER_CONFIG, 'cli-plugins'), {recursive: true})
  symlinkSync(component('docker-buildx'), path.join(env.DOCKER_CONFIG, 'cli-plugins', 'docker-buildx'))
  const args = ['create', '--name', INSTANCE, '--driver', 'remote', '--use', `unix://${socket}`]
  const {exitCode, stderr} = await execWithEnvironment(env)(component('docker-buildx'), args)
  if (exitCode !== 0) throw new Error(`no builder could be made: ${stderr}`)
}

async function stop(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.exitCode === null) {
    const ended = new Promise(resolve => daemon.once('exit', resolve))
    daemon.kill('SIGTERM')
    await ended
  }
  rmSync(folder, {recursive: true, force: true})
}
