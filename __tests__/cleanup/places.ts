import {setTimeout as delay} from 'node:timers/promises'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {ReleaseError} from '../../src/errors.js'
import {openGithubApi} from '../../src/github/github-api.js'
import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {Clock, HttpRequest, Ports, Send} from '../../src/ports.js'
import {HUB_LOGIN, startDockerHub} from '../support/docker-hub-emulator.js'
import {startGhcr} from '../support/ghcr-emulator.js'
import {namedHosts} from '../support/named-hosts.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {APART} from '../support/whole-tags.js'
import type {CacheForm} from './dated-images.js'

/** What happens to the requests of one clean-up. */
export interface Network {
  /** Answers a request in the host's place. */
  readonly instead?: (request: HttpRequest) => ScriptedAnswer | undefined
  /** Something that happens before a request is sent. */
  readonly before?: (request: HttpRequest) => Promise<unknown>
  /** Something that happens between two requests: after one was answered, and before the clean-up knows. */
  readonly after?: (request: HttpRequest, status: number) => Promise<unknown>
}

/** How a clean-up ended, and what it asked for: `GET /v2/org/app/tags/list`. */
export interface PlaceRun {
  readonly outputs: Readonly<Record<string, string>>
  readonly error: ReleaseError | undefined
  readonly requests: readonly string[]
  readonly warnings: readonly string[]
}

/** An index at a tag, and what of its images is not there. */
export interface Damaged {
  readonly tag: string
  readonly index: Manifest
  readonly lost: readonly Manifest[]
}

/** A registry, or a vendor's host as programs see it. */
export interface Place {
  /** Whether what has no tag is listed there. */
  readonly listsUntagged: boolean
  /** Whether it tells when a tag was pushed: then nothing else counts. */
  readonly tellsTimes: boolean
  /** Whether packages are found there by a pattern: GitHub lists those of an owner. */
  readonly listsPackages: boolean
  /** How a cache of BuildKit can be laid out there. */
  readonly cacheForms: readonly CacheForm[]
  /** Milliseconds since the epoch, by the clock of the host and of clean-ups. */
  now(): number
  /** Moves that clock on. */
  pass(milliseconds: number): void
  /** What pushes there, as anybody does. */
  readonly ports: TestPorts
  imageOf(name: string): string
  /** Where a reader finds the repository: `http://127.0.0.1:5000/v2/org/app`. */
  baseOf(name: string): string
  /** Has an index there of which these are lost, as after a fault of the storage or a deletion by hand. */
  putDamaged(name: string, damaged: Damaged): Promise<void>
  /** Has the host refuse the deletion of this manifest, in the host's own way. */
  refusing(name: string, digest: Digest): Network
  /** Whether what it refuses so it deletes for nobody, so that a release which supersedes it does not fail by it. */
  readonly refusesAll: boolean
  clean(name: string, texts: Readonly<Record<string, string>>, network?: Network): Promise<PlaceRun>
  /** What the host's API was asked or answered other than its description says. */
  faults(): readonly string[]
  close(): Promise<void>
}

const BOTH_FORMS = ['image', 'index'] as const

const LOCKED: ScriptedAnswer = {
  status: 409,
  body: {errors: [{code: 'CONFLICT', message: 'it is locked by a rule'}]}
}

const locking = (digest: Digest): Network => ({
  instead: ({method, url}) => (method === 'DELETE' && url.pathname.endsWith(digest) ? LOCKED : undefined)
})

/** Takes manifests away, whatever names them. */
async function loseBehind(base: string, lost: readonly Manifest[]): Promise<void> {
  for (const {digest} of lost) {
    const {status} = await fetch(`${base}/manifests/${digest}`, {method: 'DELETE', headers: APART})
    if (status !== 202) throw new Error(`${base} did not lose ${digest}: ${status}`)
  }
}

/**
 * A clock that a test can move on, the same for the host and for what cleans it.
 * @param isVirtual waiting moves it on, too, and takes no time: what is in this process shows everything at once
 */
function movingTime(isVirtual = false): {
  readonly now: () => number
  readonly pass: (milliseconds: number) => void
  readonly clock: Clock
} {
  let ahead = 0
  const now = (): number => Date.now() + ahead
  return {
    now,
    pass: milliseconds => void (ahead += milliseconds),
    clock: {
      now,
      sleep: async (milliseconds, signal) => {
        if (isVirtual) ahead += milliseconds
        await delay(isVirtual ? 0 : milliseconds, undefined, {signal})
      }
    }
  }
}

interface RegistryTraits {
  readonly cacheForms?: readonly CacheForm[]
  /** It deletes no child of an index, and takes an index whose children are not there. */
  readonly keepsChildren?: boolean
}

