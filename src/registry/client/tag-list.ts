import {ReleaseError} from '../../errors.js'
import {type Tag, isTag} from '../../oci/reference.js'
import {readPages} from './pages.js'
import type {RepositoryClient} from './repository-client.js'
import {fieldAt, isObject, tryParseJson} from '../../shared/json.js'

const PAGE = 1000

/** ECR refuses pages above 1,000. */
const LIST = {method: 'GET', path: `tags/list?n=${PAGE}`, expect: [200, 404]} as const

/** Fewer tags than any registry cuts its pages at: Quay's have 50 and more (2026-11). */
const SURELY_WHOLE = 50

/** The tags of a repository. */
export interface TagList {
  readonly tags: Tag[]
  /** Whether a tag that is not in it is surely not there: registries cut long lists, some without a word. */
  readonly isWhole: boolean
}

/** Reads all pages of a tag list (distribution-spec, "Listing Tags"). */
export async function readTagList(client: RepositoryClient): Promise<TagList> {
  const seen = {pages: 0, isKnown: true}
  const listed = await readPages(client, {
    request: LIST,
    entriesOf: ({status, body}) => {
      seen.pages += 1
      seen.isKnown &&= status === 200 || saysNameUnknown(body)
      return status === 404 ? [] : readTags(body, client.name)
    },
    keyOf: tag => tag
  })
  const tags = [...(listed ?? [])]
  return {tags, isWhole: seen.pages === 1 && seen.isKnown && tags.length < SURELY_WHOLE}
}

/** The tags of a tag list, all pages. */
export async function listTags(client: RepositoryClient): Promise<Tag[]> {
  return (await readTagList(client)).tags
}

/** A 404 may also come from a registry that has no lists; this code is that of a repository without tags. */
function saysNameUnknown(body: Uint8Array): boolean {
  return Buffer.from(body).toString('utf8').includes('"NAME_UNKNOWN"')
}

/** Reads the first page of a tag list, for whoever has time for one request. */
export async function listFirstTags(client: RepositoryClient): Promise<Tag[]> {
  const {status, body} = await client.call(LIST)
  return status === 404 ? [] : readTags(body, client.name)
}

function readTags(body: Uint8Array, name: string): Tag[] {
  const document = tryParseJson(body)
  // A repository with untagged content only has null here on some registries.
  const tags = fieldAt(document, 'tags') ?? []
  if (isObject(document) && Array.isArray(tags))
    return tags.filter(tag => typeof tag === 'string').filter(isTag)
  throw new ReleaseError('REGISTRY_FAILED', `GET ${name}/tags/list: the answer is no list of tags`)
}
