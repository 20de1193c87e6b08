import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {ReleaseError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {OCI_CONFIG, OCI_INDEX, OCI_MANIFEST} from '../../src/oci/media-type.js'
import type {GithubAnswer, GithubRequest, HttpRequest} from '../../src/ports.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {type Answer, readWholeTags} from '../support/whole-tags.js'

export const HOST = 'registry.example'
export const IMAGE = `${HOST}/org/app`
const HOUR = 3_600_000
/** The config of all images here. */
const CONFIG = {mediaType: OCI_CONFIG, digest: digestOf(Buffer.from('{}')), size: 2}
const PACKAGE = '/orgs/org/packages/container/app'

/** One manifest as the host holds it. */
export interface Stored {
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly id: number
  readonly tags: Set<string>
  created: number
  updated: number
}

/** What a manifest says, and how it is held. */
export interface Parts {
  readonly tags?: readonly string[]
  /** Hours before now. */
  readonly age?: number
  readonly children?: readonly Stored[]
  readonly subject?: {readonly digest: Digest}
  readonly annotations?: Readonly<Record<string, string>>
}

export interface HostOptions {
  /** `ghcr` lists everything by GitHub's API and deletes nothing by the registry; `registry` lists tags only. */
  readonly kind: 'ghcr' | 'registry'
  /** What the registry answers where it is asked what refers to a manifest. */
  readonly referrers?: 'none' | 'empty' | 'real'
  /** How many versions a page of the listing has. */
  readonly pageSize?: number
}

/** What a test does when a request comes: it may change the host, and may answer in its place. */
export type Hook = (request: string, nth: number) => ScriptedAnswer | undefined

/** Where GitHub keeps the caches of Actions of a repository. */
export const CACHES = '/repos/org/app/actions/caches'

/** Has three caches of Actions, of which the second answers its deletion with this. */
export function threeCaches(second: ScriptedAnswer): Hook {
  const entry = (id: number) => ({
    id,
    key: `app-${id}`,
    ref: 'refs/heads/main',
    size_in_bytes: 5,
    last_accessed_at: '2026-01-01T00:00:00Z'
  })
  return request => {
    if (request.startsWith(`GET ${CACHES} `))
      return {body: {total_count: 3, actions_caches: [1, 2, 3].map(entry)}}
    if (request === `DELETE ${CACHES}/2`) return second
    return request.startsWith(`DELETE ${CACHES}/`) ? {status: 204} : undefined
  }
}

/** The rule by which all of them go. */
export const ALL_CACHES = {'actions-caches': 'glob:app-*', 'cache-age': '14d', 'github-repository': 'org/app'}

/** A host of one repository in memory, which can change between any two requests of a clean-up. */
export class SimulatedHost {
  readonly options: HostOptions
  readonly stored = new Map<Digest, Stored>()
  readonly deleted = new Map<Digest, Stored>()
  readonly requests: string[] = []
  hook: Hook = () => undefined
  /** Milliseconds since the epoch; sleeping passes it. */
  now = Date.parse('2026-06-01T00:00:00Z')
  #serial = 0

  constructor(options: HostOptions) {
    this.options = options
  }

  /** Puts an image, or an index where it has children. */
  put({tags = [], age = 240, children, subject, annotations = {}}: Parts = {}): Stored {
    const nonce = {...annotations, nonce: String(++this.#serial)}
    const referred = subject && this.stored.get(subject.digest)
    const named = subject && {
      subject: {
        mediaType: referred?.mediaType ?? OCI_MANIFEST,
        digest: subject.digest,
        size: referred?.bytes.length ?? 1
      }
    }
    const document =
      children === undefined
        ? {
            schemaVersion: 2,
            mediaType: OCI_MANIFEST,
            config: CONFIG,
            layers: [],
            ...named,
            annotations: nonce
          }
        : {
            schemaVersion: 2,
            mediaType: OCI_INDEX,
            manifests: children.map(({mediaType, digest, bytes}) => ({
              mediaType,
              digest,
              size: bytes.length
            })),
            ...named,
            annotations: nonce
          }
    return this.keep(Buffer.from(JSON.stringify(document)), document.mediaType, {tags, age})
  }

  /** Keeps any bytes as a manifest. */
  keep(bytes: Uint8Array, mediaType: string, {tags = [], age = 0}: Pick<Parts, 'tags' | 'age'> = {}): Stored {
    const digest = digestOf(bytes)
    const time = this.now - age * HOUR
    const known = this.stored.get(digest)
    const made = known ?? {
      digest,
      bytes,
      mediaType,
      id: 1000 + ++this.#serial,
      tags: new Set<string>(),
      created: time,
      updated: time
    }
    this.stored.set(digest, made)
    made.updated = time
    for (const tag of tags) this.tag(tag, made)
    return made
  }

  tag(tag: string, at: Stored): void {
    for (const {tags} of this.stored.values()) tags.delete(tag)
    at.tags.add(tag)
  }

  remove(one: Stored): void {
    this.deleted.set(one.digest, one)
    this.stored.delete(one.digest)
  }

  has(one: {readonly digest: Digest}): boolean {
    return this.stored.has(one.digest)
  }

  at(reference: string): Stored | undefined {
    return (
      this.stored.get(reference as Digest) ?? [...this.stored.values()].find(({tags}) => tags.has(reference))
    )
  }

  get tags(): string[] {
    return [...this.stored.values()].flatMap(({tags}) => [...tags]).sort()
  }

  /** All that one who pulls every tag stumbles over, by the registry's API and nothing of the program. */
  async broken(): Promise<readonly string[]> {
    return (await readWholeTags(`http://${IMAGE.replace('/', '/v2/')}`, this.#reader)).faults
  }

  /** Answers one who is neither hindered nor counted. */
  readonly #reader: Answer = (address, {method = 'GET', headers}) => {
    const url = new URL(address)
    const isConfig = url.pathname.endsWith(`/blobs/${CONFIG.digest}`)
    const {
      status = 200,
      headers: said = {},
      body = ''
    } = isConfig ? {} : this.#registry({method, url, headers})
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return Promise.resolve(new Response(text, {status, headers: said}))
  }

  /** Ports whose network and clock are this host. */
  ports(): TestPorts {
    return testPorts([], {
      send: scriptedSend(request => this.#answer(request)),
      github: () => request => this.#github(request),
      clock: {
        now: () => this.now,
        sleep: milliseconds => Promise.resolve(void (this.now += milliseconds))
      }
    })
  }

  /** Runs a clean-up; what it throws is an answer. */
  async clean(texts: Readonly<Record<string, string>>, ports = this.ports()): Promise<CleanRun> {
    const inputs = {
      images: IMAGE,
      backend: this.options.kind,
      'allow-deletion': 'true',
      'min-age': '0',
      force: 'true',
      ...texts
    }
    try {
      const outputs = await cleanupLatest.run(parseInputs(cleanupLatest.inputs, inputs), ports)
      return {outputs, ports}
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error
      return {outputs: error.outputs ?? {}, error, ports}
    } finally {
      ports.close()
    }
  }

  #hooked(request: string): ScriptedAnswer | undefined {
    this.requests.push(request)
    return this.hook(request, this.requests.length)
  }

  #answer(request: HttpRequest): ScriptedAnswer {
    const path = `${request.url.pathname}${request.url.search}`
    return this.#hooked(`${request.method} ${path}`) ?? this.#registry(request)
  }

  #registry({method, url, headers, body}: HttpRequest): ScriptedAnswer {
    const rest = url.pathname.replace('/v2/org/app/', '')
    if (url.pathname === '/v2/') return {body: {}}
    if (rest === 'tags/list') return {body: {name: 'org/app', tags: this.tags}}
    const [, kind, reference = ''] = /^(manifests|referrers)\/(.+)$/.exec(rest) ?? []
    if (kind === 'referrers') return this.#referrers(reference)
    if (kind !== 'manifests') return failure(404, 'BLOB_UNKNOWN')
    if (method === 'PUT') return this.#putBody(reference, headers['content-type'] ?? '', body as Uint8Array)
    const found = this.at(reference)
    if (method === 'DELETE') return this.#deleteByRegistry(reference, found)
    if (found === undefined) return failure(404, 'MANIFEST_UNKNOWN')
    return {headers: describing(found), body: Buffer.from(found.bytes).toString()}
  }

  #putBody(reference: string, mediaType: string, body: Uint8Array): ScriptedAnswer {
    const made = this.keep(body, mediaType)
    if (!reference.startsWith('sha256:')) this.tag(reference, made)
    return {status: 201, headers: {'docker-content-digest': made.digest}}
  }

  #deleteByRegistry(reference: string, found: Stored | undefined): ScriptedAnswer {
    if (this.options.kind === 'ghcr') return failure(405, 'UNSUPPORTED')
    if (found === undefined) return failure(404, 'MANIFEST_UNKNOWN')
    if (reference.startsWith('sha256:')) this.remove(found)
    else found.tags.delete(reference)
    return {status: 202}
  }

  #referrers(digest: string): ScriptedAnswer {
    if ((this.options.referrers ?? 'none') === 'none') return failure(404, 'NOT_FOUND')
    const found = [...this.stored.values()].filter(
      ({bytes}) => this.options.referrers === 'real' && subjectIn(bytes) === digest
    )
    const manifests = found.map(one => ({
      mediaType: one.mediaType,
      digest: one.digest,
      size: one.bytes.length
    }))
    return {
      headers: {'content-type': OCI_INDEX},
      body: {schemaVersion: 2, mediaType: OCI_INDEX, manifests}
    }
  }

  #github({method, path, query = {}}: GithubRequest): Promise<GithubAnswer> {
    const asked = Object.entries(query).map(([name, value]) => `${name}=${value}`)
    const hooked = this.#hooked([`${method} ${path}`, ...asked].join(' '))
    const {status = 200, headers = {}, body} = hooked ?? this.#packages(method, path, query)
    return Promise.resolve({status, headers, body})
  }

  #packages(method: string, path: string, query: GithubRequest['query'] = {}): ScriptedAnswer {
    if (path === '/users/org') return {body: {login: 'org', type: 'Organization'}}
    if (path === PACKAGE) return {body: {name: 'app', owner: {login: 'org'}}}
    if (path === `${PACKAGE}/versions`) return this.#page(Number(query['page'] ?? 1), query['state'])
    const [, id, restore] = /\/versions\/(\d+)(\/restore)?$/.exec(path) ?? []
    const deleted = [...this.deleted.values()].find(one => one.id === Number(id))
    if (restore !== undefined && deleted !== undefined) {
      this.deleted.delete(deleted.digest)
      this.stored.set(deleted.digest, deleted)
      return {status: 204}
    }
    const found = [...this.stored.values()].find(one => one.id === Number(id))
    if (found === undefined) return {status: 404, body: {message: 'Package not found.'}}
    if (method === 'DELETE') this.remove(found)
    return method === 'DELETE' ? {status: 204} : {body: versionBody(found)}
  }

  #page(page: number, state: string | number | undefined): ScriptedAnswer {
    const size = this.options.pageSize ?? 100
    const all = [...(state === 'deleted' ? this.deleted : this.stored).values()].sort(
      (one, other) => other.id - one.id
    )
    const last = Math.max(1, Math.ceil(all.length / size))
    const link = `<https://api.example?page=${page + 1}>; rel="next", <https://api.example?page=${last}>; rel="last"`
    return {
      headers: page < last ? {link} : {},
      body: all.slice((page - 1) * size, page * size).map(versionBody)
    }
  }
}

/** How a clean-up ended. */
export interface CleanRun {
  readonly outputs: Readonly<Record<string, string>>
  readonly error?: ReleaseError
  readonly ports: TestPorts
}

/** All that a run told a person, its error too. */
export function toldBy({ports, error}: CleanRun): string {
  const {lines, warnings} = ports.reporter
  return [...lines, ...warnings, error?.message ?? '', error?.hint ?? ''].join('\n')
}

function subjectIn(bytes: Uint8Array): string | undefined {
  return (JSON.parse(Buffer.from(bytes).toString()) as {subject?: {digest: string}}).subject?.digest
}

function describing({mediaType, digest, bytes}: Stored): Record<string, string> {
  return {
    'content-type': mediaType,
    'docker-content-digest': digest,
    'content-length': String(bytes.length)
  }
}

function failure(status: number, code: string): ScriptedAnswer {
  return {status, body: {errors: [{code, message: code.toLowerCase().replaceAll('_', ' ')}]}}
}

function versionBody({id, digest, tags, created, updated}: Stored): unknown {
  return {
    id,
    name: digest,
    created_at: new Date(created).toISOString(),
    updated_at: new Date(updated).toISOString(),
    metadata: {package_type: 'container', container: {tags: [...tags]}}
  }
}
