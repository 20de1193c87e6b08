import {messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {deleteTag} from '../registry/tag-deletion.js'
import {type TagMove, nameOf} from './tag-moves.js'

/** What became of the undoing of one move. */
export interface Undone {
  readonly name: string
  /** Undefined where the tag stands again as it stood before. */
  readonly fault?: string
}

/**
 * Puts back what was moved and takes away what was new, the last stage first. Each tag is read before: one that does
 * not point at our index was not moved, or was moved by somebody else since, and is left alone.
 * @param clientFor a client that still works where the run has been cancelled
 */
export async function undoMoves(
  attempted: readonly TagMove[],
  clientFor: (move: TagMove) => RepositoryClient
): Promise<Undone[]> {
  return await Promise.all(
    [...attempted].reverse().map(async move => {
      try {
        await undoMove(move, clientFor(move))
        return {name: nameOf(move)}
      } catch (error) {
        return {name: nameOf(move), fault: messageOf(error)}
      }
    })
  )
}

async function undoMove({tag, index, standing}: TagMove, client: RepositoryClient): Promise<void> {
  if (!(await mayBeOurs(client, tag.name, index.digest))) return
  if (standing?.manifest === undefined) await deleteTag(client, tag.name)
  else await client.putManifest(standing.manifest, tag.name)
}

/** A tag that cannot be read is put back unseen: we moved it a moment ago, and half a release is worse. */
async function mayBeOurs(client: RepositoryClient, tag: Tag, ours: Digest): Promise<boolean> {
  const head = await client.headManifest(tag).catch(() => ({digest: ours}))
  return head?.digest === ours
}
