import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {mkdirSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {createInterface} from 'node:readline'
import {digestOf} from '../../src/oci/digest.js'
import {plainEnvironment} from './command-line.js'
import {componentPath} from './components.js'

/** A run of a program that a test means to cancel. */
export interface BegunRun {
  readonly child: ChildProcess
  /** The exit code, or the signal that ended it, when it has ended. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** Starts a program of node whose temporary files lie in a folder of its own, which is emptied before. */
export interface RunToCancel {
  /** The program and its arguments. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly temporary: string
  /** When it has come so far that the test may cancel it: a line of its log, or something that happens elsewhere. */
  readonly until: RegExp | Promise<unknown>
}

/** @throws Error with the log where it ends before it came so far */
export async function beginRun({args, env, temporary, until}: RunToCancel): Promise<BegunRun> {
  rmSync(temporary, {recursive: true, force: true})
  mkdirSync(temporary)
  const child = spawn('node', args, {
    env: {...plainEnvironment(), PATH: componentPath, ...env, TMPDIR: temporary},
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const lines: string[] = []
  const ended = new Promise<number | NodeJS.Signals | null>(resolve => {
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  await new Promise<void>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr])
      createInterface({input: output}).on('line', line => {
        lines.push(line)
        if (until instanceof RegExp && until.test(line)) resolve()
      })
    if (!(until instanceof RegExp)) void until.then(() => resolve())
    void ended.then(code => reject(new Error(`it ended with ${code}:\n${lines.join('\n')}`)))
  })
  return {child, ended}
}

/** The command lines of the processes that a run started, and those started: they have its temporary folder in their environment. */
export function processesOf(temporary: string): string[] {
  return processes().flatMap(({environment, line}) =>
    environment.split('\0').includes(`TMPDIR=${temporary}`) ? [line] : []
  )
}

/** Whether a process of this command line runs. */
export function isRunning(line: string): boolean {
  return processes().some(each => each.line === line)
}

function processes(): {readonly line: string; readonly environment: string}[] {
  return readdirSync('/proc').flatMap(name => {
    try {
      const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8')
      return [{line: read('cmdline').replaceAll('\0', ' ').trim(), environment: read('environ')}]
    } catch {
      return []
    }
  })
}

/** A registry whose one image has a layer that never ends. */
export interface EndlessRegistry {
  /** The image that it has. */
  readonly image: string
  readonly host: string
  /** When the layer is asked for next. */
  asked(): Promise<void>
  /** How many wait for the layer. */
  waiting(): number
  stop(): Promise<void>
}

/** Starts it on the loopback address. */
export async function startEndlessRegistry(architecture: string): Promise<EndlessRegistry> {
  const layer = digestOf(Buffer.from('a layer that nobody has'))
  const config = Buffer.from(
    JSON.stringify({architecture, os: 'linux', config: {}, rootfs: {type: 'layers', diff_ids: [layer]}})
  )
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf(config),
        size: config.length
      },
      layers: [{mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer, size: 2 ** 30}]
    })
  )
  let waiting = 0
  let tell = (): void => undefined
  const server = createServer((request, response) => {
    const isHead = request.method === 'HEAD'
    const send = (type: string, body: Buffer): void => {
      response.writeHead(200, {
        'content-type': type,
        'content-length': body.length,
        'docker-content-digest': digestOf(body)
      })
      response.end(isHead ? undefined : body)
    }
    const path = request.url ?? ''
    if (path.includes('/manifests/')) send(manifestType, manifest)
    else if (path.endsWith(digestOf(config))) send('application/octet-stream', config)
    else if (path.endsWith(layer) && !isHead) {
      waiting += 1
      response.once('close', () => (waiting -= 1))
      response.writeHead(200, {'content-type': 'application/octet-stream', 'content-length': 2 ** 30})
      // More than what tells its kind, so that who pulls it has begun to keep it.
      response.write(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), randomBytes(2 ** 20)]), tell)
    } else response.writeHead(path === '/v2/' ? 200 : 404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    image: `${host}/o/base:1`,
    asked: () => new Promise(resolve => (tell = resolve)),
    waiting: () => waiting,
    stop: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    }
  }
}
