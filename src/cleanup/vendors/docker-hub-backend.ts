import pLimit from 'p-limit'
import {RegistryError, ReleaseError} from '../../errors.js'
import {type Digest, isDigest} from '../../oci/digest.js'
import {type Repository, type Tag, formatRepository, isTag} from '../../oci/reference.js'
import type {
  BackendCapabilities,
  DeletionOutcome,
  ListedManifest,
  RepositoryBackend,
  StillWanted,
  VersionPage
} from '../repository-backend.js'
import {
  type DockerHubAnswer,
  DockerHubApi,
  NOT_SENT,
  type DockerHubApiParts,
  messageIn
} from './docker-hub-api.js'
import {heldStatus} from './held-status.js'
import {fieldAt, listAt, textAt, timeAt} from '../../shared/json.js'

/** What a repository of Docker Hub is cleaned with. */
export interface DockerHubParts extends DockerHubApiParts {
  readonly repository: Repository
  /** The same repository by the registry's API alone: it deletes manifests, and says whether the login may. */
  readonly registry: Pick<RepositoryBackend, 'capabilities' | 'deleteVersion'>
  /** What a tag points at, asked from the registry without counting as a pull; undefined where it is gone. */
  readonly digestAt: (tag: Tag) => Promise<Digest | undefined>
}

const PAGE_SIZE = 100
const PAGES_AT_ONCE = 4

/**
 * A repository of Docker Hub: tags by its API, manifests by the registry's. Untagged manifests are listed by neither, and
 * nobody but who knows their digests deletes them.
 */
export function dockerHubBackend(parts: DockerHubParts): RepositoryBackend {
  return new DockerHubBackend(parts)
}

class DockerHubBackend implements RepositoryBackend {
  readonly name = 'Docker Hub'
  readonly #parts: DockerHubParts
  readonly #api: DockerHubApi
  readonly #tags: string

  constructor(parts: DockerHubParts) {
    this.#parts = parts
    this.#api = new DockerHubApi(parts)
    const [namespace = '', ...rest] = parts.repository.name.split('/').map(encodeURIComponent)
    this.#tags = `${namespace}/repositories/${rest.join('/')}/tags`
  }

  async capabilities(): Promise<BackendCapabilities> {
    const {refusal} = await this.#parts.registry.capabilities()
    return {
      ...(refusal === undefined ? {} : {refusal}),
      tagDeletion: 'alone',
      versionDeletion: 'untagged-only',
      listsUntagged: false,
      knowsAges: true
    }
  }

