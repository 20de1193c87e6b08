import {ReleaseError, cancellationIn, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import type {Tag} from '../../oci/reference.js'
import {isPlaceholder} from '../../registry/client/tag-deletion.js'
import {listTags} from '../../registry/client/tag-list.js'
import {newerPublished} from '../../versions/version-names.js'
import {type Patience, waitsOf} from '../../registry/client/patience.js'
import type {ReleaseJournal} from './release-journal.js'
import type {TagLedger} from './tag-ledger.js'
import {type TagMove, assertAllowed, candidateAt, decideAnew, isWrite, tagReference} from './tag-moves.js'
import {appearedSince, isForwardWrite, isVersioned, takenBack} from './tag-versions.js'

/** How often a tag is written again that others moved meanwhile. */
const ROUNDS = 3

/** What settling tags needs. */
export interface SettlingTools {
  readonly patience: Patience
  readonly ledger: TagLedger
  readonly journal: Pick<ReleaseJournal, 'keep'>
}

/** Gives the tags of a repository: once for the first look of all, anew for each further one. */
export type ListOf = (move: TagMove, isFirst: boolean) => Promise<readonly Tag[]>

/** Lists the tags of each repository once for all that look at them first. */
export function sharedLists(): ListOf {
  const lists = new Map<string, Promise<readonly Tag[]>>()
  return async ({client}, isFirst) => {
    const list = (isFirst ? lists.get(client.name) : undefined) ?? listTags(client)
    lists.set(client.name, list)
    return await list
  }
}

/**
 * Looks at a tag when all are written, and goes on until what is there is what the release says of it: its own index, or
 * something newer that is published. What the registry shows late is waited for; what others moved is decided again.
 * @returns the move as it ended
 * @throws Error where the tag cannot be brought to an end
 */
export async function settleTag(move: TagMove, listOf: ListOf, tools: SettlingTools): Promise<TagMove> {
  const isKept = move.decision.action === 'keep'
  if (isKept && (move.options.rule !== undefined || move.options.allowBackward)) return move
  return await new Settling(move, listOf, tools).end()
}

class Settling {
  readonly #tools: SettlingTools
  readonly #listOf: ListOf
  readonly #waits: number[]
  #move: TagMove
  #rounds = 0
  /** What this run put at the tag last, beside its own index: that of a newer release. */
  #left: Manifest | undefined
  #isRepeated = false

  constructor(move: TagMove, listOf: ListOf, tools: SettlingTools) {
    this.#move = move
    this.#listOf = listOf
    this.#tools = tools
    this.#waits = waitsOf(tools.patience.milliseconds)
  }

  async end(): Promise<TagMove> {
    for (let isFirst = true; ; isFirst = false) {
      const {client, tag} = this.#move
      const [listed, head] = await Promise.all([
        isVersioned(this.#move) ? this.#listOf(this.#move, isFirst) : [],
        client.headManifest(tag.name)
      ])
      const isKept = this.#move.decision.action === 'keep'
      const isEnd = isKept
        ? await this.#lookAtKept(head?.digest, listed)
        : await this.#lookAtWritten(head?.digest, listed)
      if (isEnd) return this.#move
    }
  }

  async #lookAtWritten(seen: Digest | undefined, listed: readonly Tag[]): Promise<boolean> {
    const {index, standing} = this.#move
    const newer = this.#appeared(listed)
    if (newer !== undefined) return await this.#giveWay(newer, seen)
    if (seen === index.digest) return true
    const isLate = seen === undefined || seen === standing?.digest || seen === this.#left?.digest
    return isLate && isWrite(this.#move) ? await this.#waitForOwn(seen) : await this.#decideAgain()
  }

  /** The newer release of an alias whose version tag appeared since the tags were listed first. */
  #appeared(listed: readonly Tag[]): Tag | undefined {
    if (!isForwardWrite(this.#move)) return undefined
    const appeared = appearedSince(this.#move, listed)
    return newerPublished(appeared, this.#move.tag.name, candidateAt(this.#move))
  }

  /** An alias goes to the newer release that appeared while this one moved its own. */
  async #giveWay(newer: Tag, seen: Digest | undefined): Promise<boolean> {
    const {client, tag} = this.#move
    const manifest = await client.findManifest(newer)
    if (manifest === undefined || isPlaceholder(manifest)) return await this.#pause(`${newer} comes and goes`)
    if (seen === manifest.digest) {
      const note = `was left to ${newer}, which was released meanwhile`
      this.#end({...this.#move, decision: {action: 'keep', note}})
      return true
    }
    if (this.#left?.digest === manifest.digest) return await this.#pause(lateness(seen))
    try {
      await client.putManifest(manifest, tag.name)
      this.#left = manifest
      return false
    } catch (error) {
      return await this.#pause(`it could not be left to ${newer}, which is newer: ${messageOf(error)}`)
    }
  }

  /** A confirmed write is made, though the registry shows it late; one that it forgot is made once more. */
  async #waitForOwn(seen: Digest | undefined): Promise<boolean> {
    const isHalfOver = 2 * this.#waits.length <= waitsOf(this.#tools.patience.milliseconds).length
    if ((isHalfOver && !this.#isRepeated) || this.#left !== undefined) {
      this.#isRepeated = true
      this.#left = undefined
      await this.#tools.ledger.write(this.#move)
    }
    return await this.#pause(lateness(seen))
  }

  /** A tag that shows something else was moved by another release: the newer of the two keeps it. */
  async #decideAgain(): Promise<boolean> {
    const now = await decideAnew(this.#move)
    assertAllowed([now])
    if (isAtOurs(now)) return true
    if (!isWrite(now)) {
      this.#end(now)
      return true
    }
    return await this.#writeAgain(now)
  }

  async #writeAgain(now: TagMove): Promise<boolean> {
    if (this.#rounds === ROUNDS)
      throw new Error('another release moves it again and again; publish one after the other')
    this.#rounds += 1
    this.#move = this.#tools.ledger.note(now)
    await this.#tools.journal.keep(this.#tools.ledger.moves)
    await this.#tools.ledger.write(this.#move)
    return false
  }

  /**
   * A tag that stayed, for something newer was there, is taken over after all where that was taken back meanwhile. While
   * the newer version is listed, its alias may only be on its way.
   */
  async #lookAtKept(seen: Digest | undefined, listed: readonly Tag[]): Promise<boolean> {
    const gone = takenBack(this.#move, listed)
    if (seen === this.#move.standing?.digest && gone === undefined) return true
    const now = await decideAnew(this.#move)
    const isStill = gone !== undefined && now.standing?.digest === this.#move.standing?.digest
    const decided = isStill ? takenOver(now, gone) : now
    assertAllowed([decided])
    if (isAtOurs(now)) {
      this.#end({...this.#move, decision: {action: 'move', note: 'was left to this release meanwhile'}})
      return true
    }
    if (!isWrite(decided)) {
      this.#end(decided)
      return true
    }
    const newer = newerPublished(listed, decided.tag.name, candidateAt(decided))
    const isOnItsWay = isVersioned(decided) && newer !== undefined && this.#waits.length > 0
    return isOnItsWay ? await this.#pause('') : await this.#writeAgain(decided)
  }

  /** @throws Error where the patience is over */
  async #pause(fault: string): Promise<boolean> {
    const wait = this.#waits.shift()
    if (wait === undefined) throw new ReleaseError('TAG_NOT_MOVED', fault, {hint: LATE_HINT})
    const {clock, signal} = this.#tools.patience
    await clock.sleep(wait, signal)
    return false
  }

  #end(move: TagMove): void {
    this.#move = this.#tools.ledger.note(move)
  }
}

const LATE_HINT =
  'Where the registry answers from copies that are late, give it more time: the input wait, for example 60s.'

function lateness(seen: Digest | undefined): string {
  const shown = seen === undefined ? 'it is not there' : `it still points at ${seen}`
  return `the registry confirmed that it was written, but ${shown}`
}

/**
 * Whether others have put this release at the tag meanwhile. What was there before this run remains what an undoing goes
 * back to: the move stays as it was decided before.
 */
function isAtOurs({standing, index}: TagMove): boolean {
  return standing?.digest === index.digest
}

function takenOver(move: TagMove, gone: Tag): TagMove {
  return {...move, decision: {action: 'move', note: `${gone} was there, which was taken back meanwhile`}}
}

/** Waits for all, even where one fails: nothing may still be under way when the undoing begins. */
export async function eachMove(
  moves: readonly TagMove[],
  work: (move: TagMove) => Promise<TagMove>
): Promise<TagMove[]> {
  const results = await Promise.allSettled(moves.map(work))
  const reasons = results.flatMap((result, position) =>
    result.status === 'rejected' ? [{move: moves[position], reason: result.reason as unknown}] : []
  )
  if (reasons.length === 0)
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const lines = reasons.map(({move, reason}) => `${move ? tagReference(move) : ''}: ${messageOf(reason)}`)
  const hint = reasons
    .map(({reason}) => (reason instanceof ReleaseError ? reason.hint : undefined))
    .find(Boolean)
  const causes = reasons.map(({reason}) => reason)
  // What was cancelled is known by its cause, whichever tag it was.
  const cause = causes.find(one => cancellationIn(one) !== undefined) ?? causes[0]
  throw new ReleaseError('TAG_NOT_MOVED', lines.join('\n  '), {cause, hint})
}
