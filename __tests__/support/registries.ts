import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'
import {
  type EmbeddedRegistry,
  type EmbeddedRegistryOptions,
  memoryStorage,
  startEmbeddedRegistry
} from '../../src/embedded-registry/embedded-registry.js'
import type {Certificate} from './certificate.js'
import {component} from './components.js'
import {freePort} from './loopback.js'
import {type IssuerUser, type RunningTokenIssuer, startTokenIssuer} from './token-issuer.js'

/** A registry that a test started. */
export interface RunningRegistry {
  readonly name: string
  /** `127.0.0.1:40001`, as references write it. */
  readonly host: string
  /** What a client has to know where the registry asks. */
  readonly credential?: {readonly username: string; readonly password: string}
  /** Where its tokens come from, if they come from an issuer of this machine. */
  readonly tokenEndpoint?: URL
  /** Where it keeps what it has, if it is a program of its own: `data` in this folder. */
  readonly folder?: string
  /** The certificate (PEM) that it shows, where it speaks TLS. */
  readonly authority?: string
  stop(): Promise<void>
}

/** May do everything, on every registry with authentication. */
export const PUBLISHER = {username: 'publisher', password: 'secret'} as const
/** May only pull; unknown to htpasswd, which has no rights. */
export const READER = {username: 'reader', password: 'readonly'} as const

/** The users of the embedded registry and of the token issuer. */
export const USERS = [
  {...PUBLISHER, rights: ['pull', 'push', 'delete']},
  {...READER, rights: ['pull']}
] as const

/** The programs that the real registries need, for `describeWith`. */
export const DISTRIBUTION_2 = ['docker-registry', 'openssl'] as const
export const DISTRIBUTION_3 = ['registry3', 'openssl'] as const
export const OLAREG = ['olareg'] as const
export const ZOT = ['zot'] as const

/** The embedded registry in this process: in memory and open, if nothing else is said. */
export async function startEmbedded(
  options: Partial<EmbeddedRegistryOptions> = {}
): Promise<RunningRegistry & {readonly registry: EmbeddedRegistry}> {
  const registry = await startEmbeddedRegistry({storage: memoryStorage(), ...options})
  const kind = options.auth?.kind ?? 'none'
  return {
    name: kind === 'none' ? 'embedded' : `embedded, ${kind}`,
    host: registry.host,
    ...(kind === 'none' ? {} : {credential: PUBLISHER}),
    registry,
    stop: () => registry.close()
  }
}

/** The embedded registry with the users of these tests. */
export function startEmbeddedWith(
  kind: 'basic' | 'token',
  options: Partial<EmbeddedRegistryOptions> = {}
): Promise<RunningRegistry & {readonly registry: EmbeddedRegistry}> {
  return startEmbedded({auth: {kind, users: USERS}, ...options})
}

export interface DistributionOptions {
  readonly auth?: 'none' | 'htpasswd' | 'token'
  readonly allowDelete?: boolean
  readonly relativeLocations?: boolean
  readonly tokenLifetimeSeconds?: number
  /** Speaks TLS, and with it HTTP/2. */
  readonly certificate?: Certificate
  /** Who it knows, in place of the users of all registries. The first has all rights. */
  readonly users?: readonly IssuerUser[]
  /** What it says of where tokens are to be had, if that is not the address of the issuer. */
  readonly realm?: string
  /** Further lines of the configuration file, in YAML. */
  readonly configuration?: string
}

/** distribution 3. */
export function startDistribution3(options: DistributionOptions = {}): Promise<RunningRegistry> {
  return startDistribution('distribution 3', component('registry3'), options)
}

/** docker-registry 2.8. */
export function startDistribution2(options: DistributionOptions = {}): Promise<RunningRegistry> {
  return startDistribution('distribution 2.8', component('docker-registry'), options)
}

/** olareg, in memory: the one that knows referrers. */
export function startOlareg(): Promise<RunningRegistry> {
  return withFolder(async folder => {
    const running = await startProgram(folder, port => ({
      program: component('olareg'),
      args: ['serve', '--addr', '127.0.0.1', '--port', String(port), '--store-type', 'mem'].concat(
        '--api-delete',
        '--api-blob-delete',
        '--gc-frequency=-1s'
      )
    }))
    return {name: 'olareg', host: running.host, stop: running.stop}
  })
}

/** zot, which knows only the media types of OCI, and takes an index whose images are not there. */
export function startZot(): Promise<RunningRegistry> {
  return withFolder(async folder => {
    const file = path.join(folder, 'zot.json')
    const running = await startProgram(folder, async port => {
      const document = {
        distSpecVersion: '1.0.1-dev',
        storage: {rootDirectory: path.join(folder, 'data'), gc: false},
        http: {address: '127.0.0.1', port: String(port)},
        log: {level: 'error'}
      }
      await writeFile(file, JSON.stringify(document))
      return {program: component('zot'), args: ['serve', file]}
    })
    return {name: 'zot', host: running.host, stop: running.stop}
  })
}

