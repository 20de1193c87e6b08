import {
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  createServer,
  request as forward
} from 'node:http'
import {buffer} from 'node:stream/consumers'
import {GhcrLimiter, type GhcrLimits} from './ghcr-limits.js'
import {type ApiAnswer, GhcrPackagesApi, type ManifestKeeper} from './ghcr-packages-api.js'
import {type GhcrSettings, GhcrState, type GhcrToken, type GhcrVersion} from './ghcr-state.js'
import {type OpenApiCheck, checkedGithub} from './openapi-check.js'
import {type RunningRegistry, startEmbedded} from './registries.js'
import {close, listen} from './loopback.js'

/** How GitHub's container registry is emulated. */
export interface GhcrOptions extends Partial<GhcrSettings> {
  /** The tokens that the API takes. By default `admin`, a classic one that may do everything. */
  readonly tokens?: Readonly<Record<string, GhcrToken>>
  readonly limits?: GhcrLimits
  /** Where the manifests really are; by default an embedded registry of its own. */
  readonly registry?: RunningRegistry
  /** May answer a request to the API in place of it: `after` it was done, or without doing it. */
  readonly interfere?: (method: string, path: string) => Interference | undefined
}

/** A failure that a test puts into the API. */
export type Interference =
  | {readonly when: 'before' | 'after'; readonly answer: ApiAnswer}
  | {readonly when: 'before' | 'after'; readonly answer: 'break'}

/** GitHub's container registry: a registry that deletes nothing, and the API that does. */
export interface GhcrEmulator {
  /** The registry, as references write it. */
  readonly host: string
  readonly apiUrl: string
  readonly state: GhcrState
  /** What the API was asked, as `GET /path?query`. */
  readonly calls: readonly string[]
  readonly limiter: GhcrLimiter
  /** Where requests or answers are other than GitHub's published description. */
  readonly faults: readonly string[]
  /** The registry and the API as listeners, for tests that call them ghcr.io and api.github.com. */
  readonly sites: {readonly registry: RequestListener; readonly api: RequestListener}
  stop(): Promise<void>
}

/**
 * For packages of another user, the description leaves out what it says of all other listings; the API takes it there,
 * too, and gives 30 entries where it is not given.
 */
const UNDESCRIBED = /^GET \/users\/[^ ]*\/versions\?.*there is no parameter (?:per_page|page|state)$/

/** A classic token of somebody who may do everything. */
export const GHCR_ADMIN: GhcrToken = {
  kind: 'classic',
  user: 'owner',
  scopes: ['read:packages', 'write:packages', 'delete:packages']
}

