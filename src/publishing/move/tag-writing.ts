import type {Clock} from '../../ports.js'
import {stagesOf} from '../../contracts/planned-image.js'
import type {Patience} from '../../registry/client/patience.js'
import type {ReleaseJournal} from './release-journal.js'
import type {TagLedger} from './tag-ledger.js'
import {OtherReleases} from './other-releases.js'
import {type TagMove, assertAllowed, decideAnew, isWrite} from './tag-moves.js'
import {eachMove, settleTag, sharedLists} from './tag-settling.js'

/** A tag that was read longer ago than this, for images, a journal or a signature took their time, is read once more. */
const FRESH_MILLISECONDS = 2000

/** What writing tags needs beside the moves. */
export interface WritingOptions {
  readonly patience: Patience
  /** Is told what is at the tags before the first of them moves. */
  readonly journal: Pick<ReleaseJournal, 'keep'>
  /** Receives each move before it is sent, so that the caller can undo what was begun. */
  readonly ledger: TagLedger
  /** Rejects where the tags must not stay. Asked when all are written, while they are read back. */
  readonly confirm: () => Promise<void>
}

/**
 * Moves tags stage by stage, all registries side by side. No registry has a compare-and-swap, so releases at once are
 * told apart by what each writes first: its version tag, before any alias. Each looks for other version tags before it
 * moves an alias and again after, and the older one gives way; then every tag is looked at until it is settled.
 * @returns the moves as they ended; one that gave way to a newer release is kept
 * @throws ReleaseError TAG_REFUSED before anything is moved; TAG_NOT_MOVED with every tag that could not be moved
 */
export async function writeTags(moves: readonly TagMove[], options: WritingOptions): Promise<TagMove[]> {
  const {patience, ledger, journal} = options
  const current = await whenOthersMoved(moves, patience)
  assertAllowed(current)
  for (const move of current) ledger.note(move)
  await journal.keep(current)
  const writes = current.filter(isWrite)
  for (const stage of stagesOf(writes.map(({tag}) => tag))) {
    const batch = writes.filter(({tag}) => stage.includes(tag))
    await eachMove(batch, async move => await ledger.write(move))
  }
  const listOf = sharedLists()
  const [confirmed, settled] = await Promise.allSettled([
    options.confirm(),
    eachMove(current, async move => await settleTag(move, listOf, options))
  ])
  if (settled.status === 'rejected') throw settled.reason
  if (confirmed.status === 'rejected') throw confirmed.reason
  return settled.value
}

/** Tags may have been read long ago when all others have been waited for, and show another release then. */
async function whenOthersMoved(moves: readonly TagMove[], patience: Patience): Promise<TagMove[]> {
  const others = new OtherReleases(patience)
  let current = await recheckAll(moves, patience.clock)
  while (current.some(move => others.isAwaitedAt(move))) {
    const waited = await eachMove(current, async move => await others.waitAt(move))
    current = await recheckAll(waited, patience.clock)
  }
  return current
}

/**
 * Reads tags again that are about to be written and were not read just now. Where something else is there, it is decided
 * again.
 * @throws ReleaseError TAG_NOT_MOVED with every tag that could not be read
 */
export async function recheckAll(moves: readonly TagMove[], clock: Clock): Promise<TagMove[]> {
  return await eachMove(moves, async move => {
    const isFresh = move.checked !== undefined && clock.now() - move.checked < FRESH_MILLISECONDS
    return isFresh ? move : await recheck(move, clock)
  })
}

async function recheck(move: TagMove, clock: Clock): Promise<TagMove> {
  if (!isWrite(move)) return move
  const checked = clock.now()
  const head = await move.client.headManifest(move.tag.name)
  return {...(head?.digest === move.standing?.digest ? move : await decideAnew(move)), checked}
}
