import type {IncomingMessage, ServerResponse} from 'node:http'
import {buffer, json} from 'node:stream/consumers'
import {DOCKER_HUB} from './docker-hub-description.js'
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
import {OpenApiCheck} from './openapi-check.js'
import type {RunningRegistry} from './registries.js'

/** How Docker Hub is emulated. */
export interface HubOptions {
  /** Where the manifests really are; by default an embedded registry of its own. */
  readonly registry?: RunningRegistry
  /** Answers a request to the API in place of it, `after` it was done or without doing it. */
  readonly interfere?: (
    method: string,
    path: string
  ) => {readonly when: 'before' | 'after'; readonly answer: ApiAnswer} | undefined
  /** Whether the listing names digests, as it does in fact, though no description says so. */
  readonly namesDigests?: boolean
  /** Who may log in; by default one user. */
  readonly logins?: readonly {readonly username: string; readonly password: string}[]
  /** Requests a minute; a refusal says when to come back. */
  readonly limit?: {readonly requests: number; readonly windowSeconds: number}
  /** By what it says when a tag was pushed, in milliseconds since the epoch; by default all are of one day. */
  readonly now?: () => number
}

/** Docker Hub: a registry that deletes only what nothing names, and the API that deletes tags. */
export interface HubEmulator extends EmulatorServer {
  readonly calls: readonly string[]
  /** Where requests or answers are other than Docker's published description. */
  readonly faults: readonly string[]
}

/** The login that Hub takes. */
export const HUB_LOGIN = {username: 'ada', password: 'dckr_pat_secret'} as const

const PUSHED = Date.parse('2026-11-01T10:00:00Z')

/** Starts it on free ports. */
export async function startDockerHub(options: HubOptions = {}): Promise<HubEmulator> {
  const behind = await registryBehind(options.registry)
  const hub = new Hub(options, behind.host)
  return {...(await serveEmulated(hub, behind)), calls: hub.calls, faults: hub.faults}
}

interface HubTag {
  readonly name: string
  readonly digest: string
}

class Hub implements Emulated {
  readonly calls: string[] = []
  readonly faults: string[] = []
  readonly #options: HubOptions
  readonly #backing: string
  readonly #check = new OpenApiCheck(DOCKER_HUB)
  /** When each tag was last pushed, by `namespace/name:tag`. */
  readonly #pushed = new Map<string, number>()
  readonly #window = {start: Date.now(), used: 0}

  constructor(options: HubOptions, backing: string) {
    this.#options = options
    this.#backing = backing
  }