/** Starts it, with the account `org`, whose packages belong to `org/app`, and the user `owner`. */
export async function startGhcr(options: GhcrOptions = {}): Promise<GhcrEmulator> {
  const settings: GhcrSettings = {
    accounts: {org: 'Organization', owner: 'User'},
    visibility: 'public',
    linkedTo: 'org/app',
    admins: ['owner', 'org/app'],
    refusesWith: 404,
    ...options
  }
  const backing = options.registry ?? (await startEmbedded())
  const state = new GhcrState()
  const {description, check} = checkedGithub()
  const api = new GhcrPackagesApi({description, state, settings, manifests: manifestsOf(backing.host)})
  const emulator = new Emulator(options, {state, api, check, backing: backing.host})
  const servers = [createServer(emulator.registrySite), createServer(emulator.apiSite)]
  const [registryPort, apiPort] = await Promise.all(servers.map(listen))
  return {
    host: `127.0.0.1:${registryPort}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    state,
    calls: emulator.calls,
    limiter: emulator.limiter,
    faults: emulator.faults,
    sites: {registry: emulator.registrySite, api: emulator.apiSite},
    stop: async () => {
      await Promise.all(servers.map(close))
      if (options.registry === undefined) await backing.stop()
    }
  }
}

interface EmulatorParts {
  readonly state: GhcrState
  readonly api: GhcrPackagesApi
  readonly check: OpenApiCheck
  /** The host of the real registry. */
  readonly backing: string
}

class Emulator {
  readonly calls: string[] = []
  readonly faults: string[] = []
  readonly limiter: GhcrLimiter
  readonly #options: GhcrOptions
  readonly #parts: EmulatorParts

  constructor(options: GhcrOptions, parts: EmulatorParts) {
    this.#options = options
    this.#parts = parts
    this.limiter = new GhcrLimiter(options.limits ?? {})
  }

  readonly registrySite: RequestListener = (incoming, outgoing) => {
    void this.#registry(incoming, outgoing).catch(() => outgoing.destroy())
  }

  readonly apiSite: RequestListener = (incoming, outgoing) => {
    void this.#api(incoming, outgoing).catch((error: unknown) => {
      this.faults.push(`the emulator failed: ${String(error)}`)
      outgoing.destroy()
    })
  }

  /** GHCR deletes nothing by this API (405), and does not know what refers to a manifest. */
  async #registry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url = ''} = incoming
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|referrers)\/([^/?]+)/.exec(url) ?? []
    if (method === 'DELETE') {
      registryError(outgoing, 405, 'UNSUPPORTED')
      return
    }
    if (kind === 'referrers') {
      registryError(outgoing, 404, 'MANIFEST_UNKNOWN')
      return
    }
    const body = await buffer(incoming)
    const status = await passOn(this.#parts.backing, incoming, body, outgoing)
    if (kind !== 'manifests') return
    if (method === 'PUT' && status === 201)
      this.#parts.state.put(name, reference, incoming.headers['content-type'] ?? '', body)
    const version = this.#parts.state.find(name, reference)
    if (method === 'GET' && status === 200 && version !== undefined) version.downloads++
  }

  async #api(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url: target = ''} = incoming
    const body = await buffer(incoming)
    const url = new URL(target, 'https://api.github.com')
    this.calls.push(`${method} ${target}`)
    const {headers, refusal} = this.limiter.take(method)
    const interference = this.#options.interfere?.(method, target)
    const isDone = refusal === undefined && interference?.when !== 'before'
    const done = isDone
      ? await this.#parts.api.answer({method, url, target, token: this.#token(incoming)})
      : undefined
    const parsed: unknown = body.length === 0 ? undefined : JSON.parse(body.toString())
    if (done !== undefined)
      this.faults.push(
        ...this.#parts.check
          .faults({method, target, body: parsed}, done)
          .filter(fault => !UNDESCRIBED.test(fault))
      )
    const answer = refusal ?? interference?.answer ?? done ?? {status: 500}
    if (answer === 'break') return void outgoing.destroy()
    send(outgoing, {...answer, headers: {...headers, ...answer.headers}})
  }

  #token({headers}: IncomingMessage): GhcrToken | undefined {
    const text = headers.authorization?.replace(/^(?:token|bearer)\s+/i, '') ?? ''
    return (this.#options.tokens ?? {admin: GHCR_ADMIN})[text]
  }
}

/**
 * Puts and deletes in the registry behind. GHCR takes an index whose children are not there; where the one behind does
 * not, the index waits for them.
 */
function manifestsOf(host: string): ManifestKeeper {
  const waiting = new Map<GhcrVersion, string>()
  const put = async (name: string, version: GhcrVersion): Promise<boolean> => {
    const {digest, tags, mediaType, bytes} = version
    const request = {method: 'PUT', headers: {'content-type': mediaType}, body: Buffer.from(bytes)}
    for (const reference of [digest, ...tags])
      if (!(await fetch(`http://${host}/v2/${name}/manifests/${reference}`, request)).ok) return false
    return true
  }
  return {
    remove: async (name, {digest}) => {
      const {ok, status} = await fetch(`http://${host}/v2/${name}/manifests/${digest}`, {method: 'DELETE'})
      if (!ok) throw new Error(`the registry behind answered ${status} for the deletion of ${digest}`)
    },
    putBack: async (name, version) => {
      waiting.set(version, name)
      for (const [one, its] of [...waiting].reverse()) if (await put(its, one)) waiting.delete(one)
    }
  }
}

/** Passes a request on and gives the status of the answer. */
function passOn(
  host: string,
  {method, url, headers}: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = forward(`http://${host}${url ?? ''}`, {method, headers}, answer => {
      delete answer.headers['oci-subject']
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('end', () => resolve(answer.statusCode ?? 502))
      answer.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

function registryError(outgoing: ServerResponse, status: number, code: string): void {
  send(outgoing, {status, body: {errors: [{code, message: code.toLowerCase()}]}})
}

function send(outgoing: ServerResponse, {status, headers, body}: ApiAnswer): void {
  const type = body === undefined ? {} : {'content-type': 'application/json; charset=utf-8'}
  outgoing.writeHead(status, {...type, ...headers})
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
}
