import pLimit from 'p-limit'
import {type Digest, isDigest} from '../../oci/digest.js'
import {isTag} from '../../oci/reference.js'
import type {Clock, GithubAnswer, GithubRequest} from '../../ports.js'
import {
  type BackendCapabilities,
  CALLS_AT_ONCE,
  type DeletionOutcome,
  type ListedManifest,
  type RepositoryBackend,
  type StillWanted,
  type VersionPage
} from '../repository-backend.js'
import {type GhcrPackage, type GhcrPackageParts, findGhcrPackage} from './ghcr-package.js'
import {refusalOf, rightMissing, scopeMissing, undeletableReason} from './ghcr-refusals.js'
import {fieldAt, listAt, textAt, timeAt} from '../../shared/json.js'
import {REST} from '../../github/rest-paths.js'
import {backoff} from '../../shared/retry.js'

/** What a package of GitHub's container registry is cleaned with. */
export interface GhcrParts extends GhcrPackageParts {
  /** `delete` where deletion is meant, so that a missing right shows at once. */
  readonly purpose: 'list' | 'delete'
  readonly clock: Clock
  readonly signal: AbortSignal
}

const PER_PAGE = 100
const PAGES_AT_ONCE = CALLS_AT_ONCE
/** "You can restore a deleted package within 30 days" (docs, "Deleting and restoring a package", 2026-11). */
const RESTORABLE = 30 * 24 * 3600 * 1000
/** How often the listing is looked through for what was just put, with so many milliseconds before the second time. */
const LOOK_UPS = 4
const FIRST_DELAY = 1000
/** The status of what was not sent after a pause, for it is not to go any more. */
const CALLED_OFF = 0

/** The versions of one package, by GitHub's REST API. */
export function ghcrBackend(parts: GhcrParts): RepositoryBackend {
  return new GhcrBackend(parts)
}

class GhcrBackend implements RepositoryBackend {
  readonly name = 'GHCR'
  readonly #parts: GhcrParts
  readonly #ids = new Map<Digest, string>()
  readonly #deletedIds = new Map<Digest, string>()
  #package: Promise<GhcrPackage | undefined> | undefined
  #path: string | undefined

  constructor(parts: GhcrParts) {
    this.#parts = parts
  }

