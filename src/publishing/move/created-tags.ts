import {ReleaseError, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {deleteTag, placeholderIndex} from '../../registry/client/tag-deletion.js'
import {listTags} from '../../registry/client/tag-list.js'
import type {DeletionOutcome, RepositoryBackend} from '../../cleanup/repository-backend.js'

/** A tag that was new in a release, and what the release made it point at. */
export interface FreshTag {
  readonly tag: Tag
  readonly digest: Digest
}

/**
 * Opens the API of the host of packages before a repository, where that deletes tags and the registry does not (GHCR,
 * Docker Hub); undefined where the registry itself is asked.
 * @throws ReleaseError CREDENTIALS_INVALID without a token for it
 */
export type HostOf = (client: RepositoryClient) => Promise<RepositoryBackend | undefined>

/** Why tags are still there, by tag. */
type Faults = ReadonlyMap<Tag, string>

/** Things of one repository, and a client of it. */
export interface OfRepository<T> {
  readonly client: RepositoryClient
  readonly items: T[]
}

/** Puts together what is of one repository: some hosts take several tags away at once. */
export function byRepository<T>(
  items: readonly T[],
  clientOf: (item: T) => RepositoryClient
): OfRepository<T>[] {
  const groups = new Map<string, OfRepository<T>>()
  for (const item of items) {
    const client = clientOf(item)
    const group = groups.get(client.name) ?? {client, items: []}
    group.items.push(item)
    groups.set(client.name, group)
  }
  return [...groups.values()]
}

/**
 * Takes tags of one repository away and leaves what they pointed at. Never rejects.
 * @returns why each tag that is still there is; empty where all are gone
 */
export async function deleteFreshTags(
  fresh: readonly FreshTag[],
  client: RepositoryClient,
  hostOf: HostOf
): Promise<Faults> {
  if (fresh.length === 0) return new Map()
  try {
    const host = await hostOf(client)
    if (host === undefined)
      return await faultsOfEach(fresh, async ({tag, digest}) => await deleteTag(client, tag, digest))
    return host.deleteTag === undefined
      ? await deleteTogether(fresh, client, host)
      : await faultsOfEach(fresh, async one => await deleteAlone(one, client, host))
  } catch (error) {
    return forAll(fresh, toldFault(error))
  }
}

/**
 * Docker Hub: one request a tag. One that was moved by somebody else meanwhile is left alone; one that is not shown may
 * be there all the same.
 */
async function deleteAlone(
  {tag, digest}: FreshTag,
  client: RepositoryClient,
  host: RepositoryBackend
): Promise<void> {
  if (await isElsewhere(client, {tag, digest})) return
  assertGone(await host.deleteTag?.(tag, digest))
}

/**
 * GHCR: the tags move to one empty index, which is then deleted with them. Another one, without a tag, is deleted
 * first: where that is refused, no tag was touched. The last tagged version of a package is never deleted (2026-11).
 */
async function deleteTogether(
  fresh: readonly FreshTag[],
  client: RepositoryClient,
  host: RepositoryBackend
): Promise<Faults> {
  await host.capabilities()
  const going = new Set(fresh.map(({tag}) => tag))
  if ((await listTags(client)).every(tag => going.has(tag)))
    return forAll(
      fresh,
      `${host.name} never deletes the last tags of a package. Delete the package, or let the next run publish there`
    )
  const trial = placeholderIndex()
  await client.putManifest(trial)
  assertGone(await host.deleteVersion({digest: trial.digest, tags: []}), true)
  return await moveAndDelete(fresh, client, host)
}

async function moveAndDelete(
  fresh: readonly FreshTag[],
  client: RepositoryClient,
  host: RepositoryBackend
): Promise<Faults> {
  const placeholder = placeholderIndex()
  const moved: FreshTag[] = []
  const faults = await faultsOfEach(fresh, async one => {
    if (await isElsewhere(client, one)) return
    moved.push(one)
    await client.putManifest(placeholder, one.tag)
  })
  if (moved.length === 0) return faults
  try {
    const tags = moved.map(({tag}) => tag)
    assertGone(await host.deleteVersion({digest: placeholder.digest, tags}), true)
    return new Map()
  } catch (error) {
    await faultsOfEach(moved, async ({tag, digest}) => {
      const shown = await client.shownDigest(tag)
      if (shown === placeholder.digest || shown === 'unknown')
        await client.putManifest(await client.getManifest(digest), tag)
    })
    return new Map([...faults, ...forAll(moved, toldFault(error))])
  }
}

/** What cannot be read may be there all the same. */
async function isElsewhere(client: RepositoryClient, {tag, digest}: FreshTag): Promise<boolean> {
  const shown = await client.shownDigest(tag)
  return shown !== undefined && shown !== 'unknown' && shown !== digest
}

/** @param isThere it was put a moment ago: a host that does not know it shows it not to this token */
function assertGone(outcome: DeletionOutcome | undefined, isThere = false): void {
  if (outcome?.state === 'done' || (outcome?.state === 'gone' && !isThere)) return
  const isRefused = outcome?.state === 'undeletable' || outcome?.state === 'referenced'
  const hint = outcome?.state === 'undeletable' ? outcome.hint : undefined
  throw new ReleaseError(
    'TAG_NOT_MOVED',
    isRefused ? outcome.reason : 'its host does not list what was just put there',
    {hint}
  )
}

async function faultsOfEach(
  fresh: readonly FreshTag[],
  work: (one: FreshTag) => Promise<void>
): Promise<Faults> {
  const results = await Promise.all(
    fresh.map(async (one): Promise<[Tag, string][]> => {
      try {
        await work(one)
        return []
      } catch (error) {
        return [[one.tag, toldFault(error)]]
      }
    })
  )
  return new Map(results.flat())
}

function forAll(fresh: readonly FreshTag[], fault: string): Faults {
  return new Map(fresh.map(({tag}) => [tag, fault]))
}

/** With what to do, for nothing else will say how the tag can be deleted. */
function toldFault(error: unknown): string {
  const hint = error instanceof ReleaseError ? error.hint : undefined
  return hint === undefined ? messageOf(error) : `${messageOf(error)}. ${hint}`
}
