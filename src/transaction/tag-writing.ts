import {ReleaseError, messageOf} from '../errors.js'
import type {Tag} from '../oci/reference.js'
import type {Clock} from '../ports.js'
import {listTags} from '../registry/tag-list.js'
import {stagesOf} from '../release/publication.js'
import {newerPublished} from '../release/version-names.js'
import type {ReleaseJournal} from './release-journal.js'
import {type TagMove, assertAllowed, candidateAt, decideAnew, isWrite, nameOf} from './tag-moves.js'

/** How often a tag is written again that another release moved back meanwhile. */
const ROUNDS = 3
/** How long is waited for a newer release that has its version tag but not yet its aliases. */
const PATIENCE_MILLISECONDS = 3000
const STEP_MILLISECONDS = 250

/** What writing tags needs beside the moves. */
export interface WritingOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Is told what stands at the tags before the first of them moves. */
  readonly journal: Pick<ReleaseJournal, 'keep'>
  /** Receives each move before it is sent, so that the caller can undo what was begun. */
  readonly attempted: TagMove[]
}

/**
 * Moves tags stage by stage, all registries side by side. No registry has a compare-and-swap, so two releases at once are
 * told apart by what each writes first: its version tag, before any alias. Each looks for newer version tags before it
 * moves an alias and again after, and the older one gives way; then every tag is read back.
 * @returns the moves as they ended; one that gave way to a newer release is kept
 * @throws ReleaseError TAG_REFUSED before anything is moved; TAG_NOT_MOVED with every tag that could not be moved
 */
export async function writeTags(moves: readonly TagMove[], options: WritingOptions): Promise<TagMove[]> {
  const current = await eachMove(moves, async move => await waitForNewer(await recheck(move), options))
  assertAllowed(current)
  await options.journal.keep(current)
  const writes = current.filter(isWrite)
  for (const stage of stagesOf(writes.map(({tag}) => tag))) {
    const batch = writes.filter(({tag}) => stage.includes(tag))
    options.attempted.push(...batch)
    await eachMove(batch, put)
  }
  const settled = await giveWay(current)
  return await eachMove(settled, readBack)
}

async function put(move: TagMove): Promise<TagMove> {
  await move.client.putManifest(move.index, move.tag.name)
  return move
}

/** Time has passed since a move was decided: where something else stands there now, it is decided again. */
async function recheck(move: TagMove): Promise<TagMove> {
  if (!isWrite(move)) return move
  const head = await move.client.headManifest(move.tag.name)
  return head?.digest === move.standing?.digest ? move : await decideAnew(move)
}

/**
 * A newer version that is published, but that an alias does not point at, belongs to a release under way, or to one
 * that was rolled back on purpose. The first will move the alias soon; after a while it is taken for the second.
 */
async function waitForNewer(move: TagMove, {clock, signal}: WritingOptions): Promise<TagMove> {
  const isFree = move.options.allowBackward || !isForwardWrite(move)
  if (isFree || newerPublished(move.published, move.tag.name, candidateAt(move)) === undefined) return move
  const end = clock.now() + PATIENCE_MILLISECONDS
  while (clock.now() < end) {
    await clock.sleep(STEP_MILLISECONDS, signal)
    const now = await recheck(move)
    if (!isWrite(now)) return now
  }
  return move
}

function isForwardWrite(move: TagMove): boolean {
  return isWrite(move) && move.tag.class === 'forward' && move.options.facts.version !== undefined
}

/** An alias goes to the newer release whose version tag appeared while this one moved its own. */
async function giveWay(moves: readonly TagMove[]): Promise<TagMove[]> {
  const lists = new Map<string, Promise<Tag[]>>()
  return await eachMove(moves, async move => {
    if (move.options.allowBackward || !isForwardWrite(move)) return move
    const list = lists.get(move.client.name) ?? listTags(move.client)
    lists.set(move.client.name, list)
    const appeared = (await list).filter(tag => !move.published.includes(tag))
    const newer = newerPublished(appeared, move.tag.name, candidateAt(move))
    if (newer === undefined) return move
    await move.client.putManifest(await move.client.getManifest(newer), move.tag.name)
    return {...move, decision: {action: 'keep', note: `was left to ${newer}, which was released meanwhile`}}
  })
}

/** A tag that reads back as something else was moved by another release: the newer of the two keeps it. */
async function readBack(move: TagMove): Promise<TagMove> {
  if (move.decision.action === 'keep') return move
  for (let round = 0; round < ROUNDS; round++) {
    const head = await move.client.headManifest(move.tag.name)
    if (head?.digest === move.index.digest) return move
    const now = await decideAnew(move)
    if (now.decision.action === 'keep') return now
    assertAllowed([now])
    await put(now)
  }
  throw new Error('another release moves it again and again; publish one after the other')
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
