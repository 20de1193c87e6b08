import {type Tag, isTag} from '../oci/reference.js'
import {ReleaseError} from '../errors.js'
import type {RepositoryClient} from './repository-client.js'

const PAGE = 1000
const MAX_PAGES = 10_000

/** Reads all pages of a tag list (distribution-spec, "Listing Tags"; ECR refuses pages above 1,000). */
export async function listTags(client: RepositoryClient): Promise<Tag[]> {
  const tags: Tag[] = []
  let path: string | undefined = `tags/list?n=${PAGE}`
  for (let page = 0; path !== undefined && page < MAX_PAGES; page++) {
    const answer = await client.call({method: 'GET', path, expect: [200, 404]})
    if (answer.status === 404) return tags
    tags.push(...readTags(answer.body, client.name))
    const next = nextPage(answer.headers['link'])
    path = next === undefined ? undefined : await client.resolve(next)
  }
  return tags
}

function readTags(body: Uint8Array, name: string): Tag[] {
  const document = parse(body)
  // A repository with untagged content only has null here on some registries.
  const tags = document?.tags ?? []
  if (document !== undefined && Array.isArray(tags))
    return tags.filter(tag => typeof tag === 'string').filter(isTag)
  throw new ReleaseError('REGISTRY_FAILED', `GET ${name}/tags/list: the answer is no list of tags`)
}

function parse(body: Uint8Array): {tags?: unknown} | undefined {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as {tags?: unknown}
  } catch {
    return undefined
  }
}

/** The target of `Link: <…>; rel="next"` (RFC 8288). */
function nextPage(link: string | undefined): string | undefined {
  return /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1]
}
