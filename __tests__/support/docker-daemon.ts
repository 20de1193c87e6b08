import {spawn, spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from './builder-ports.js'
import {component, componentPath} from './components.js'
import {storageDriver} from './container-storage.js'

/** What a daemon needs; its containers share the network of this machine. */
export const DOCKER_DAEMON = ['dockerd', 'docker', 'runc-nores'] as const

/** Docker's daemon, of this test alone. */
export interface DockerDaemon {
  /** Runs programs that find this daemon. */
  readonly exec: Exec
  /** Its address, for DOCKER_HOST. */
  readonly address: string
  stop(): Promise<void>
}

/**
 * Starts it with its own root and socket in a temporary folder. It touches neither bridges nor the packet filter.
 * @param variables of its environment, such as those of a proxy
 */
export async function startDockerDaemon(
  variables: Readonly<Record<string, string>> = {}
): Promise<DockerDaemon> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dockerd-'))
  const at = (name: string): string => path.join(folder, name)
  const configuration = {
    'data-root': at('root'),
    'exec-root': at('exec'),
    pidfile: at('pid'),
    hosts: [`unix://${at('socket')}`],
    bridge: 'none',
    iptables: false,
    'ip-forward': false,
    'storage-driver': storageDriver() === 'overlay' ? 'overlay2' : 'vfs',
    runtimes: {nores: {path: component('runc-nores')}},
    'default-runtime': 'nores'
  }
  writeFileSync(at('daemon.json'), JSON.stringify(configuration))
  const daemon = spawn(component('dockerd'), ['--config-file', at('daemon.json')], {
    env: {...process.env, ...variables, PATH: componentPath},
    stdio: ['ignore', 'ignore', 'pipe']
  })
  daemon.stderr.on('data', (chunk: Buffer) => writeFileSync(at('log'), chunk, {flag: 'a'}))
  const address = `unix://${at('socket')}`
  const exec = execWithEnvironment({DOCKER_HOST: address, DOCKER_CONFIG: at('config')})
  const ended = new Promise<void>(resolve => daemon.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM')
    await ended
    // It leaves the namespace of this machine's network mounted there.
    spawnSync('umount', [path.join(at('exec'), 'netns', 'default')])
    rmSync(folder, {recursive: true, force: true})
  }
  for (let tries = 0; tries < 200 && daemon.exitCode === null; tries++) {
    if (existsSync(at('socket')) && (await exec('docker', ['version'])).exitCode === 0)
      return {exec, address, stop}
    await sleep(100)
  }
  const log = existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : ''
  await stop()
  throw new Error(`dockerd did not start:\n${log}`)
}
