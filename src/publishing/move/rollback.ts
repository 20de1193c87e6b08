import {ReleaseError, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import {type Tag, formatReference, parseReference} from '../../oci/reference.js'
import type {JournalTag} from '../../contracts/journal-document.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {listTags} from '../../registry/client/tag-list.js'
import {
  type ReplacedTag,
  aliasesOf,
  decideByJournal,
  decideByVersion,
  namedVersion
} from '../decide/rollback-plan.js'
import type {PublishedTag} from '../../contracts/planned-image.js'
import {describeOddness, readNamed} from '../collect/odd-content.js'
import {allSettled} from '../../shared/all-settled.js'
import type {Patience} from '../../registry/client/patience.js'
import {imageFacts} from './current-tags.js'
import {readTag} from './tag-reading.js'
import {type FreshTag, type HostOf, byRepository, deleteFreshTags} from './created-tags.js'
import {type MoveRule, type TagMove, decideMoves} from './tag-moves.js'

/** Gives the client of a repository, by its name or a tag in it. */
export type ClientOf = (reference: string) => RepositoryClient

/** How the tags of a journal are read. */
export interface JournalReading {
  readonly clientOf: ClientOf
  readonly patience: Patience
  /** Move tags back even where something else is there than the journal says. */
  readonly isForced: boolean
}

const SINCE = 'Nothing was written. Somebody released since; give force to move the tags all the same.'
const UNNAMED = 'Nothing was written. Give force to move the tags all the same.'

/**
 * Decides for each tag of a journal whether it goes back to what was there before.
 * @throws ReleaseError RELEASE_INCOMPLETE with everything that is no longer there to go back to
 */
export async function movesByJournal(
  tags: readonly ReplacedTag[],
  {clientOf, patience, isForced}: JournalReading
): Promise<TagMove[]> {
  return await decideAll(
    tags.map(async entry => {
      const client = clientOf(entry.reference)
      await readTag({client, tag: tagOf(entry)}, entry.after.digest, patience)
      const manifest = await client.getManifest(entry.before.digest)
      const odd = await wholeOrOdd(client, manifest, entry.before.digest)
      const decide: MoveRule['decide'] = standing => decideByJournal({...entry, odd}, standing, isForced)
      const tag = {name: tagOf(entry), class: entry.class}
      return await decideOne({client, manifest, tag}, {decide, hint: SINCE})
    })
  )
}

/**
 * Decides for the aliases of a version in some repositories whether they go back to it.
 * @throws ReleaseError RELEASE_INCOMPLETE with every repository that lacks the version, or has it in parts
 */
export async function movesToVersion(
  version: Tag,
  clients: readonly RepositoryClient[],
  isForced: boolean
): Promise<TagMove[]> {
  return await decideAll(clients.map(async client => await movesIn(client, version, isForced)))
}

async function movesIn(client: RepositoryClient, version: Tag, isForced: boolean): Promise<TagMove[]> {
  const [manifest, tags] = await Promise.all([client.getManifest(version), listTags(client)])
  const reference = formatReference(client.repository, version)
  const facts = await readNamed(reference, manifest, async () => imageFacts(client, manifest))
  await assertWhole(client, manifest, version)
  const named = namedVersion(version, facts)
  const decide: MoveRule['decide'] = standing => decideByVersion(named, manifest, standing, isForced)
  const moves = await Promise.all(
    aliasesOf(tags, named).map(
      async name =>
        await decideOne({client, manifest, tag: {name, class: 'forward'}}, {decide, hint: UNNAMED})
    )
  )
  return moves.flat()
}

interface Step {
  readonly client: RepositoryClient
  readonly manifest: Manifest
  readonly tag: PublishedTag
}

async function decideOne({client, manifest, tag}: Step, rule: MoveRule): Promise<TagMove[]> {
  const publication = {
    target: tag.name,
    repositories: [client.repository],
    tags: [tag],
    builds: [],
    annotations: {}
  }
  return await decideMoves(publication, manifest, [client], {facts: {}, allowBackward: true, rule})
}

async function decideAll(work: readonly Promise<TagMove[]>[]): Promise<TagMove[]> {
  const {values, failures} = await allSettled(work)
  if (failures.length === 0) return values.flat()
  const faults = [...new Set(failures.map(messageOf))]
  throw new ReleaseError('RELEASE_INCOMPLETE', `cannot be rolled back:\n  ${faults.join('\n  ')}`, {
    cause: failures[0],
    hint: 'Nothing was written. What was cleaned up cannot be gone back to; name another version, or publish it again.'
  })
}

/**
 * What was at a tag goes back there, also where nobody can read it: the release that replaced it is undone.
 * @returns what it is, and why it cannot be read; undefined where it can
 */
async function wholeOrOdd(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Digest
): Promise<string | undefined> {
  try {
    readManifest(manifest)
  } catch (error) {
    return describeOddness(manifest, error)
  }
  await assertWhole(client, manifest, reference)
  return undefined
}

/** A clean-up may have deleted what was there: a tag must not go back to half an image. */
async function assertWhole(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest
): Promise<void> {
  const children = readManifest(manifest).manifests
  const heads = await Promise.all(children.map(async ({digest}) => await client.headManifest(digest)))
  const missing = children.filter((_, position) => heads[position] === undefined)
  if (missing.length === 0) return
  const lines = missing.map(({digest}) => `${digest} of it is not there`)
  throw new ReleaseError(
    'CHILD_MISSING',
    `${formatReference(client.repository, reference)}: ${lines.join(', ')}`
  )
}

/** What became of the deletion of one tag. */
export interface Deletion {
  readonly reference: string
  /** Why it is still there; undefined where it is gone. */
  readonly fault?: string
}

/** Deletes tags that a release had made, each only where it still points at that release. Never rejects. */
export async function deleteFresh(
  tags: readonly JournalTag[],
  {clientOf, hostOf, patience}: Pick<JournalReading, 'clientOf' | 'patience'> & {readonly hostOf: HostOf}
): Promise<Deletion[]> {
  const deleted = await Promise.all(
    byRepository(tags, ({reference}) => clientOf(reference)).map(async ({items, client}) => {
      const looked = await Promise.all(items.map(async entry => await lookAt(entry, client, patience)))
      return await deleteIn(looked, client, hostOf)
    })
  )
  return deleted.flat()
}

async function deleteIn(
  looked: readonly LookedAt[],
  client: RepositoryClient,
  hostOf: HostOf
): Promise<Deletion[]> {
  const ours = looked.flatMap(({fresh}) => (fresh === undefined ? [] : [fresh]))
  const faults = await deleteFreshTags(ours, client, hostOf)
  return looked.map(({reference, fresh, fault = fresh && faults.get(fresh.tag)}) => ({
    reference,
    ...(fault === undefined ? {} : {fault})
  }))
}

/** A tag that is to go has `fresh`; one that is gone has nothing. */
type LookedAt = Deletion & {readonly fresh?: FreshTag}

async function lookAt(entry: JournalTag, client: RepositoryClient, patience: Patience): Promise<LookedAt> {
  const {reference, after} = entry
  try {
    const tag = tagOf(entry)
    const digest = await readTag({client, tag}, after.digest, patience)
    if (digest === undefined) return {reference}
    if (digest === after.digest) return {reference, fresh: {tag, digest}}
    return {reference, fault: `it points at ${digest}, which is of another release`}
  } catch (error) {
    return {reference, fault: messageOf(error)}
  }
}

function tagOf({reference}: JournalTag): Tag {
  const {tag} = parseReference(reference)
  if (tag !== undefined) return tag
  throw new ReleaseError('PLAN_INVALID', `the journal names ${reference}, which is no tag`)
}
