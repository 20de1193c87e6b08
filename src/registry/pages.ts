import {ReleaseError} from '../errors.js'
import type {Answer} from './exchange.js'
import type {RepositoryClient, RepositoryRequest} from './repository-client.js'

const MAX_PAGES = 10_000

/**
 * Reads a list that may come in pages, each naming the next by `Link` (distribution-spec, "Listing Tags" and
 * "Listing Referrers"). The first answer may have any status that the request expects; a page after it is a 200,
 * or the list would end early without a word.
 * @throws ReleaseError REGISTRY_FAILED for pages that lead round in a circle
 */
export async function readPages(client: RepositoryClient, first: RepositoryRequest): Promise<Answer[]> {
  const answers: Answer[] = []
  const seen = new Set<string>()
  let request: RepositoryRequest | undefined = first
  while (request !== undefined) {
    if (seen.has(request.path) || seen.size === MAX_PAGES) throw endless(client, first)
    seen.add(request.path)
    const answer = await client.call(request)
    answers.push(answer)
    const next = nextPage(answer.headers['link'])
    request = next === undefined ? undefined : {...first, path: await client.resolve(next), expect: [200]}
  }
  return answers
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
    `${method} ${client.name}/${path}: the pages of the list never end`
  )
}