/** `publisher` and `secret`, by bcrypt: the only form that distribution takes. */
const HTPASSWD = 'publisher:$2y$05$5FRDXNore8fZp4RI4Bc0HOAZKe7onEAjtRoLTVceIVMKJnjFW/AA2\n'

async function startDistribution(
  name: string,
  program: string,
  options: DistributionOptions
): Promise<RunningRegistry> {
  const kind = options.auth ?? 'none'
  return withFolder(async folder => {
    const issuer = kind === 'token' ? await startIssuer(folder, options) : undefined
    await writeFile(path.join(folder, 'htpasswd'), await passwordFile(options.users))
    const file = path.join(folder, 'config.yml')
    const running = await startProgram(folder, async port => {
      await writeFile(file, configurationOf(folder, port, options, issuer))
      return {program, args: ['serve', file]}
    })
    return {
      name: kind === 'none' ? name : `${name}, ${kind}`,
      host: running.host,
      ...(kind === 'none' ? {} : {credential: options.users?.[0] ?? PUBLISHER}),
      ...(issuer === undefined ? {} : {tokenEndpoint: new URL(issuer.realm)}),
      ...(options.certificate === undefined ? {} : {authority: options.certificate.certificate}),
      folder,
      stop: async () => {
        await running.stop()
        await issuer?.stop()
      }
    }
  })
}

function startIssuer(folder: string, options: DistributionOptions): Promise<RunningTokenIssuer> {
  const lifetimeSeconds = options.tokenLifetimeSeconds ?? 300
  return startTokenIssuer({folder, lifetimeSeconds, users: options.users ?? USERS})
}

/** Only bcrypt is taken. */
async function passwordFile(users: readonly IssuerUser[] | undefined): Promise<string> {
  if (users === undefined) return HTPASSWD
  const lines = users.map(async ({username, password}) => {
    const {stdout} = await promisify(execFile)(component('htpasswd'), ['-Bbn', username, password])
    return stdout.trim()
  })
  return `${(await Promise.all(lines)).join('\n')}\n`
}

function configurationOf(
  folder: string,
  port: number,
  options: DistributionOptions,
  issuer: RunningTokenIssuer | undefined
): string {
  const {allowDelete = true, relativeLocations = true, certificate} = options
  const tls =
    certificate === undefined
      ? ''
      : `, tls: {certificate: ${certificate.certificateFile}, key: ${certificate.keyFile}}`
  return [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: ${allowDelete}}}`,
    `http: {addr: "127.0.0.1:${port}", relativeurls: ${relativeLocations}, secret: test${tls}}`,
    ...(options.auth === 'htpasswd' ? [`auth: {htpasswd: {realm: test, path: ${folder}/htpasswd}}`] : []),
    ...(issuer
      ? [
          'auth:',
          `  token: {realm: "${options.realm ?? issuer.realm}", service: ${issuer.service}, issuer: ${issuer.issuer}, rootcertbundle: ${issuer.certificateFile}}`
        ]
      : []),
    options.configuration ?? ''
  ].join('\n')
}

interface Launch {
  readonly program: string
  readonly args: readonly string[]
}

/** Starts a program on a free port. Another process may take the port first: then it is tried again with another. */
async function startProgram(
  folder: string,
  launchOn: (port: number) => Launch | Promise<Launch>
): Promise<{host: string; stop: () => Promise<void>}> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const {program, args} = await launchOn(port)
    const child = spawn(program, args, {cwd: folder, env: environment(), stdio: ['ignore', 'ignore', 'pipe']})
    const log: string[] = []
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()))
    const host = `127.0.0.1:${port}`
    if (await isReady(child, host)) return {host, stop: () => end(child)}
    await end(child)
    if (attempt === 3) throw new Error(`${path.basename(program)} did not start:\n${log.join('')}`)
  }
}

/** distribution takes every variable that starts with REGISTRY_ as configuration, and podman's is such a one. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_')))
}

async function isReady(child: ChildProcess, host: string): Promise<boolean> {
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (child.exitCode !== null) return false
    const status = await fetch(`http://${host}/v2/`).then(
      response => response.status,
      () => 0
    )
    // 400 is what one that speaks TLS says to plain HTTP.
    if ([200, 400, 401].includes(status)) return true
    await sleep(50)
  }
  return false
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}

/** Gives a registry a folder, which goes when the registry is stopped or could not be started. */
async function withFolder(start: (folder: string) => Promise<RunningRegistry>): Promise<RunningRegistry> {
  const folder = await mkdtemp(path.join(tmpdir(), 'registry-'))
  const clean = (): Promise<void> => rm(folder, {recursive: true, force: true})
  try {
    const running = await start(folder)
    return {
      ...running,
      stop: async () => {
        await running.stop()
        await clean()
      }
    }
  } catch (cause) {
    await clean()
    throw cause
  }
}
