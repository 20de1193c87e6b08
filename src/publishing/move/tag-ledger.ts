import {RegistryError} from '../../errors.js'
import {isTransient} from '../../registry/client/retry.js'
import {type TagMove, tagReference} from './tag-moves.js'

/**
 * What is known of the writes to a tag, from nothing to certainty: none was sent; the registry refused; no answer tells
 * whether it was made; the registry confirmed it.
 */
const WRITES = ['unsent', 'refused', 'unsure', 'confirmed'] as const

export type WriteState = (typeof WRITES)[number]

/** A tag of a run, and what was done to it. */
export interface LedgerEntry {
  /** As it was decided last. */
  readonly move: TagMove
  readonly write: WriteState
}

/** What a run has done to its tags so far: all that undoing has to know. */
export class TagLedger {
  readonly #entries = new Map<string, LedgerEntry>()

  get entries(): LedgerEntry[] {
    return [...this.#entries.values()]
  }

  get moves(): TagMove[] {
    return this.entries.map(({move}) => move)
  }

  /** Whether anything was sent. */
  get hasBegun(): boolean {
    return this.entries.some(({write}) => write !== 'unsent')
  }

  /** Notes how a tag was decided. What is known of earlier writes to it stays. */
  note(move: TagMove, write: WriteState = 'unsent'): TagMove {
    const known = this.#entries.get(tagReference(move))?.write ?? 'unsent'
    const most = WRITES.indexOf(known) > WRITES.indexOf(write) ? known : write
    this.#entries.set(tagReference(move), {move, write: most})
    return move
  }

  /**
   * Puts the index of a move at its tag.
   * @throws what the registry answered
   */
  async write(move: TagMove): Promise<TagMove> {
    const {client, index, tag} = move
    try {
      await client.putManifest(index, tag.name)
    } catch (error) {
      this.note(move, isRefusal(error) ? 'refused' : 'unsure')
      throw error
    }
    return this.note(move, 'confirmed')
  }
}

/** Whether a registry said that it did not do it. */
function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && error.status < 500 && !isTransient(error)
}
