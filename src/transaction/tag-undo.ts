import {messageOf} from '../errors.js'
import type {Registries} from '../registry/registries.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {type HostOf, byRepository} from './fresh-tags.js'
import type {Patience} from './patience.js'
import {RepositoryUndo} from './repository-undo.js'
import type {LedgerEntry} from './tag-ledger.js'
import {nameOf} from './tag-moves.js'

/** What undoing works with: it still works where the run has been cancelled. */
export interface Undoing {
  readonly registries: Registries
  readonly hostOf: HostOf
  readonly patience: Patience
}

/** What became of the undoing of one tag. */
export interface Undone {
  readonly name: string
  /**
   * `back`: it was read, and is as it was before. `led`: it was read, and is at a version that others published
   * meanwhile. `other`: somebody else moved it since, and it was left to them. `open`: it is not proved to be as before.
   */
  readonly state: 'back' | 'led' | 'other' | 'open'
  /** What is there, or why it is not known; empty where all is as before. */
  readonly said: string
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
        return items.map(({move}): Undone => ({name: nameOf(move), state: 'open', said: messageOf(error)}))
      }
    })
  )
  return undone.flat()
}