  async registry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url = ''} = incoming
    const [, name = '', reference = ''] = /^\/v2\/(.+)\/manifests\/([^/?]+)/.exec(url) ?? []
    const body = await buffer(incoming)
    if (method === 'DELETE') {
      if (!reference.startsWith('sha256:')) {
        sendRegistryError(outgoing, 405, 'UNSUPPORTED')
        return
      }
      if (await this.#isNamed(name, reference)) {
        sendRegistryError(outgoing, 403, 'DENIED')
        return
      }
    }
    if (method === 'PUT') this.#pushed.set(`${name}:${reference}`, this.#options.now?.() ?? PUSHED)
    await passToRegistry(this.#backing, {incoming, body}, outgoing)
  }

  /** By a tag, or by an index that a tag points at. */
  async #isNamed(name: string, digest: string): Promise<boolean> {
    const tags = await this.#tagsOf(name)
    if (tags.some(tag => tag.digest === digest)) return true
    const roots = await Promise.all(tags.map(async tag => await this.#manifest(name, tag.digest)))
    return roots.some(text => text.includes(`"${digest}"`))
  }

  async #tagsOf(name: string): Promise<HubTag[]> {
    const answer = await fetch(`http://${this.#backing}/v2/${name}/tags/list`)
    if (!answer.ok) return []
    const {tags} = (await answer.json()) as {tags: readonly string[] | null}
    return await Promise.all(
      (tags ?? []).map(async tag => {
        const {headers} = await fetch(`http://${this.#backing}/v2/${name}/manifests/${tag}`, {method: 'HEAD'})
        return {name: tag, digest: headers.get('docker-content-digest') ?? ''}
      })
    )
  }

  async #manifest(name: string, digest: string): Promise<string> {
    return await (await fetch(`http://${this.#backing}/v2/${name}/manifests/${digest}`)).text()
  }

  async api(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url: target = ''} = incoming
    const body = method === 'POST' ? await json(incoming) : undefined
    this.calls.push(`${method} ${target}`)
    const {headers, refusal} = this.#take()
    const interference = this.#options.interfere?.(method, target)
    const isDone = refusal === undefined && interference?.when !== 'before'
    const done = isDone ? await this.#answer(method, target, incoming.headers.authorization, body) : undefined
    if (done !== undefined && method !== 'DELETE')
      this.faults.push(...this.#check.faults({method, target, body}, done))
    const answer = refusal ?? interference?.answer ?? done ?? {status: 500}
    sendAnswer(outgoing, {...answer, headers: {...headers, ...answer.headers}})
  }

  #take(): {headers: Readonly<Record<string, string>>; refusal?: ApiAnswer} {
    const {limit} = this.#options
    if (limit === undefined) return {headers: {}}
    if (Date.now() >= this.#window.start + limit.windowSeconds * 1000)
      Object.assign(this.#window, {start: Date.now(), used: 0})
    const reset = String(Math.ceil(this.#window.start / 1000 + limit.windowSeconds))
    const left = limit.requests - ++this.#window.used
    if (left >= 0) return {headers: {'x-ratelimit-remaining': String(left), 'x-ratelimit-reset': reset}}
    const refusal = {status: 429, body: {detail: 'Rate limit exceeded', error: false}}
    return {headers: {'x-retry-after': reset}, refusal}
  }

  async #answer(
    method: string,
    target: string,
    token: string | undefined,
    body: unknown
  ): Promise<ApiAnswer> {
    const {pathname, searchParams} = new URL(target, 'https://hub.docker.com')
    if (pathname === '/v2/auth/token') return login(body, this.#options.logins ?? [HUB_LOGIN])
    const tag =
      /^\/v2\/(?:namespaces\/([^/]+)\/repositories|repositories\/([^/]+))\/([^/]+)\/tags(?:\/([^/]+)\/?)?$/
    const [, namespace, owner, repository = '', name] = tag.exec(pathname) ?? []
    if (token !== 'Bearer good') return {status: 401, body: {detail: 'authentication required', message: ''}}
    const full = `${namespace ?? owner ?? ''}/${repository}`
    const tags = await this.#tagsOf(full)
    if (name === undefined) return tags.length === 0 ? absent() : this.#page(full, tags, searchParams)
    const found = tags.find(one => one.name === name)
    if (found === undefined) return absent()
    if (method === 'GET') return {status: 200, body: this.#entry(full, found)}
    await fetch(`http://${this.#backing}/v2/${full}/manifests/${name}`, {method: 'DELETE'})
    return {status: 204}
  }

  #page(full: string, tags: readonly HubTag[], query: URLSearchParams): ApiAnswer {
    const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('page_size') ?? 10)]
    const results = tags.slice((page - 1) * size, page * size).map(tag => this.#entry(full, tag))
    if (results.length === 0) return absent()
    const next = page * size < tags.length ? `https://hub.docker.com/?page=${page + 1}` : null
    return {status: 200, body: {count: tags.length, next, previous: null, results}}
  }

  #entry(full: string, {name, digest}: HubTag) {
    const pushed = new Date(this.#pushed.get(`${full}:${name}`) ?? PUSHED).toISOString().replace('Z', '000Z')
    return {
      id: 1,
      name,
      full_size: 1234,
      last_updated: pushed,
      tag_last_pushed: pushed,
      tag_last_pulled: null,
      status: 'active',
      v2: 'true',
      ...(this.#options.namesDigests === false ? {} : {digest})
    }
  }
}

function login(body: unknown, logins: NonNullable<HubOptions['logins']>): ApiAnswer {
  const isKnown = logins.some(
    ({username, password}) =>
      JSON.stringify(body) === JSON.stringify({identifier: username, secret: password})
  )
  return isKnown
    ? {status: 200, body: {access_token: 'good'}}
    : {status: 401, body: {detail: 'Incorrect authentication credentials', message: ''}}
}

function absent(): ApiAnswer {
  return {status: 404, body: {message: 'object not found', errinfo: {}}}
}
