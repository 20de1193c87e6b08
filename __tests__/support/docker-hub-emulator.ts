import {
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  createServer,
  request as forward
} from 'node:http'
import {buffer, json} from 'node:stream/consumers'
import {DOCKER_HUB} from './docker-hub-description.js'
import {OpenApiCheck} from './openapi-check.js'
import {type RunningRegistry, startEmbedded} from './registries.js'
import {close, listen} from './loopback.js'

/** What Docker Hub's API answers. */
export interface HubAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** How Docker Hub is emulated. */
export interface HubOptions {
  /** Where the manifests really are; by default an embedded registry of its own. */
  readonly registry?: RunningRegistry
  /** Answers a request to the API in place of it, `after` it was done or without doing it. */
  readonly interfere?: (
    method: string,
    path: string
  ) => {readonly when: 'before' | 'after'; readonly answer: HubAnswer} | undefined
  /** Whether the listing names digests, as it does in fact, though no description says so. */
  readonly namesDigests?: boolean
  /** Requests a minute; a refusal says when to come back. */
  readonly limit?: {readonly requests: number; readonly windowSeconds: number}
}

/** Docker Hub: a registry that deletes only what nothing names, and the API that deletes tags. */
export interface HubEmulator {
  /** The registry, as references write it. */
  readonly host: string
  readonly apiUrl: string
  readonly calls: readonly string[]
  /** Where requests or answers are other than Docker's published description. */
  readonly faults: readonly string[]
  readonly sites: {readonly registry: RequestListener; readonly api: RequestListener}
  stop(): Promise<void>
}

/** The login that Hub takes. */
export const HUB_LOGIN = {username: 'ada', password: 'dckr_pat_secret'} as const

const PUSHED = '2026-11-01T10:00:00.000000Z'

/** Starts it on free ports. */
export async function startDockerHub(options: HubOptions = {}): Promise<HubEmulator> {
  const backing = options.registry ?? (await startEmbedded())
  const hub = new Hub(options, backing.host)
  const servers = [createServer(hub.registrySite), createServer(hub.apiSite)]
  const [registryPort, apiPort] = await Promise.all(servers.map(listen))
  return {
    host: `127.0.0.1:${registryPort}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    calls: hub.calls,
    faults: hub.faults,
    sites: {registry: hub.registrySite, api: hub.apiSite},
    stop: async () => {
      await Promise.all(servers.map(close))
      if (options.registry === undefined) await backing.stop()
    }
  }
}

class Hub {
  readonly calls: string[] = []
  readonly faults: string[] = []
  readonly #options: HubOptions
  readonly #backing: string
  readonly #check = new OpenApiCheck(DOCKER_HUB)
  readonly #window = {start: Date.now(), used: 0}

  constructor(options: HubOptions, backing: string) {
    this.#options = options
    this.#backing = backing
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

  async #registry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = '', url = ''} = incoming
    const [, name = '', reference = ''] = /^\/v2\/(.+)\/manifests\/([^/?]+)/.exec(url) ?? []
    const body = await buffer(incoming)
    if (method === 'DELETE') {
      if (!reference.startsWith('sha256:')) {
        send(outgoing, {status: 405, body: errors('UNSUPPORTED')})
        return
      }
      if (await this.#isNamed(name, reference)) {
        send(outgoing, {status: 403, body: errors('DENIED')})
        return
      }
    }
    const request = forward(`http://${this.#backing}${url}`, {method, headers: incoming.headers}, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    request.on('error', () => outgoing.destroy())
    request.end(body)
  }

  /** By a tag, or by an index that a tag points at. */
  async #isNamed(name: string, digest: string): Promise<boolean> {
    const tags = await this.#tagsOf(name)
    if (tags.some(tag => tag.digest === digest)) return true
    const roots = await Promise.all(tags.map(async tag => await this.#manifest(name, tag.digest)))
    return roots.some(text => text.includes(`"${digest}"`))
  }

  async #tagsOf(name: string): Promise<{name: string; digest: string}[]> {
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

  async #api(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
    send(outgoing, {...answer, headers: {...headers, ...answer.headers}})
  }

  #take(): {headers: Readonly<Record<string, string>>; refusal?: HubAnswer} {
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
  ): Promise<HubAnswer> {
    const {pathname, searchParams} = new URL(target, 'https://hub.docker.com')
    if (pathname === '/v2/auth/token') return login(body)
    const tag =
      /^\/v2\/(?:namespaces\/([^/]+)\/repositories|repositories\/([^/]+))\/([^/]+)\/tags(?:\/([^/]+)\/?)?$/
    const [, namespace, owner, repository = '', name] = tag.exec(pathname) ?? []
    if (token !== 'Bearer good') return {status: 401, body: {detail: 'authentication required', message: ''}}
    const full = `${namespace ?? owner ?? ''}/${repository}`
    const tags = await this.#tagsOf(full)
    if (name === undefined) return tags.length === 0 ? absent() : this.#page(tags, searchParams)
    const found = tags.find(one => one.name === name)
    if (found === undefined) return absent()
    if (method === 'GET') return {status: 200, body: this.#entry(found)}
    await fetch(`http://${this.#backing}/v2/${full}/manifests/${name}`, {method: 'DELETE'})
    return {status: 204}
  }

  #page(tags: readonly {name: string; digest: string}[], query: URLSearchParams): HubAnswer {
    const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('page_size') ?? 10)]
    const results = tags.slice((page - 1) * size, page * size).map(tag => this.#entry(tag))
    if (results.length === 0) return absent()
    const next = page * size < tags.length ? `https://hub.docker.com/?page=${page + 1}` : null
    return {status: 200, body: {count: tags.length, next, previous: null, results}}
  }

  #entry({name, digest}: {name: string; digest: string}) {
    return {
      id: 1,
      name,
      full_size: 1234,
      last_updated: PUSHED,
      tag_last_pushed: PUSHED,
      tag_last_pulled: null,
      status: 'active',
      v2: 'true',
      ...(this.#options.namesDigests === false ? {} : {digest})
    }
  }
}

function login(body: unknown): HubAnswer {
  const {username, password} = HUB_LOGIN
  const isKnown = JSON.stringify(body) === JSON.stringify({identifier: username, secret: password})
  return isKnown
    ? {status: 200, body: {access_token: 'good'}}
    : {status: 401, body: {detail: 'Incorrect authentication credentials', message: ''}}
}

function absent(): HubAnswer {
  return {status: 404, body: {message: 'object not found', errinfo: {}}}
}

function errors(code: string) {
  return {errors: [{code, message: code.toLowerCase()}]}
}

function send(outgoing: ServerResponse, {status, headers, body}: HubAnswer): void {
  outgoing.writeHead(status, {
    ...(body === undefined ? {} : {'content-type': 'application/json'}),
    ...headers
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
}