  /** One page only, for the tags of one image may stand on several of Hub's. */
  async *versions(): AsyncIterable<VersionPage> {
    const first = await this.#page(1)
    if (first === undefined) return
    const limit = pLimit(PAGES_AT_ONCE)
    const count = Number(fieldAt(first, 'count') ?? 0)
    const pages = Array.from({length: Math.max(0, Math.ceil(count / PAGE_SIZE) - 1)}, (_, at) => at + 2)
    const rest = await Promise.all(pages.map(page => limit(() => this.#page(page))))
    const entries = [first, ...rest].flatMap(page => listAt(page, 'results'))
    const found = await Promise.all(entries.map(entry => limit(() => this.#versionOf(entry))))
    yield {versions: byDigest(found.filter(version => version !== undefined))}
  }

  /** Hub refuses with 403 what a tag or an index still names; that the login may delete was asked before. */
  async deleteVersion(
    version: Pick<ListedManifest, 'digest' | 'tags'>,
    isStillWanted?: StillWanted
  ): Promise<DeletionOutcome> {
    try {
      return await this.#parts.registry.deleteVersion({...version, tags: []}, isStillWanted)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      if (error.status === 403) return {state: 'referenced', reason: error.message}
      if (error.status !== 500) throw error
      return {
        state: 'undeletable',
        isUnderWay: true,
        reason: 'Docker Hub answered 500',
        hint: 'Docker Hub says that it finishes such a deletion itself. Run this again later.'
      }
    }
  }

  async deleteTag(tag: Tag, _digest?: Digest, isStillWanted?: StillWanted): Promise<DeletionOutcome> {
    const {name} = this.#parts.repository
    const answer = await this.#api.call('DELETE', `/v2/repositories/${name}/tags/${tag}/`, isStillWanted)
    if (answer.status === NOT_SENT) return {state: 'called-off'}
    const status = statusOf(answer)
    if (status >= 200 && status < 300) return {state: 'done'}
    if (status === 404) return {state: 'gone'}
    if (status === 401 || status === 403) throw await this.#rightMissing(answer)
    if (status === 429) throw failureOf('DELETE', `${this.#tags}/${tag}`, answer)
    if (status >= 500) return await this.#lookAgain(tag, answer)
    return {state: 'undeletable', reason: messageIn(answer) || `Docker Hub answered ${status}`}
  }

  /** What it answered with 500 it may have done. */
  async #lookAgain(tag: Tag, answer: DockerHubAnswer): Promise<DeletionOutcome> {
    const {status} = await this.#api.call('GET', `/v2/namespaces/${this.#tags}/${tag}`)
    if (status === 404) return {state: 'done'}
    return {
      state: 'undeletable',
      reason: `Docker Hub answered ${answer.status}: ${messageIn(answer)}`.replace(/: $/, ''),
      hint: 'Run this again later.'
    }
  }

  async #page(page: number): Promise<unknown> {
    const path = `/v2/namespaces/${this.#tags}`
    const answer = await this.#api.call('GET', `${path}?page=${page}&page_size=${PAGE_SIZE}`)
    if (answer.status === 200) return answer.body
    if (answer.status === 404) return undefined
    if (answer.status === 401 || answer.status === 403) throw await this.#rightMissing(answer)
    throw failureOf('GET', path, answer)
  }

  /** The listing names the digest of most tags (2026-11), though Hub's description does not say so. */
  async #versionOf(entry: unknown): Promise<ListedManifest | undefined> {
    const tag = textAt(entry, 'name') ?? ''
    if (!isTag(tag)) return undefined
    const told = textAt(entry, 'digest') ?? ''
    const digest = isDigest(told) ? told : await this.#parts.digestAt(tag)
    if (digest === undefined) return undefined
    const pushed = timeAt(entry, 'tag_last_pushed') ?? timeAt(entry, 'last_updated')
    const pulled = timeAt(entry, 'tag_last_pulled')
    const [size, mediaType] = [fieldAt(entry, 'full_size'), textAt(entry, 'media_type')]
    return {
      digest,
      tags: [tag],
      ...(pushed === undefined ? {} : {pushed}),
      ...(pulled === undefined ? {} : {pulled}),
      ...(typeof size === 'number' ? {size} : {}),
      ...(mediaType?.includes('/') === true ? {mediaType} : {})
    }
  }

  async #rightMissing(answer: DockerHubAnswer): Promise<ReleaseError> {
    const image = formatRepository(this.#parts.repository)
    const message = messageIn(answer)
    const {says, hint} = reasonOf(message, await this.#api.hasLogin())
    const told = message === '' ? '' : ` (${message})`
    return new ReleaseError('RIGHT_MISSING', `${image}: ${says}${told}`, {hint})
  }
}

const TOKEN_HINT =
  'Make a personal access token with the access "Read, Write, Delete", or an organisation access token with the right to push to and delete from the repository.'

function reasonOf(message: string, hasLogin: boolean): {says: string; hint: string} {
  if (!hasLogin)
    return {
      says: 'Docker Hub wants a login',
      hint: 'Log in to docker.io, or give registry-credentials for it.'
    }
  if (/personal access token|with a JWT/i.test(message))
    return {says: 'Docker Hub does not let this access token delete tags', hint: TOKEN_HINT}
  if (/scope|UNAUTHORIZED|status=401/i.test(message))
    return {says: 'the access token lacks the right to delete', hint: TOKEN_HINT}
  return {
    says: 'the user may not do this in the repository',
    hint: 'Give the user or its team the permission Admin on the repository, under "Permissions" or "Collaborators" of its page.'
  }
}

/** The tags of one image together. */
function byDigest(tagged: readonly ListedManifest[]): ListedManifest[] {
  const versions = new Map<Digest, ListedManifest>()
  for (const version of tagged) {
    const known = versions.get(version.digest)
    versions.set(version.digest, known === undefined ? version : merged(known, version))
  }
  return [...versions.values()]
}

function merged(one: ListedManifest, other: ListedManifest): ListedManifest {
  const [pushed, pulled] = [latest(one.pushed, other.pushed), latest(one.pulled, other.pulled)]
  return {
    ...one,
    tags: [...new Set([...one.tags, ...other.tags])],
    ...(pushed === undefined ? {} : {pushed}),
    ...(pulled === undefined ? {} : {pulled})
  }
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}

/** What it means: a failure may hold another one that says more. */
function statusOf(answer: DockerHubAnswer): number {
  const held = answer.status >= 500 ? heldStatus(messageIn(answer)) : undefined
  return held !== undefined && [401, 403, 404, 429].includes(held) ? held : answer.status
}

function failureOf(method: 'GET' | 'DELETE', path: string, answer: DockerHubAnswer): RegistryError {
  const message = messageIn(answer)
  return new RegistryError(`${method} ${path} at Docker Hub: ${answer.status} ${message}`.trimEnd(), {
    method,
    url: path,
    status: answer.status,
    entries: [{code: '', message}]
  })
}
