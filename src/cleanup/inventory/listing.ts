import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {listTags} from '../../registry/client/tag-list.js'
import type {ListedManifest, RepositoryBackend} from '../repository-backend.js'
import {eachAtOnce} from '../../shared/at-once.js'

/** How often a listing is read that others change meanwhile. */
const READINGS = 4

/** A listing from which nothing is missing that was there all the while. */
export interface Listing {
  readonly versions: readonly ListedManifest[]
  /** Tags that are listed, and lead nowhere. */
  readonly lost: readonly Tag[]
}

/**
 * Reads the whole listing of a repository. One that shifted under the reading is read again, and joined to the reading
 * before it where nothing of that is gone: what is pushed shifts the pages so that things come twice, and only what is
 * deleted makes them pass between two pages. What the registry has at a tag that the listing does not name joins it.
 * @throws ReleaseError INVENTORY_CHANGED where things vanish again and again
 */
export async function readListing(backend: RepositoryBackend, client: RepositoryClient): Promise<Listing> {
  const faults: string[] = []
  let before: ReadonlyMap<Digest, ListedManifest> | undefined
  for (let reading = 1; reading <= READINGS; reading++) {
    const [read, tags] = await Promise.all([readOnce(backend), listTags(client)])
    const fault = faultOf(read) ?? (await firstPageFault(backend, read))
    const versions = byDigest(read.versions)
    if (fault === undefined || isJoinable(before, versions))
      return await withTags(client, {versions: [...versions.values()], lost: read.lost}, tags)
    faults.push(fault)
    before = versions
  }
  throw new ReleaseError(
    'INVENTORY_CHANGED',
    `${client.name}: the listing changed each of ${READINGS} times while it was read: ${faults.at(-1) ?? ''}`,
    {hint: 'Nothing more is deleted. Run this again when nothing else is deleted there.'}
  )
}

interface Reading {
  readonly versions: readonly ListedManifest[]
  readonly firstPage: string
  readonly pages: number
  readonly total: number | undefined
  readonly lost: readonly Tag[]
}

async function readOnce(backend: RepositoryBackend): Promise<Reading> {
  const versions: ListedManifest[] = []
  let firstPage = ''
  let pages = 0
  let total: number | undefined
  const lost: Tag[] = []
  for await (const page of backend.versions()) {
    if (pages === 0) firstPage = fingerprint(page.versions)
    pages += 1
    total = page.total ?? total
    for (const version of page.versions) versions.push(version)
    lost.push(...(page.lost ?? []))
  }
  return {versions, firstPage, pages, total, lost}
}

/** What shows that pages shifted under the reading; undefined where nothing does. */
function faultOf({versions, total}: Reading): string | undefined {
  const digests = new Set<Digest>()
  for (const {digest} of versions) {
    if (digests.has(digest)) return `${digest} came twice`
    digests.add(digest)
  }
  return total !== undefined && total !== versions.length ? `${versions.length} came of ${total}` : undefined
}

/** A listing of one page is read at one moment; of more pages, the first is looked at again. */
async function firstPageFault(
  backend: RepositoryBackend,
  {pages, firstPage}: Reading
): Promise<string | undefined> {
  if (pages < 2) return undefined
  for await (const page of backend.versions())
    return fingerprint(page.versions) === firstPage ? undefined : 'its first page changed'
  return 'its first page is gone'
}

function fingerprint(versions: readonly ListedManifest[]): string {
  return versions.map(({digest, tags}) => [digest, ...tags].join(' ')).join('\n')
}

/** What came twice was read on two pages: the later says how it is. */
function byDigest(versions: readonly ListedManifest[]): Map<Digest, ListedManifest> {
  return new Map(versions.map(version => [version.digest, version]))
}

/** Whether all of one reading is in the next: then nothing was deleted, and nothing can have been passed over. */
function isJoinable(
  before: ReadonlyMap<Digest, unknown> | undefined,
  after: ReadonlyMap<Digest, unknown>
): boolean {
  return before !== undefined && [...before.keys()].every(digest => after.has(digest))
}

/**
 * Puts each tag where the registry has it, if the listing names it nowhere or at two places. One that led nowhere is lost
 * where it still does; what is behind an API of its own may be listed late.
 */
async function withTags(
  client: RepositoryClient,
  {versions, lost}: Listing,
  tags: readonly Tag[]
): Promise<Listing> {
  const places = new Map<Tag, Digest[]>(tags.map(tag => [tag, []]))
  for (const {digest, tags: own} of versions)
    for (const tag of own) places.set(tag, [...(places.get(tag) ?? []), digest])
  const open = [...places].filter(([, digests]) => digests.length !== 1).map(([tag]) => tag)
  if (open.length === 0) return {versions, lost: []}
  const found = await eachAtOnce(open, async tag => ({tag, head: await client.headManifest(tag)}))
  const placed = new Map(versions.map(one => [one.digest, without(one, new Set(open))]))
  const [absent, suspected] = [new Set<Tag>(), new Set(lost)]
  for (const {tag, head} of found) {
    if (head === undefined) {
      absent.add(tag)
      continue
    }
    const known = placed.get(head.digest) ?? {digest: head.digest, mediaType: head.mediaType, tags: []}
    placed.set(head.digest, {...known, tags: [...known.tags, tag]})
  }
  return {versions: [...placed.values()], lost: [...absent].filter(tag => suspected.has(tag)).sort()}
}

function without(version: ListedManifest, tags: ReadonlySet<Tag>): ListedManifest {
  return version.tags.some(tag => tags.has(tag))
    ? {...version, tags: version.tags.filter(tag => !tags.has(tag))}
    : version
}
