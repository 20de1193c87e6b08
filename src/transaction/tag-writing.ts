import {ReleaseError, messageOf} from '../errors.js'
import type {Descriptor} from '../oci/manifest.js'
import type {Tag} from '../oci/reference.js'
import type {Clock} from '../ports.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {listTags} from '../registry/tag-list.js'
import {stagesOf} from '../release/publication.js'
import {newerPublished} from '../release/version-names.js'
import type {Patience} from './patience.js'
import type {ReleaseJournal} from './release-journal.js'
import {type TagMove, assertAllowed, candidateAt, decideAnew, isWrite, nameOf} from './tag-moves.js'

/** How often a tag is written again that another release moved back meanwhile. */
const ROUNDS = 3
/** How long is waited for a newer release that has its version tag but not yet its aliases. */
const PATIENCE_MILLISECONDS = 3000
const STEP_MILLISECONDS = 250
/** A tag that was read again longer ago than this, for a journal or a signature took its time, is read once more. */
const FRESH_MILLISECONDS = 2000

/** What writing tags needs beside the moves. */
export interface WritingOptions {
  readonly patience: Patience
  /** Is told what stands at the tags before the first of them moves. */
  readonly journal: Pick<ReleaseJournal, 'keep'>
  /** Receives each move before it is sent, so that the caller can undo what was begun. */
  readonly attempted: TagMove[]
  /** Rejects where the tags must not stay. Asked when all are written, while they are read back. */
  readonly confirm: () => Promise<void>
}

/**
 * Moves tags stage by stage, all registries side by side. No registry has a compare-and-swap, so two releases at once are
 * told apart by what each writes first: its version tag, before any alias. Each looks for newer version tags before it
 * moves an alias and again after, and the older one gives way; then every tag is read back.
 * @returns the moves as they ended; one that gave way to a newer release is kept
 * @throws ReleaseError TAG_REFUSED before anything is moved; TAG_NOT_MOVED with every tag that could not be moved
 */
export async function writeTags(moves: readonly TagMove[], options: WritingOptions): Promise<TagMove[]> {
  const {clock} = options.patience
  const current = await eachMove(moves, async move => {
    const isFresh = move.checked !== undefined && clock.now() - move.checked < FRESH_MILLISECONDS
    return await waitForNewer(isFresh ? move : await recheck(move, clock), options)
  })
  assertAllowed(current)
  await options.journal.keep(current)
  const writes = current.filter(isWrite)
  for (const stage of stagesOf(writes.map(({tag}) => tag))) {
    const batch = writes.filter(({tag}) => stage.includes(tag))
    options.attempted.push(...batch)
    await eachMove(batch, put)
  }
  const [confirmed, settled] = await Promise.allSettled([options.confirm(), settleAll(current)])
  if (settled.status === 'rejected') throw settled.reason
  if (confirmed.status === 'rejected') throw confirmed.reason
  return settled.value
}

async function put(move: TagMove): Promise<TagMove> {
  await move.client.putManifest(move.index, move.tag.name)
  return move
}

/**
 * Reads tags again that are about to be written. Where something else stands there now, it is decided again.
 * @throws ReleaseError TAG_NOT_MOVED with every tag that could not be read
 */
export async function recheckAll(moves: readonly TagMove[], clock: Clock): Promise<TagMove[]> {
  return await eachMove(moves, async move => await recheck(move, clock))
}

async function recheck(move: TagMove, clock: Clock): Promise<TagMove> {
  if (!isWrite(move)) return move
  const checked = clock.now()
  const head = await move.client.headManifest(move.tag.name)
  return {...(head?.digest === move.standing?.digest ? move : await decideAnew(move)), checked}
}

/**
 * A newer version that is published, but that an alias does not point at, belongs to a release under way, or to one
 * that was rolled back on purpose. The first will move the alias soon; after a while it is taken for the second.
 */
async function waitForNewer(move: TagMove, {patience: {clock, signal}}: WritingOptions): Promise<TagMove> {
  const isFree = move.options.allowBackward || !isForwardWrite(move)
  if (isFree || newerPublished(move.published, move.tag.name, candidateAt(move)) === undefined) return move
  const end = clock.now() + PATIENCE_MILLISECONDS
  while (clock.now() < end) {
    await clock.sleep(STEP_MILLISECONDS, signal)
    const now = await recheck(move, clock)
    if (!isWrite(now)) return now
  }
  return move
}

function isForwardWrite(move: TagMove): boolean {
  return isWrite(move) && move.tag.class === 'forward' && move.options.facts.version !== undefined
}

/** Holds each tag against what stands there now that all are written; the list of tags is read at the same time. */
async function settleAll(moves: readonly TagMove[]): Promise<TagMove[]> {
  const lists = new Map<string, Promise<Tag[]>>()
  const listOf = (client: RepositoryClient): Promise<Tag[]> => {
    const list = lists.get(client.name) ?? listTags(client)
    lists.set(client.name, list)
    return list
  }
  return await eachMove(moves, async move => {
    if (move.decision.action === 'keep') return move
    const [newer, head] = await Promise.all([
      newerSince(move, listOf),
      move.client.headManifest(move.tag.name)
    ])
    return newer === undefined ? await readBack(move, head) : await giveWay(move, newer)
  })
}

/** The newer release of an alias whose version tag appeared since the tags were listed first. */
async function newerSince(
  move: TagMove,
  listOf: (client: RepositoryClient) => Promise<Tag[]>
): Promise<Tag | undefined> {
  if (move.options.allowBackward || !isForwardWrite(move)) return undefined
  const appeared = (await listOf(move.client)).filter(tag => !move.published.includes(tag))
  return newerPublished(appeared, move.tag.name, candidateAt(move))
}

/** An alias goes to the newer release that appeared while this one moved its own. */
async function giveWay(move: TagMove, newer: Tag): Promise<TagMove> {
  await move.client.putManifest(await move.client.getManifest(newer), move.tag.name)
  return {...move, decision: {action: 'keep', note: `was left to ${newer}, which was released meanwhile`}}
}

/** A tag that reads back as something else was moved by another release: the newer of the two keeps it. */
async function readBack(move: TagMove, first: Descriptor | undefined): Promise<TagMove> {
  for (let round = 0, head = first; ; round++) {
    if (head?.digest === move.index.digest) return move
    if (round === ROUNDS)
      throw new Error('another release moves it again and again; publish one after the other')
    const now = await decideAnew(move)
    if (now.decision.action === 'keep') return now
    assertAllowed([now])
    await put(now)
    head = await move.client.headManifest(move.tag.name)
  }
}

/** Waits for all, even where one fails: nothing may still be under way when the undoing begins. */
async function eachMove(
  moves: readonly TagMove[],
  work: (move: TagMove) => Promise<TagMove>
): Promise<TagMove[]> {
  const results = await Promise.allSettled(moves.map(work))
  const reasons = results.flatMap((result, position) =>
    result.status === 'rejected' ? [{move: moves[position], reason: result.reason as unknown}] : []
  )
  if (reasons.length === 0)
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const lines = reasons.map(({move, reason}) => `${move ? nameOf(move) : ''}: ${messageOf(reason)}`)
  const hint = reasons
    .map(({reason}) => (reason instanceof ReleaseError ? reason.hint : undefined))
    .find(Boolean)
  throw new ReleaseError('TAG_NOT_MOVED', lines.join('\n  '), {cause: reasons[0]?.reason, hint})
}
