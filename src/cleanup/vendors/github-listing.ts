import pLimit from 'p-limit'
import {ReleaseError} from '../../errors.js'
import type {GithubAnswer, GithubApi, GithubRequest} from '../../ports.js'
import {fieldAt, listAt, textAt, timeAt} from '../../shared/json.js'
import type {ActionsCache} from '../policy/actions-caches.js'
import {REST} from '../../github/rest-paths.js'

/** A repository on GitHub, as `owner/name`, and the way to ask about it. */
export interface GithubSource {
  readonly api: GithubApi
  readonly fullName: string
}

const CALLS_AT_ONCE = 8
const PER_PAGE = 100

/**
 * Finds which of these pull requests are closed or merged. A number that is none is not closed: its tags stay.
 * @throws ReleaseError RIGHT_MISSING where the token may not read pull requests; REGISTRY_FAILED for any other refusal
 */
export async function closedPullRequests(
  {api, fullName}: GithubSource,
  numbers: readonly number[]
): Promise<Set<number>> {
  const limit = pLimit(CALLS_AT_ONCE)
  const ask = async (number: number): Promise<number[]> => {
    const request = {method: 'GET', path: REST.pullRequest(fullName, number)} as const
    const answer = await api(request)
    if (answer.status === 404) return []
    return textAt(expectStatus(request, answer, 'pull-requests: read'), 'state') === 'closed' ? [number] : []
  }
  const found = await Promise.all([...new Set(numbers)].map(number => limit(ask, number)))
  return new Set(found.flat())
}

/**
 * Reads all caches of a repository (REST API, "List GitHub Actions caches for a repository", 2026-11).
 * @throws ReleaseError RIGHT_MISSING where the token may not; REGISTRY_FAILED for any other refusal
 */
export async function listActionsCaches({api, fullName}: GithubSource): Promise<ActionsCache[]> {
  const caches: ActionsCache[] = []
  for (let page = 1; ; page++) {
    const query = {per_page: PER_PAGE, page, sort: 'created_at'}
    const request = {method: 'GET', path: REST.actionsCaches(fullName), query} as const
    const body = expectStatus(request, await api(request), 'actions: read')
    const list = listAt(body, 'actions_caches').map(readCache)
    caches.push(...list.filter(cache => cache !== undefined))
    if (list.length < PER_PAGE) return caches
  }
}

/**
 * Deletes one cache; false where it was gone already.
 * @throws ReleaseError RIGHT_MISSING, REGISTRY_FAILED
 */
export async function deleteActionsCache({api, fullName}: GithubSource, id: number): Promise<boolean> {
  const request = {method: 'DELETE', path: REST.actionsCache(fullName, id)} as const
  const answer = await api(request)
  if (answer.status === 404) return false
  expectStatus(request, answer, 'actions: write')
  return true
}

function readCache(entry: unknown): ActionsCache | undefined {
  const id = fieldAt(entry, 'id')
  const size = fieldAt(entry, 'size_in_bytes')
  const key = textAt(entry, 'key')
  const used = timeAt(entry, 'last_accessed_at') ?? timeAt(entry, 'created_at')
  if (typeof id !== 'number' || key === undefined || used === undefined) return undefined
  return {id, key, ref: textAt(entry, 'ref') ?? '', size: typeof size === 'number' ? size : 0, used}
}

function expectStatus(request: GithubRequest, {status, body}: GithubAnswer, right: string): unknown {
  if (status >= 200 && status < 300) return body
  const what = `${request.method} ${request.path}: ${status} ${textAt(body, 'message') ?? ''}`.trimEnd()
  if (status === 401 || status === 403)
    throw new ReleaseError('RIGHT_MISSING', what, {hint: `Give this job the permission "${right}".`})
  throw new ReleaseError('REGISTRY_FAILED', what, {hint: 'Nothing further was deleted. Run this again.'})
}
