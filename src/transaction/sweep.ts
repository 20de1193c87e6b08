import {RegistryError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {type Tag, formatReference} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {deleteTag} from '../registry/tag-deletion.js'
import type {CleanupPlan} from '../release/cleanup-plan.js'

/** What a sweep did. */
export interface SweepResult {
  readonly deleted: readonly Digest[]
  readonly deletedTags: readonly Tag[]
  /** Why the registry deletes nothing at all; undefined where it does. */
  readonly unsupported?: string
}

/**
 * Deletes what a plan names, one after the other in its order. What is gone already counts as deleted. A registry that
 * does not delete by this API is said, not failed.
 * @throws RegistryError where one deletion fails; what was deleted before leaves nothing broken, and the next run goes on
 */
export async function sweep(client: RepositoryClient, plan: CleanupPlan): Promise<SweepResult> {
  const deleted: Digest[] = []
  const deletedTags: Tag[] = []
  try {
    for (const tag of plan.tags) {
      await deleteTag(client, tag)
      deletedTags.push(tag)
    }
    for (const {digest} of plan.manifests) {
      await client.deleteManifest(digest)
      deleted.push(digest)
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error
    return {deleted, deletedTags, unsupported: messageOf(error)}
  }
  return {deleted, deletedTags}
}

/** GHCR, and every registry with deletion switched off: 405, or 400 UNSUPPORTED. */
function isUnsupported(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof RegistryError ? error.cause : error
  return cause instanceof RegistryError && (cause.status === 405 || cause.has('UNSUPPORTED'))
}

/** Reads every tag that must still stand, and names those that do not. */
export async function brokenTags(
  client: RepositoryClient,
  kept: ReadonlyMap<Tag, Digest>
): Promise<string[]> {
  const heads = await Promise.all(
    [...kept].map(async ([tag, digest]) => ({
      tag,
      isSound: (await client.headManifest(tag))?.digest === digest
    }))
  )
  return heads.filter(({isSound}) => !isSound).map(({tag}) => formatReference(client.repository, tag))
}
