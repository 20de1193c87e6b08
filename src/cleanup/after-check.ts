import {ReleaseError} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {type Tag, formatReference} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import type {CleanupPlan} from '../retention/cleanup-plan.js'
import type {Inventory} from '../retention/inventory.js'
import type {RepositoryBackend} from '../retention/repository-backend.js'

/** What a check needs to know of a repository after its clean-up. */
export interface CheckParts {
  readonly client: RepositoryClient
  readonly backend: RepositoryBackend
  readonly inventory: Inventory
}

/**
 * Looks at every tag that stays again, through all that it reaches. A host that lists everything is asked for its
 * listing; on any other, each manifest is asked for.
 * @throws ReleaseError VERIFY_FAILED, with what is missing and how to bring it back
 */
export async function assertStanding(plan: CleanupPlan, parts: CheckParts): Promise<void> {
  const {moved, missing} = parts.inventory.isWhole
    ? await faultsOfListing(plan, parts)
    : await faultsByAsking(plan, parts)
  if (moved.length + missing.length === 0) return
  const {client, backend} = parts
  const tags = moved.map(tag => formatReference(client.repository, tag))
  const parted = missing.map(digest => formatReference(client.repository, digest))
  throw new ReleaseError(
    'VERIFY_FAILED',
    [
      ...(tags.length > 0
        ? [`after the clean-up these tags are not what they were: ${tags.join(', ')}`]
        : []),
      ...(parted.length > 0 ? [`after the clean-up tags reach what is not there: ${parted.join(', ')}`] : [])
    ].join('; '),
    {hint: hintFor(backend, missing, parted)}
  )
}

function hintFor(
  backend: RepositoryBackend,
  missing: readonly Digest[],
  references: readonly string[]
): string {
  const other =
    'Another run may have changed them. Run verify-release; publish the version again where it fails.'
  if (missing.length === 0 || backend.restoreVersion === undefined) return other
  const byHand = backend.restoreHint === undefined ? '' : ` or: ${backend.restoreHint(missing)}`
  return `Bring them back: image-release cleanup-latest --restore ${references.join(',')}${byHand}`
}

interface Faults {
  readonly moved: readonly Tag[]
  readonly missing: readonly Digest[]
}

async function faultsOfListing(plan: CleanupPlan, {backend, inventory}: CheckParts): Promise<Faults> {
  const there = new Set<Digest>()
  const tags = new Map<Tag, Digest>()
  for await (const page of backend.versions())
    for (const version of page.versions) {
      there.add(version.digest)
      for (const tag of version.tags) tags.set(tag, version.digest)
    }
  return {
    moved: [...plan.standing].filter(([tag, digest]) => tags.get(tag) !== digest).map(([tag]) => tag),
    missing: expected(plan, inventory).filter(digest => !there.has(digest))
  }
}

async function faultsByAsking(plan: CleanupPlan, {client, inventory}: CheckParts): Promise<Faults> {
  const heads = await Promise.all(
    [...plan.standing].map(async ([tag, digest]) => ({
      tag,
      isSound: (await client.headManifest(tag))?.digest === digest
    }))
  )
  const tagged = new Set(plan.standing.values())
  const untagged = expected(plan, inventory).filter(digest => !tagged.has(digest))
  const found = await Promise.all(
    untagged.map(async digest => ({digest, head: await client.headManifest(digest)}))
  )
  return {
    moved: heads.filter(({isSound}) => !isSound).map(({tag}) => tag),
    missing: found.filter(({head}) => head === undefined).map(({digest}) => digest)
  }
}

/** All that was there before and that something which stays reaches. */
function expected({reachable}: CleanupPlan, {versions}: Inventory): Digest[] {
  return [...reachable].filter(digest => versions.has(digest))
}
