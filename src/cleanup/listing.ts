import {ReleaseError} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {listTags} from '../registry/tag-list.js'
import type {ListedVersion, RepositoryBackend} from '../retention/repository-backend.js'

/** How often a listing is read that others change meanwhile. */
const READINGS = 4

/** A listing that did not change while it was read. */
export interface Listing {
  readonly versions: readonly ListedVersion[]
  /** All tags that the registry or the listing named, to see later what came since. */
  readonly tags: readonly Tag[]
}

/**
 * Reads the whole listing of a repository; one that changed under the reading is read again.
 * @throws ReleaseError INVENTORY_CHANGED where it changes again and again
 */
export async function readListing(backend: RepositoryBackend, client: RepositoryClient): Promise<Listing> {
  const faults: string[] = []
  for (let reading = 1; reading <= READINGS; reading++) {
    const [read, tags] = await Promise.all([readOnce(backend), listTags(client)])
    const fault =
      faultOf(read) ?? (await firstPageFault(backend, read)) ?? (await unlistedFault(client, read, tags))
    if (fault === undefined)
      return {
        versions: read.versions,
        tags: [...new Set([...tags, ...read.versions.flatMap(version => version.tags)])]
      }
    faults.push(fault)
  }
  throw new ReleaseError(
    'INVENTORY_CHANGED',
    `${client.name}: the listing changed each of ${READINGS} times while it was read: ${faults.at(-1) ?? ''}`,
    {hint: 'Nothing was deleted. Run this again when nothing else is pushed there.'}
  )
}

interface Reading {
  readonly versions: readonly ListedVersion[]
  readonly firstPage: string
  readonly pages: number
  readonly total: number | undefined
}

async function readOnce(backend: RepositoryBackend): Promise<Reading> {
  const versions: ListedVersion[] = []
  let firstPage = ''
  let pages = 0
  let total: number | undefined
  for await (const page of backend.versions()) {
    if (pages === 0) firstPage = fingerprint(page.versions)
    pages += 1
    total = page.total ?? total
    for (const version of page.versions) versions.push(version)
  }
  return {versions, firstPage, pages, total}
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

/** A tag that the registry knows and the listing does not; some registries list tags that lead nowhere. */
async function unlistedFault(
  client: RepositoryClient,
  {versions}: Reading,
  tags: readonly Tag[]
): Promise<string | undefined> {
  const listed = new Set(versions.flatMap(version => version.tags))
  for (const tag of tags)
    if (!listed.has(tag) && (await client.headManifest(tag)) !== undefined)
      return `the tag ${tag} is in the registry, but not in the listing`
  return undefined
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

function fingerprint(versions: readonly ListedVersion[]): string {
  return versions.map(({digest, tags}) => [digest, ...tags].join(' ')).join('\n')
}
