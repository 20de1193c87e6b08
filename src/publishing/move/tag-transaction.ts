import {ReleaseError, cancellationIn, messageOf} from '../../errors.js'
import type {Registries} from '../../registry/client/registries.js'
import type {ReleaseJournal} from './release-journal.js'
import {type LedgerEntry, TagLedger} from './tag-ledger.js'
import {type TagMove, tagReference} from './tag-moves.js'
import {type WritingOptions, writeTags} from './tag-writing.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {byRepository} from './created-tags.js'
import {RepositoryUndo, type Undoing, type Undone} from './repository-undo.js'

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
 * @throws ReleaseError TAG_NOT_MOVED, or CANCELLED where that was why, after putting back; what was thrown, where nothing had begun to move
 */
export async function moveOrUndo(
  moves: readonly TagMove[],
  registries: ReleaseRegistries,
  outcome: string,
  confirm: WritingOptions['confirm'] = () => Promise.resolve()
): Promise<TagMove[]> {
  const ledger = new TagLedger()
  const {patience, journal} = registries
  try {
    return await writeTags(moves, {patience, journal, ledger, confirm})
  } catch (cause) {
    if (!ledger.hasBegun) throw cause
    const undone = await undoMoves(ledger.entries, registries.undoing())
    const cancelled = cancellationIn(cause)
    const [code, said] = cancelled ? (['CANCELLED', cancelled] as const) : (['TAG_NOT_MOVED', cause] as const)
    const error = new ReleaseError(code, `${outcome}: ${messageOf(said)}`, {
      cause,
      hint: hintFor(cancelled ? undefined : cause, undone)
    })
    UNDONE.add(error)
    throw error
  }
}

const UNDONE = new WeakSet()

/** Whether tags had begun to move when this was thrown: then it says what is at each. */
export function isAfterUndoing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && UNDONE.has(error)
}

/** Only what was read is said of the tags. */
function hintFor(cause: unknown, undone: readonly Undone[]): string {
  const own = cause instanceof ReleaseError ? cause.hint : undefined
  const named = (wanted: Undone['state']): string[] =>
    undone.filter(({state}) => state === wanted).map(({name, said}) => `  ${name}: ${said}`)
  const [open, other, led] = [named('open'), named('other'), named('led')]
  if (open.length + other.length + led.length === 0)
    return [own, 'All tags are as they were before; run this again with the same inputs.']
      .filter(text => text !== undefined)
      .join(' ')
  const parts = [
    own,
    list('These tags are not proved to be as they were before:', open),
    list('These tags were moved by others meanwhile, and were left alone:', other),
    list('These tags did not go back to what was there before:', led),
    open.length + other.length + led.length < undone.length
      ? 'All other tags are as they were before.'
      : undefined,
    'Run this again with the same inputs to finish, or look at the tags with doctor.'
  ]
  return parts.filter(text => text !== undefined).join('\n')
}

function list(title: string, lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : [title, ...lines].join('\n')
}

/**
 * Puts back what was moved and takes away what was new, in all repositories side by side. What a registry does not show
 * may be there all the same: only what it refused is taken for not made. Never rejects.
 */
export async function undoMoves(entries: readonly LedgerEntry[], undoing: Undoing): Promise<Undone[]> {
  const clientFor = ({move}: LedgerEntry): RepositoryClient =>
    undoing.registries.repository(move.client.repository, 'pull,push,delete')
  const changed = entries.filter(({move: {standing, index}}) => standing?.digest !== index.digest)
  const undone = await Promise.all(
    byRepository(changed, clientFor).map(async ({items, client}) => {
      try {
        return await new RepositoryUndo(client, items, undoing).run()
      } catch (error) {
        return items.map(({move}): Undone => ({
          name: tagReference(move),
          state: 'open',
          said: messageOf(error)
        }))
      }
    })
  )
  return undone.flat()
}
