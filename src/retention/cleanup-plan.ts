import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import {deletionWaves} from './deletion-order.js'
import {type HeldVersion, type Inventory, ownTags, timeOf} from './inventory.js'
import {type Needs, needsOf} from './inventory-needs.js'
import {type RetentionPolicy, SMALL_CLEANUP} from './policy.js'
import {Links} from './reachability.js'
import {REMAINDER_TAG, type TagVerdict, judgeTags} from './tag-rules.js'
import {type Selection, selectVersions} from './version-rules.js'

/** One manifest that goes or stays, and why. */
export interface PlannedVersion {
  readonly digest: Digest
  readonly id?: string
  /** All its tags. */
  readonly tags: readonly Tag[]
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly time?: number
  /** Bytes, where they are known. */
  readonly size?: number
}

/** One tag that goes while what it points at stays. */
export interface PlannedTag {
  readonly tag: Tag
  readonly digest: Digest
  readonly reason: string
}

/** What is to be deleted in a repository: tags first, then wave after wave of manifests. */
export interface CleanupPlan {
  readonly tags: readonly PlannedTag[]
  readonly waves: readonly (readonly PlannedVersion[])[]
  /** What a rule chose, but something keeps. */
  readonly kept: readonly PlannedVersion[]
  /** Everything that tags reach after the clean-up, by tag; for the check behind it. */
  readonly standing: ReadonlyMap<Tag, Digest>
  /** Every manifest that the tags that stay can reach. */
  readonly reachable: ReadonlySet<Digest>
  /** What leads to what, for when something does not go after all: then all that it leads to stays. */
  readonly links: Pick<Links, 'reach'>
  /** What says what an earlier clean-up left to do: the last to go, once all else is gone. */
  readonly notes: ReadonlySet<Digest>
  /** How many manifests the repository holds, as far as is known. */
  readonly total: number
  /** Why this is more than may go without being forced. */
  readonly excess?: string
}

/**
 * Decides what goes. Nothing that stays can reach anything that goes: children of indexes at any depth, attestations,
 * and what refers to them. Where the inventory leaves open what decides, `needs` says what has to be read; the plan is
 * made when it is asked for, and one to follow only when nothing is needed any more.
 */
export function planCleanup(
  inventory: Inventory,
  policy: RetentionPolicy
): {readonly plan: CleanupPlan; readonly needs: Needs} {
  const links = new Links(inventory)
  const verdict = judgeTags(inventory, policy)
  const selection = selectVersions(inventory, policy, {links, verdict})
  const {dependants, reachable} = selection
  const going = new Set(
    [...dependants].filter(digest => inventory.versions.has(digest) && !reachable.has(digest))
  )
  return {
    get plan() {
      return planOf(inventory, policy, {links, verdict, selection, going})
    },
    needs: needsOf(inventory, {policy, selection, going, unaged: verdict.unaged})
  }
}

interface Decision {
  readonly links: Links
  readonly verdict: TagVerdict
  readonly selection: Selection
  readonly going: ReadonlySet<Digest>
}

function planOf(inventory: Inventory, policy: RetentionPolicy, decision: Decision): CleanupPlan {
  const {selection, going} = decision
  const entry = (digest: Digest, reason: string): PlannedVersion =>
    plannedVersion(inventory.versions.get(digest), digest, reason)
  const waves = inWaves(going, decision).map(wave =>
    wave.map(digest => entry(digest, selection.selected.get(digest) ?? 'reached only by what goes'))
  )
  const tags = tagsAlone(inventory, decision)
  const held = [...selection.selected.keys()].filter(digest => !going.has(digest))
  const excess = excessOf(going.size, inventory.versions.size, policy)
  return {
    tags,
    waves,
    kept: held.map(digest => entry(digest, selection.reasonToStay(digest))),
    standing: standingTags(inventory, tags, going),
    reachable: selection.reachable,
    links: decision.links,
    notes: new Set(
      waves
        .flat()
        .filter(isNote)
        .map(({digest}) => digest)
    ),
    total: inventory.versions.size,
    ...(excess === undefined ? {} : {excess})
  }
}

function isNote({tags}: PlannedVersion): boolean {
  return tags.some(tag => REMAINDER_TAG.test(tag))
}

function plannedVersion(held: HeldVersion | undefined, digest: Digest, reason: string): PlannedVersion {
  const time = held && timeOf(held)
  return {
    digest,
    tags: held?.tags ?? [],
    reason,
    ...(held?.id === undefined ? {} : {id: held.id}),
    ...(time === undefined ? {} : {time}),
    ...(held?.size === undefined ? {} : {size: held.size})
  }
}

/** Tags that go although another tag, or an index, keeps what they point at. What is too young keeps its tags. */
function tagsAlone({versions}: Inventory, {verdict, selection, going}: Decision): PlannedTag[] {
  return [...versions.values()]
    .filter(({digest}) => !going.has(digest) && !selection.guarded.has(digest))
    .flatMap(held =>
      ownTags(held).flatMap(tag => {
        const reason = verdict.going.get(tag)
        return reason === undefined ? [] : [{tag, digest: held.digest, reason}]
      })
    )
}

function standingTags(
  {versions}: Inventory,
  alone: readonly PlannedTag[],
  gone: ReadonlySet<Digest>
): Map<Tag, Digest> {
  const going = new Set(alone.map(({tag}) => tag))
  const standing = [...versions.values()]
    .filter(({digest}) => !gone.has(digest))
    .flatMap(({tags, digest}) => tags.map((tag): [Tag, Digest] => [tag, digest]))
  return new Map(standing.filter(([tag]) => !going.has(tag)))
}

/** What says what was left to do stands until all of that is done. */
function inWaves(going: ReadonlySet<Digest>, {links, selection}: Decision): Digest[][] {
  const isLast = (digest: Digest): boolean => selection.leftovers.has(digest)
  const waves = deletionWaves(new Set([...going].filter(digest => !isLast(digest))), links)
  const last = [...going].filter(isLast)
  return last.length === 0 ? waves : [...waves, last]
}

function excessOf(count: number, total: number, {limits}: RetentionPolicy): string | undefined {
  if (limits.maxDelete > 0 && count > limits.maxDelete)
    return `${count} manifests would go, more than the ${limits.maxDelete} of max-delete`
  const share = total === 0 ? 0 : (count * 100) / total
  return count > SMALL_CLEANUP && share > limits.maxShare
    ? `${count} of ${total} manifests would go (${Math.floor(share)} %), more than the ${limits.maxShare} % of max-share`
    : undefined
}
