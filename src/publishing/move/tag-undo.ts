import {messageOf} from '../../errors.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {byRepository} from './created-tags.js'
import {RepositoryUndo, type Undoing, type Undone} from './repository-undo.js'
import type {LedgerEntry} from './tag-ledger.js'
import {tagReference} from './tag-moves.js'

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
