import {ReleaseError} from '../../errors.js'
import type {Answer} from './http-client.js'
import type {RepositoryClient, RepositoryRequest} from './repository-client.js'

const MAX_PAGES = 10_000
/** Bytes of all pages together: a million tags. */
const MAX_BYTES = 64 * 1024 * 1024
/** Pages in a row that name nothing new: a registry that filters may have some. */
const MAX_IDLE_PAGES = 20

/** A list to read. */
export interface PagedList<T> {
  readonly request: RepositoryRequest
  /** What an answer lists; none for an answer that is no page. Called once for each answer. */
  readonly entriesOf: (answer: Answer) => readonly T[]
  /** What tells one entry from another. */
  readonly keyOf: (entry: T) => string
}

/**
 * Reads a list that may come in pages, each naming the next by `Link` (distribution-spec, "Listing Tags" and
 * "Listing Referrers"). The first answer may have any status that the request expects; a page after it is a 200,
 * or the list would end early without a word. Of a Link only the query counts: what stands before it is the list itself,
 * however a proxy or a registry spells it (renovatebot/renovate#15080, sonatype/nexus-public#1011).
 * @returns undefined where the first answer is no page
 * @throws ReleaseError REGISTRY_FAILED for pages that lead round in a circle, name nothing new, or are more than a list
 */
export async function readPages<T>(
  client: RepositoryClient,
  list: PagedList<T>
): Promise<readonly T[] | undefined> {
  const {request, entriesOf, keyOf} = list
  const entries = new Map<string, T>()
  const asked = new Set<string>()
  const state = {bytes: 0, idle: 0}
  for (let path: string | undefined = request.path; path !== undefined;) {
    const isFirst = asked.size === 0
    if (asked.has(path) || asked.size === MAX_PAGES) throw endless(client, request)
    asked.add(path)
    const answer = await client.call({...request, path, ...(isFirst ? {} : {expect: [200]})})
    const found = entriesOf(answer)
    if (answer.status !== 200) return undefined
    const before = entries.size
    for (const entry of found) entries.set(keyOf(entry), entry)
    state.bytes += answer.body.length
    state.idle = entries.size === before ? state.idle + 1 : 0
    if (state.bytes > MAX_BYTES || state.idle > MAX_IDLE_PAGES) throw endless(client, request)
    path = nextPath(request.path, answer.headers['link'])
  }
  return [...entries.values()]
}

/** The list's own path with the query of the Link. */
function nextPath(path: string, link: string | undefined): string | undefined {
  const next = nextPage(link)
  if (next === undefined) return undefined
  const [own = ''] = path.split('?')
  const [, query] = /\?([^#]*)/.exec(next) ?? []
  return query === undefined || query === '' ? path : `${own}?${query}`
}

/** The target of `Link: <…>; rel="next"` (RFC 8288). zot 1.4.3 leaves the angle brackets out (2026-11). */
function nextPage(link = ''): string | undefined {
  const bare = /^\s*([^<>\s;,]+)\s*;\s*rel\s*=\s*"?next"?\s*$/i.exec(link)?.[1]
  if (bare !== undefined) return bare
  const targets = [...link.matchAll(/<([^>]*)>((?:\s*;\s*\w+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g)]
  return targets.find(([, , parameters = '']) => /;\s*rel\s*=\s*"?next"?/i.test(parameters))?.[1]
}

function endless(client: RepositoryClient, {method, path}: RepositoryRequest): ReleaseError {
  return new ReleaseError(
    'REGISTRY_FAILED',
    `${method} ${client.name}/${path}: the pages of the list never end`,
    {
      hint: `The registry ${client.repository.registry} or a proxy before it names pages that lead nowhere new; nothing was done by a list that may not be whole.`
    }
  )
}
