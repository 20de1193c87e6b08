import {ReleaseError} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {cacheFaults} from './policy/cache-guard.js'
import {type CleanupPlan, planCleanup} from './policy/cleanup-plan.js'
import {ownTags} from './policy/inventory.js'
import {isComplete} from './policy/inventory-needs.js'
import type {RetentionPolicy} from './policy/policy.js'
import type {BackendCapabilities, ListedManifest, RepositoryBackend} from './repository-backend.js'
import {pullRequestOf} from './policy/tag-rules.js'
import {eachAtOnce} from '../shared/at-once.js'
import {InventoryReader} from './inventory/inventory-reader.js'
import {readListing} from './inventory/listing.js'
import {type Sightings, pendingIn, readSightings} from './inventory/sightings.js'

/** How many tags an error names. */
const MOST_NAMED = 10

/** One repository, the ways to it, and what is to be done there. */
export interface RepositoryTask {
  readonly client: RepositoryClient
  readonly backend: RepositoryBackend
  readonly capabilities: BackendCapabilities
  readonly policy: RetentionPolicy
  /** Finds which of these pull requests are closed. */
  readonly closedPullRequests: (numbers: readonly number[]) => Promise<ReadonlySet<number>>
}

/** What is to go from one repository, and what that was decided by. */
export interface PlannedRepository extends RepositoryTask {
  readonly inventory: InventoryReader
  readonly plan: CleanupPlan
  /** What earlier clean-ups found here, for hosts that tell no times. */
  readonly sightings: Sightings
}

/**
 * Reads what a repository holds, as far as it decides anything, and plans.
 * @throws ReleaseError INVENTORY_CHANGED, REGISTRY_FAILED where it cannot be read whole; CLEANUP_REFUSED where rules for
 * caches would choose a release
 */
export async function planRepository(task: RepositoryTask): Promise<PlannedRepository> {
  const {client, backend, capabilities} = task
  const listing = await readListing(backend, client)
  const inventory = new InventoryReader(client, listing, {
    isWhole: capabilities.listsUntagged,
    now: task.policy.now
  })
  assertCachesOnly(client.name, inventory, task.policy)
  await inventory.probeReferrers()
  const sightings = await readSightings(client, listing.versions)
  const superseded = [...new Set([...task.policy.superseded, ...pendingIn(sightings)])]
  await inventory.lookFor([...superseded, ...digestsNamed(task.policy)])
  inventory.recall(sightings)
  const policy = {...(await withPullRequests(task, listing.versions)), superseded}
  for (;;) {
    const decided = planCleanup(inventory, policy)
    if (isComplete(decided.needs)) return {...task, policy, inventory, plan: decided.plan, sightings}
    await inventory.supply(decided.needs)
  }
}

/** On hosts that list tags alone, what has none is looked for where it is named. */
function digestsNamed({keepTags, keepImages, deployed, deleteTags}: RetentionPolicy): Digest[] {
  const named = [...keepTags, ...keepImages, ...deleteTags]
    .map(({digest}) => digest)
    .filter(digest => digest !== undefined)
  return [...new Set([...named, ...deployed.flatMap(({digests}) => [...digests.keys()])])]
}

/** Nobody wants this, forced or not: it is found before anything else is read. */
function assertCachesOnly(name: string, inventory: InventoryReader, policy: RetentionPolicy): void {
  const faults = cacheFaults(inventory, policy)
  if (faults.length === 0) return
  const said = faults.map(({pattern, tags}) => `cache-tags ${pattern} would choose ${nameSome(tags)}`)
  throw new ReleaseError('CLEANUP_REFUSED', `${name}: ${said.join('; ')}`, {
    hint: 'Nothing was deleted. Write a pattern that only the tags of caches match, or keep caches in a repository of their own.'
  })
}

function nameSome(tags: readonly Tag[]): string {
  const more = tags.length - MOST_NAMED
  return more > 0 ? `${tags.slice(0, MOST_NAMED).join(', ')} and ${more} more` : tags.join(', ')
}

async function withPullRequests(
  {policy, closedPullRequests}: RepositoryTask,
  versions: readonly ListedManifest[]
): Promise<RetentionPolicy> {
  const {patterns} = policy.pullRequests
  const numbers = versions
    .flatMap(ownTags)
    .map(tag => pullRequestOf(tag, patterns))
    .filter(number => number !== undefined)
  if (numbers.length === 0) return policy
  return {...policy, pullRequests: {patterns, closed: await closedPullRequests(numbers)}}
}

/**
 * Looks for the parts of what a release published, before what it superseded goes.
 * @throws ReleaseError CHILD_MISSING where one is not there
 */
export async function assertPublished(client: RepositoryClient, digest: Digest): Promise<void> {
  const inventory = new InventoryReader(client, {versions: [], lost: []}, {isWhole: false, now: 0})
  await inventory.lookFor([digest])
  for (const [part, reason] of inventory.failing)
    throw new ReleaseError('REGISTRY_FAILED', `${client.name}@${part} of the new release: ${reason}`, {
      hint: 'Nothing was deleted. Run this again.'
    })
  const parts = [...inventory.versions.keys()].filter(part => part !== digest)
  const heads = await eachAtOnce(parts, async part => ({part, head: await client.headManifest(part)}))
  const missing = inventory.absent.has(digest) ? digest : heads.find(({head}) => head === undefined)?.part
  if (missing === undefined) return
  throw new ReleaseError('CHILD_MISSING', `${client.name}@${missing} of the new release is not there`, {
    hint: 'Nothing was deleted. Run verify-release, and publish the release again.'
  })
}
