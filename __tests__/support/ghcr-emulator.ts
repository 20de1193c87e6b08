import type {IncomingMessage, ServerResponse} from 'node:http'
import {buffer} from 'node:stream/consumers'
import {
  type ApiAnswer,
  type Emulated,
  type EmulatorServer,
  passToRegistry,
  registryBehind,
  sendAnswer,
  sendRegistryError,
  serveEmulated
} from './emulator-server.js'
import {GhcrLimiter, type GhcrLimits} from './ghcr-limits.js'
import {GhcrPackagesApi, type ManifestKeeper} from './ghcr-packages-api.js'
import {type GhcrSettings, GhcrState, type GhcrToken, type GhcrVersion} from './ghcr-state.js'
import {type OpenApiCheck, checkedGithub} from './openapi-check.js'
import type {RunningRegistry} from './registries.js'

/** How GitHub's container registry is emulated. */
export interface GhcrOptions extends Partial<GhcrSettings> {
  /** The tokens that the API takes. By default `admin`, a classic one that may do everything. */
  readonly tokens?: Readonly<Record<string, GhcrToken>> | ((text: string) => GhcrToken | undefined)
  readonly limits?: GhcrLimits
  /** Where the manifests really are; by default an embedded registry of its own. */
  readonly registry?: RunningRegistry
  /** May answer a request to the API in place of it: `after` it was done, or without doing it. */
  readonly interfere?: (method: string, path: string) => Interference | undefined
  /** By what it says when something was pushed: milliseconds since the epoch. */
  readonly now?: () => number
}

/** A failure that a test puts into the API. */
export type Interference =
  | {readonly when: 'before' | 'after'; readonly answer: ApiAnswer}
  | {readonly when: 'before' | 'after'; readonly answer: 'break'}

/** GitHub's container registry: a registry that deletes nothing, and the API that does. */
export interface GhcrEmulator extends EmulatorServer {
  readonly state: GhcrState
  /** What the API was asked, as `GET /path?query`. */
  readonly calls: readonly string[]
  readonly limiter: GhcrLimiter
  /** Where requests or answers are other than GitHub's published description. */
  readonly faults: readonly string[]
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
  const behind = await registryBehind(options.registry)
  const state = new GhcrState(options.now)
  const {description, check} = checkedGithub()
  const api = new GhcrPackagesApi({description, state, settings, manifests: manifestsOf(behind.host)})
  const emulator = new Emulator(options, {state, api, check, backing: behind.host})
  const {calls, limiter, faults} = emulator
  return {...(await serveEmulated(emulator, behind)), state, calls, limiter, faults}
}

interface EmulatorParts {
  readonly state: GhcrState
  readonly api: GhcrPackagesApi
  readonly check: OpenApiCheck
  /** The host of the real registry. */
  readonly backing: string
}

class Emulator implements Emulated {
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

  /** GHCR deletes nothing by this API (405), and does not know what refers to a manifest. */
  async registry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url = ''} = incoming
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|referrers)\/([^/?]+)/.exec(url) ?? []
    if (method === 'DELETE') {
      sendRegistryError(outgoing, 405, 'UNSUPPORTED')
      return
    }
    if (kind === 'referrers') {
      sendRegistryError(outgoing, 404, 'MANIFEST_UNKNOWN')
      return
    }
    const body = await buffer(incoming)
    const status = await passToRegistry(this.#parts.backing, {incoming, body}, outgoing, ['oci-subject'])
    if (kind !== 'manifests') return
    if (method === 'PUT' && status === 201)
      this.#parts.state.put(name, reference, incoming.headers['content-type'] ?? '', body)
    const version = this.#parts.state.find(name, reference)
    if (method === 'GET' && status === 200 && version !== undefined) version.downloads++
  }

  async api(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
    sendAnswer(outgoing, {...answer, headers: {...headers, ...answer.headers}})
  }

  #token({headers}: IncomingMessage): GhcrToken | undefined {
    const text = headers.authorization?.replace(/^(?:token|bearer)\s+/i, '') ?? ''
    const {tokens = {admin: GHCR_ADMIN}} = this.#options
    return typeof tokens === 'function' ? tokens(text) : tokens[text]
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
