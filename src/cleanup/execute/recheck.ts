import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {TagOutcome, PlannedVersion} from '../policy/cleanup-plan.js'
import {type StoredManifest, isBlind} from '../policy/inventory.js'
import {Links, subjectsOf} from '../policy/reachability.js'
import type {ListedManifest} from '../repository-backend.js'
import {isLeftover} from '../policy/tag-rules.js'
import {eachAtOnce} from '../../shared/at-once.js'
import {type InventoryReader, NOTHING} from '../inventory/inventory-reader.js'
import type {PlannedRepository} from '../repository-cleanup.js'

/** What is looked at again. */
export interface Looked {
  /** What is about to go next. */
  readonly next: readonly PlannedVersion[]
  /** All that is still to go, the next too. */
  readonly going: ReadonlyMap<Digest, PlannedVersion>
  /** What this clean-up has deleted. */
  readonly deleted: ReadonlySet<Digest>
  /** Tags that are to go alone. */
  readonly tags: readonly TagOutcome[]
  /** What this clean-up itself put there. */
  readonly own: ReadonlySet<Digest>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What changed since the plan was made. */
export interface SeenChange {
  /** Why each of these stays, with all that it leads to. */
  readonly versions: ReadonlyMap<Digest, string>
  /** Why each of these tags, which were to go alone, stays. */
  readonly tags: ReadonlyMap<Tag, string>
  /** Where each tag is, as far as it was looked for; a tag that is gone is not there. */
  readonly places: ReadonlyMap<Tag, Digest>
}

/** How many versions a page of a listing has, to weigh a listing against a look at each. */
const PER_PAGE = 100

/**
 * Looks again at what is about to go: by a listing, or by a look at each where the host has that and it is cheaper.
 * What came since is read with all that it leads to. What got a tag, what something new leads or refers to, and what was
 * pushed again and is too young now, stays.
 * @throws RegistryError, ReleaseError where the repository cannot be read: then nothing more may go
 */
export async function lookAgain(planned: PlannedRepository, looked: Looked): Promise<SeenChange> {
  const listed = await listingOf(planned, looked)
  const versions = new Map<Digest, string>()
  const keep = (digest: Digest, why: string): void => {
    if (looked.going.has(digest) && !versions.has(digest)) versions.set(digest, why)
  }
  for (const version of listed) {
    const planOf = looked.going.get(version.digest)
    if (planOf !== undefined) keepTouched(version, planOf, {planned, looked, keep})
  }
  const came = await newsIn(listed, planned, looked)
  for (const [digest, why] of await ledToByNews(came, planned, looked)) keep(digest, why)
  const places = new Map(listed.flatMap(({digest, tags}) => tags.map((tag): [Tag, Digest] => [tag, digest])))
  return {versions, places, tags: movedTags(looked.tags, places)}
}

function keepTouched(
  {digest, tags, pushed}: ListedManifest,
  planOf: PlannedVersion,
  context: {
    readonly planned: PlannedRepository
    readonly looked: Looked
    readonly keep: (digest: Digest, why: string) => void
  }
): void {
  const {planned, looked, keep} = context
  const came = tags.find(tag => !planOf.tags.includes(tag))
  if (came !== undefined) keep(digest, `the tag ${came} came meanwhile`)
  const {grace} = planned.policy
  const before = planned.inventory.versions.get(digest)?.pushed
  const isAgain = pushed !== undefined && before !== undefined && pushed > before
  if (isAgain && looked.now - pushed < grace) keep(digest, 'pushed again meanwhile, and too young now')
}

/** What was not there, and what this clean-up deleted and somebody pushed again: a listing alone may lag behind. */
async function newsIn(
  listed: readonly ListedManifest[],
  {inventory, client}: PlannedRepository,
  {own, deleted}: Looked
): Promise<ListedManifest[]> {
  const again = listed.filter(({digest}) => deleted.has(digest) && !own.has(digest))
  const heads = await eachAtOnce(again, async ({digest}) => await client.headManifest(digest))
  return [
    ...listed.filter(({digest}) => !inventory.versions.has(digest) && !own.has(digest)),
    ...again.filter((_, at) => heads[at] !== undefined)
  ]
}

/** What of all that is to go the newcomers lead to, at any depth, or refer to. */
async function ledToByNews(
  came: readonly ListedManifest[],
  {inventory}: PlannedRepository,
  {going}: Looked
): Promise<Map<Digest, string>> {
  for (const version of came) inventory.welcome(version)
  const led = new Map<Digest, string>()
  for (const {digest} of came) {
    const reached = await readAllFrom(digest, inventory)
    const held = inventory.versions.get(digest)
    // Another clean-up says in this way what it is about to delete.
    if (held === undefined || isLeftover(held)) continue
    for (const one of reached) led.set(one, `${digest}, which came meanwhile, leads to it`)
    for (const one of subjectsOf(held)) led.set(one, `${digest}, which came meanwhile, refers to it`)
    const blind = [...reached].find(one => isBlindAt(one, inventory))
    if (blind === undefined) continue
    for (const one of going.keys()) led.set(one, `it may be part of ${blind}, which came and cannot be read`)
  }
  return led
}

function isBlindAt(digest: Digest, {versions}: InventoryReader): boolean {
  const held = versions.get(digest)
  return held !== undefined && isBlind(held)
}

async function readAllFrom(root: Digest, inventory: InventoryReader): Promise<ReadonlySet<Digest>> {
  for (;;) {
    const reached = new Links(inventory).reach([root])
    const unread = [...reached].filter(digest => isUnread(inventory.versions.get(digest), digest === root))
    if (unread.length === 0) return reached
    await inventory.supply({...NOTHING, subjects: unread})
  }
}

function isUnread(held: StoredManifest | undefined, isRoot: boolean): boolean {
  if (held === undefined) return false
  return held.content.kind === 'unread' || (isRoot && held.content.kind === 'leaf' && !held.content.isRead)
}

function movedTags(tags: readonly TagOutcome[], places: ReadonlyMap<Tag, Digest>): Map<Tag, string> {
  return new Map(
    tags
      .filter(({tag, digest}) => (places.get(tag) ?? digest) !== digest)
      .map(({tag}) => [tag, 'it moved meanwhile'])
  )
}

/** A listing; or a look at each that goes next, and the first pages, where what came last is listed first. */
async function listingOf(
  {backend, inventory, plan}: PlannedRepository,
  looked: Looked
): Promise<ListedManifest[]> {
  const isCheap = looked.next.length + 1 < Math.ceil(plan.total / PER_PAGE)
  const listed: ListedManifest[] = []
  if (backend.lookAt === undefined || !isCheap || looked.tags.length > 0) {
    for await (const {versions} of backend.versions()) listed.push(...versions)
    return listed
  }
  const each = await eachAtOnce(looked.next, async version => await backend.lookAt?.(version))
  const isKnown = ({digest}: ListedManifest): boolean => inventory.versions.has(digest)
  for await (const {versions} of backend.versions()) {
    listed.push(...versions)
    if (versions.some(isKnown)) break
  }
  return [...listed, ...each.filter(version => version !== undefined)]
}
