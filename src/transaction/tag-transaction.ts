import {ReleaseError, messageOf} from '../errors.js'
import type {Registries} from '../registry/registries.js'
import type {ReleaseJournal} from './release-journal.js'
import type {TagMove} from './tag-moves.js'
import {type Undoing, undoMoves} from './tag-undo.js'
import {type WritingOptions, writeTags} from './tag-writing.js'

/** The registries, for the work and, where that was cancelled, for undoing it. */
export interface ReleaseRegistries extends Pick<WritingOptions, 'patience'> {
  readonly working: Registries
  readonly undoing: () => Undoing
  readonly journal: ReleaseJournal
}

/**
 * Moves all tags, or puts back those that were moved.
 * @param outcome what did not come about where it fails, for example `the release was not published`
 * @param confirm rejects where the tags must not stay where they were moved; asked while they are read back
 * @throws ReleaseError TAG_NOT_MOVED after putting back; what was thrown, where nothing had begun to move
 */
export async function moveOrUndo(
  moves: readonly TagMove[],
  registries: ReleaseRegistries,
  outcome: string,
  confirm: WritingOptions['confirm'] = () => Promise.resolve()
): Promise<TagMove[]> {
  const attempted: TagMove[] = []
  const {patience, journal} = registries
  try {
    return await writeTags(moves, {patience, journal, attempted, confirm})
  } catch (cause) {
    if (attempted.length === 0) throw cause
    const undone = await undoMoves(attempted, registries.undoing())
    const left = undone.filter(({fault}) => fault !== undefined)
    throw new ReleaseError('TAG_NOT_MOVED', `${outcome}: ${messageOf(cause)}`, {
      cause,
      hint: left.length === 0 ? backHint(cause) : leftHint(left)
    })
  }
}

function backHint(cause: unknown): string {
  const first = cause instanceof ReleaseError && cause.hint !== undefined ? `${cause.hint} ` : ''
  return `${first}All tags stand as they stood before; run this again with the same inputs.`
}

function leftHint(left: readonly {name: string; fault?: string}[]): string {
  const lines = left.map(({name, fault}) => `  ${name}: ${fault ?? ''}`)
  return `These tags could not be put back and still point where this run moved them, which is complete:\n${lines.join('\n')}\nRun this again with the same inputs to finish.`
}