/** A registry itself. */
export async function registryPlace(
  start: () => Promise<RunningRegistry>,
  {cacheForms = BOTH_FORMS, keepsChildren = false}: RegistryTraits = {}
): Promise<Place> {
  const registry = await start()
  const time = movingTime()
  const ports = {...testPorts([registry]), clock: time.clock}
  const imageOf = (name: string): string => `${registry.host}/org/${name}`
  const baseOf = (name: string): string => `http://${registry.host}/v2/org/${name}`
  return {
    listsUntagged: false,
    tellsTimes: false,
    listsPackages: false,
    cacheForms,
    ...time,
    ports,
    imageOf,
    baseOf,
    putDamaged: async (name, {tag, index, lost}) => {
      const [put, lose] = [
        async () => await clientOf(ports, imageOf(name)).putManifest(index, parseTag(tag)),
        async () => await loseBehind(baseOf(name), lost)
      ]
      for (const step of keepsChildren ? [lose, put] : [put, lose]) await step()
    },
    refusing: (_, digest) => locking(digest),
    refusesAll: false,
    clean: async (name, texts, network) => await clean(ports, {images: imageOf(name), ...texts}, network),
    faults: () => [],
    close: async () => {
      ports.close()
      await registry.stop()
    }
  }
}

/** GitHub's registry with its API. */
export async function ghcrPlace(): Promise<Place> {
  const time = movingTime(true)
  const behind = await startEmbedded()
  const emulator = await startGhcr({now: time.now, registry: behind})
  const ports = {...testPorts([]), clock: time.clock}
  const environment = {GITHUB_API_URL: emulator.apiUrl, GITHUB_TOKEN: 'admin'}
  const imageOf = (name: string): string => `${emulator.host}/org/${name}`
  const own = {backend: 'ghcr', 'github-token': 'admin'}
  return {
    listsUntagged: true,
    tellsTimes: true,
    listsPackages: true,
    cacheForms: BOTH_FORMS,
    ...time,
    ports,
    imageOf,
    baseOf: name => `http://${emulator.host}/v2/org/${name}`,
    putDamaged: async (name, {tag, index, lost}) => {
      await clientOf(ports, imageOf(name)).putManifest(index, parseTag(tag))
      await loseBehind(`http://${behind.host}/v2/org/${name}`, lost)
      for (const {digest} of lost) emulator.state.find(`org/${name}`, digest)!.deleted = time.now()
    },
    refusing: (name, digest) => {
      emulator.state.find(`org/${name}`, digest)!.downloads = 5001
      return {}
    },
    refusesAll: true,
    clean: async (name, texts, network) =>
      await clean(ports, {images: imageOf(name), ...own, ...texts}, network, send => {
        const {reporter, signal, clock} = ports
        return {github: openGithubApi({environment, send, reporter, signal, clock})}
      }),
    faults: () => emulator.faults,
    close: async () => {
      ports.close()
      await emulator.stop()
      await behind.stop()
    }
  }
}

/** Docker Hub with its API, by its own names. */
export async function hubPlace(): Promise<Place> {
  const time = movingTime(true)
  const behind = await startEmbedded()
  const hub = await startDockerHub({now: time.now, registry: behind})
  const plain = testPorts([])
  const places = {'registry-1.docker.io': `http://${hub.host}`, 'hub.docker.com': hub.apiUrl}
  const ports = testPorts([], {
    clock: time.clock,
    send: namedHosts(plain.send, places),
    credentials: host => Promise.resolve(host === 'docker.io' ? HUB_LOGIN : undefined)
  })
  const imageOf = (name: string): string => `docker.io/ada/${name}`
  return {
    listsUntagged: false,
    tellsTimes: true,
    listsPackages: false,
    cacheForms: BOTH_FORMS,
    ...time,
    ports,
    imageOf,
    baseOf: name => `http://${hub.host}/v2/ada/${name}`,
    putDamaged: async (name, {tag, index, lost}) => {
      await clientOf(ports, imageOf(name)).putManifest(index, parseTag(tag))
      await loseBehind(`http://${behind.host}/v2/ada/${name}`, lost)
    },
    refusing: (_, digest) => locking(digest),
    refusesAll: false,
    clean: async (name, texts, network) => await clean(ports, {images: imageOf(name), ...texts}, network),
    faults: () => hub.faults,
    close: async () => {
      ports.close()
      plain.close()
      await hub.stop()
      await behind.stop()
    }
  }
}

async function clean(
  ports: TestPorts,
  texts: Readonly<Record<string, string>>,
  network: Network = {},
  more: (send: Send) => Partial<Ports> = () => ({})
): Promise<PlaceRun> {
  const requests: string[] = []
  const before = ports.reporter.warnings.length
  const warnings = (): string[] => ports.reporter.warnings.slice(before)
  const send = through(ports.send, network, requests)
  const inputs = parseInputs(cleanupLatest.inputs, {
    'allow-deletion': 'true',
    'min-age': '0',
    force: 'true',
    ...texts
  })
  try {
    const outputs = await cleanupLatest.run(inputs, {...ports, send, ...more(send)})
    return {outputs, error: undefined, requests, warnings: warnings()}
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return {outputs: error.outputs ?? {}, error, requests, warnings: warnings()}
  }
}

function through(send: Send, {instead, before, after}: Network, requests: string[]): Send {
  return async request => {
    requests.push(`${request.method} ${request.url.pathname}${request.url.search}`)
    const scripted = instead?.(request)
    if (scripted !== undefined) return await scriptedSend(() => scripted)(request)
    await before?.(request)
    const response = await send(request)
    await after?.(request, response.status)
    return response
  }
}