  async capabilities(): Promise<BackendCapabilities> {
    const found = await this.#find()
    const lacks = found && scopeMissing(found.subject)
    if (this.#parts.purpose === 'delete' && found !== undefined && lacks !== undefined)
      throw rightMissing(found.subject, 'at least delete:packages scope')
    return {
      ...(lacks === undefined ? {} : {lacks}),
      tagDeletion: 'placeholder',
      versionDeletion: 'with-tags',
      listsUntagged: true,
      knowsAges: true,
      restorable: RESTORABLE
    }
  }

  async *versions(): AsyncIterable<VersionPage> {
    for await (const versions of this.#pages('active', this.#ids)) yield {versions}
  }

  async lookAt({digest, id}: Pick<ListedManifest, 'digest' | 'id'>): Promise<ListedManifest | undefined> {
    const found = await this.#find()
    const known = id ?? this.#ids.get(digest)
    if (found === undefined || known === undefined) return undefined
    const request = {method: 'GET', path: REST.packageVersion(found.path, known)} as const
    const answer = await this.#ask(request)
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw refusalOf(request, answer, found.subject)
    return versionIn(answer.body)[0]
  }

  async deleteVersion(
    {digest, id}: Pick<ListedManifest, 'digest' | 'id'>,
    isStillWanted?: StillWanted
  ): Promise<DeletionOutcome> {
    const found = await this.#find()
    const known = id ?? (await this.#idOf(digest))
    if (found === undefined || known === undefined) return {state: 'gone'}
    const path = REST.packageVersion(found.path, known)
    const answer = await this.#ask({method: 'DELETE', path, ...(isStillWanted && {isStillWanted})})
    if (answer.status === CALLED_OFF) return {state: 'called-off'}
    if (answer.status === 204) return {state: 'done'}
    const undeletable = undeletableReason(answer)
    if (undeletable !== undefined) return {state: 'undeletable', ...undeletable}
    if (answer.status === 404 && !(await this.#isThere(path))) return {state: 'gone'}
    throw refusalOf({method: 'DELETE', path}, answer, found.subject)
  }

  async restoreVersion(digest: Digest): Promise<DeletionOutcome> {
    const found = await this.#find()
    const id = found && (await this.#deletedIdOf(digest))
    if (found === undefined || id === undefined) return await this.#withoutDeleted(digest)
    const path = REST.restoredVersion(found.path, id)
    const answer = await this.#ask({method: 'POST', path})
    if (answer.status === 204) return {state: 'done'}
    if (answer.status === 404 && (await this.#isThere(REST.packageVersion(found.path, id))))
      return {state: 'done'}
    throw refusalOf({method: 'POST', path}, answer, found.subject)
  }

  restoreHint(digests: readonly Digest[]): string {
    const versions = REST.packageVersions(this.#path ?? 'PACKAGE')
    return digests
      .map(digest => `gh api -X POST ${versions}/${this.#ids.get(digest) ?? `ID-OF-${digest}`}/restore`)
      .join('\n')
  }

  async #find(): Promise<GhcrPackage | undefined> {
    this.#package ??= findGhcrPackage(this.#parts)
    const found = await this.#package
    this.#path = found?.path
    return found
  }

  async #ask(request: GithubRequest): Promise<GithubAnswer> {
    return await this.#parts.github({...request, signal: this.#parts.signal})
  }

  async #isThere(path: string): Promise<boolean> {
    const {status} = await this.#ask({method: 'GET', path})
    return status === 200
  }

  /** What was put a moment ago may not be listed yet. */
  async #idOf(digest: Digest): Promise<string | undefined> {
    const {clock, signal} = this.#parts
    for (let left = LOOK_UPS; this.#ids.get(digest) === undefined && left > 0; left--) {
      if (left < LOOK_UPS) await clock.sleep(backoff(FIRST_DELAY, LOOK_UPS - left), signal)
      for await (const versions of this.#pages('active', this.#ids))
        if (versions.some(version => version.digest === digest)) break
    }
    return this.#ids.get(digest)
  }

  async #deletedIdOf(digest: Digest): Promise<string | undefined> {
    if (!this.#deletedIds.has(digest))
      for await (const versions of this.#pages('deleted', this.#deletedIds))
        if (versions.some(version => version.digest === digest)) break
    return this.#deletedIds.get(digest)
  }

  async #withoutDeleted(digest: Digest): Promise<DeletionOutcome> {
    for await (const versions of this.#pages('active', this.#ids))
      if (versions.some(version => version.digest === digest)) return {state: 'done'}
    return {
      state: 'undeletable',
      reason: 'it is not among the versions that GitHub can bring back',
      hint: 'A deleted version is kept for 30 days. Publish it again from its source.'
    }
  }

  /** The first page says how many there are: once more are wanted, all others are read together. */
  async *#pages(
    state: 'active' | 'deleted',
    ids: Map<Digest, string>
  ): AsyncIterable<readonly ListedManifest[]> {
    const found = await this.#find()
    if (found === undefined) return
    const read = async (page: number) => pageOf(await this.#page(found, state, page), ids)
    const first = await read(1)
    yield first.versions
    const limit = pLimit(PAGES_AT_ONCE)
    const rest = Array.from({length: first.last - 1}, (_, at) => limit(read, at + 2))
    for (const page of rest) page.catch(() => undefined)
    try {
      for (const page of rest) yield (await page).versions
    } finally {
      limit.clearQueue()
    }
    // More may have been pushed since the first page was read.
    for (let number = first.last + 1, before = await (rest.at(-1) ?? first); before.hasNext; number++) {
      before = await read(number)
      yield before.versions
    }
  }

  async #page(
    {path, subject}: GhcrPackage,
    state: 'active' | 'deleted',
    page: number
  ): Promise<GithubAnswer> {
    const query = {per_page: PER_PAGE, state, page}
    const request = {method: 'GET', path: REST.packageVersions(path), query} as const
    const answer = await this.#ask(request)
    if (answer.status === 200) return answer
    throw refusalOf(request, answer, subject)
  }
}

/** What is kept of a page: all pages of a large package are held at once. */
function pageOf(answer: GithubAnswer, ids: Map<Digest, string>) {
  return {versions: versionsIn(answer, ids), last: lastPageOf(answer), hasNext: hasNext(answer)}
}

function lastPageOf({headers}: GithubAnswer): number {
  const page = /[?&]page=(\d+)[^>]*>;\s*rel="last"/.exec(headers['link'] ?? '')?.[1]
  return Math.max(1, Number(page ?? 1))
}

function hasNext({headers}: GithubAnswer): boolean {
  return /rel="next"/.test(headers['link'] ?? '')
}

function versionsIn({body}: GithubAnswer, ids: Map<Digest, string>): ListedManifest[] {
  const versions = (Array.isArray(body) ? body : []).flatMap(versionIn)
  for (const {digest, id} of versions) if (id !== undefined) ids.set(digest, id)
  return versions
}

/** Versions are named by their digest. One that is not is no manifest, and nothing that this may delete. */
function versionIn(entry: unknown): ListedManifest[] {
  const digest = textAt(entry, 'name') ?? ''
  const id = fieldAt(entry, 'id')
  if (!isDigest(digest)) return []
  const firstPushed = timeAt(entry, 'created_at')
  const isUnchanged = textAt(entry, 'updated_at') === textAt(entry, 'created_at')
  // A tag that moved away or was added makes a version young again: only then it can have been superseded.
  const pushed = Math.max(firstPushed ?? 0, (isUnchanged ? undefined : timeAt(entry, 'updated_at')) ?? 0)
  return [
    {
      digest,
      tags: listAt(entry, 'metadata', 'container', 'tags')
        .filter(tag => typeof tag === 'string')
        .filter(isTag),
      ...(typeof id === 'number' || typeof id === 'string' ? {id: String(id)} : {}),
      ...(pushed === 0 ? {} : {pushed}),
      ...(firstPushed === undefined ? {} : {firstPushed})
    }
  ]
}
