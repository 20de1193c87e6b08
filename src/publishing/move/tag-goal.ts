import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {isPlaceholder} from '../../registry/client/tag-deletion.js'
import {newestPublished, pendingPublished} from '../../versions/version-names.js'
import {type TagMove, candidateAt} from './tag-moves.js'
import {isVersioned, takenBack} from './tag-versions.js'

/** Where a tag is to go when a release is undone. */
export interface TagGoal {
  /** Undefined where the tag is to be gone. */
  readonly digest: Digest | undefined
  readonly manifest: Manifest | undefined
  /** Why that is not what was there before; undefined where it is. */
  readonly reason?: string
}

/**
 * Where a tag goes back to: what was there before. An alias goes to a newer version where one was published meanwhile;
 * where the release that it stood at was itself taken back, it goes to the newest version that is left.
 * @param listed the tags of the repository now; undefined where they are not known
 */
export async function goalOf(
  move: TagMove,
  client: RepositoryClient,
  listed: readonly Tag[] | undefined
): Promise<TagGoal> {
  const {standing} = move
  const before = {digest: standing?.digest, manifest: standing?.manifest}
  if (listed === undefined || !isVersioned(move)) return before
  const {tag, published} = move
  const gone = takenBack(move, listed)
  const appeared = listed.filter(name => !published.includes(name))
  const known = gone === undefined ? standing : undefined
  const newer = pendingPublished(appeared, tag.name, known, candidateAt(move))
  const left = gone === undefined ? undefined : newestPublished(listed, tag.name, candidateAt(move))
  const version = newer ?? left
  if (version === undefined) return before
  const why =
    newer === undefined
      ? `is the newest version that is left: ${gone ?? ''}, which was there, was taken back`
      : 'was released meanwhile'
  // One that is being taken back is listed until it is gone.
  const others = listed.filter(name => name !== version)
  return (await goalAt(version, client, why)) ?? (await goalOf(move, client, others))
}

async function goalAt(version: Tag, client: RepositoryClient, why: string): Promise<TagGoal | undefined> {
  const manifest = await client.findManifest(version)
  if (manifest === undefined || isPlaceholder(manifest)) return undefined
  return {digest: manifest.digest, manifest, reason: `went to ${version}, which ${why}`}
}
