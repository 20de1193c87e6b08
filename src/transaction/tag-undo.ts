import {messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {Registries} from '../registry/registries.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {type HostOf, byRepository, deleteFreshTags} from './fresh-tags.js'
import type {Patience} from './patience.js'
import {type TagMove, nameOf} from './tag-moves.js'

/** What undoing works with: it still works where the run has been cancelled. */
export interface Undoing {
  readonly registries: Registries
  readonly hostOf: HostOf
  readonly patience: Patience
}

/** What became of the undoing of one move. */
export interface Undone {
  readonly name: string
  /** Undefined where the tag stands again as it stood before. */
  readonly fault?: string
}

/**
 * Puts back what was moved and takes away what was new, the last stage first. Each tag is read before: one that does
 * not point at our index was not moved, or was moved by somebody else since, and is left alone.
 */
export async function undoMoves(attempted: readonly TagMove[], undoing: Undoing): Promise<Undone[]> {
  const moves = [...attempted].reverse()
  const clientFor = ({client: {repository}}: TagMove): RepositoryClient =>
    undoing.registries.repository(repository, 'pull,push,delete')
  const [putBack, taken] = await Promise.all([
    Promise.all(moves.filter(isReplaced).map(async move => await putBackOne(move, clientFor(move)))),
    Promise.all(
      byRepository(
        moves.filter(move => !isReplaced(move)),
        clientFor
      ).map(async ({items, client}) => await takeAway(items, client, undoing.hostOf))
    )
  ])
  return [...putBack, ...taken.flat()]
}

/** Whether something stood at the tag before. */
function isReplaced({standing}: TagMove): boolean {
  return standing !== undefined
}

async function putBackOne(move: TagMove, client: RepositoryClient): Promise<Undone> {
  const {tag, index, standing} = move
  try {
    if (standing?.manifest !== undefined && (await mayBeOurs(client, tag.name, index.digest)))
      await client.putManifest(standing.manifest, tag.name)
    return {name: nameOf(move)}
  } catch (error) {
    return {name: nameOf(move), fault: messageOf(error)}
  }
}

async function takeAway(
  moves: readonly TagMove[],
  client: RepositoryClient,
  hostOf: HostOf
): Promise<Undone[]> {
  const ours = await Promise.all(
    moves.map(async ({tag, index: {digest}}) =>
      (await mayBeOurs(client, tag.name, digest)) ? [{tag: tag.name, digest}] : []
    )
  )
  const faults = await deleteFreshTags(ours.flat(), client, hostOf)
  return moves.map(move => {
    const fault = faults.get(move.tag.name)
    return {name: nameOf(move), ...(fault === undefined ? {} : {fault})}
  })
}

/** A tag that cannot be read is put back unseen: we moved it a moment ago, and half a release is worse. */
async function mayBeOurs(client: RepositoryClient, tag: Tag, ours: Digest): Promise<boolean> {
  const head = await client.headManifest(tag).catch(() => ({digest: ours}))
  return head?.digest === ours
}
