import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {PlannedVersion} from '../policy/cleanup-plan.js'
import type {
  BackendCapabilities,
  DeletionOutcome,
  RepositoryBackend,
  StillWanted
} from '../repository-backend.js'

/** What a version is deleted with. */
export interface DeletionParts {
  readonly client: RepositoryClient
  readonly backend: Pick<RepositoryBackend, 'deleteTag' | 'deleteVersion'>
  readonly capabilities: Pick<BackendCapabilities, 'versionDeletion'>
  readonly isStillWanted?: StillWanted
}

/**
 * Deletes a version. Some hosts delete a manifest only when no tag points at it any more: there the tags go before it, and
 * come back where it stays.
 * @throws what the host throws; the tags that were taken are put back before
 */
export async function deleteWithTags(
  version: Pick<PlannedVersion, 'digest' | 'tags' | 'id'>,
  parts: DeletionParts
): Promise<DeletionOutcome> {
  const {backend, capabilities, isStillWanted} = parts
  if (capabilities.versionDeletion === 'with-tags') return await backend.deleteVersion(version, isStillWanted)
  const taken: Tag[] = []
  try {
    const outcome = await takeTags(version, taken, parts)
    if (isLeftWhole(outcome)) await restore(version.digest, taken, parts.client)
    return outcome
  } catch (error) {
    await restore(version.digest, taken, parts.client)
    throw error
  }
}

async function takeTags(
  version: Pick<PlannedVersion, 'digest' | 'tags' | 'id'>,
  taken: Tag[],
  {backend, isStillWanted}: DeletionParts
): Promise<DeletionOutcome> {
  for (const tag of version.tags) {
    const outcome = await backend.deleteTag?.(tag, version.digest, isStillWanted)
    if (outcome === undefined) continue
    if (outcome.state !== 'done' && outcome.state !== 'gone') return outcome
    if (outcome.state === 'done') taken.push(tag)
  }
  return await backend.deleteVersion({...version, tags: []}, isStillWanted)
}

/** What the host will not delete, and is not deleting by itself, keeps its tags. */
function isLeftWhole(outcome: DeletionOutcome): boolean {
  return outcome.state === 'called-off' || (outcome.state === 'undeletable' && outcome.isUnderWay !== true)
}

async function restore(digest: Digest, tags: readonly Tag[], client: RepositoryClient): Promise<void> {
  if (tags.length === 0) return
  const manifest = await client.findManifest(digest)
  if (manifest === undefined) return
  for (const tag of tags)
    if ((await client.headManifest(tag)) === undefined) await client.putManifest(manifest, tag)
}
