import type {Tag} from '../../oci/reference.js'
import {type Inventory, type StoredManifest, type TimeKind, arrivalOf, ownTags} from './inventory.js'
import {type Needs, needsOf} from './inventory-needs.js'
import {lostTagsToGo} from './lost-tags.js'
import {type RetentionPolicy, SMALL_CLEANUP} from './policy.js'
import {Links} from './reachability.js'
import {REMAINDER_TAG, type TagVerdict, selectTags} from './tag-rules.js'
import {type Selection, selectVersions} from './version-rules.js'
import type {Digest} from '../../oci/digest.js'
import type {TagPattern} from '../../patterns/tag-pattern.js'
import {taggedIn} from './tagged-version.js'

/** One manifest that goes or stays, and why. */
export interface PlannedVersion {
  readonly digest: Digest
  readonly id?: string
  /** All its tags. */
  readonly tags: readonly Tag[]
  readonly reason: string
  /** Since when it is here, at the latest: milliseconds since the epoch. */
  readonly time?: number
  /** How that is known. */
  readonly timeKind?: TimeKind
  /** When its image says that it was made: milliseconds since the epoch. */
  readonly created?: number
  /** Bytes, where they are known: of an index, those of itself alone. */
  readonly size?: number
  /** Bytes of an index with all its parts, where they are known. */
  readonly wholeSize?: number
}

/** One tag that goes while what it points at stays. */
export interface TagOutcome {
  readonly tag: Tag
  /** Undefined for one that is listed and leads nowhere. */
  readonly digest: Digest | undefined
  readonly reason: string
}

/** What is to be deleted in a repository: tags first, then wave after wave of manifests. */
export interface CleanupPlan {
  readonly tags: readonly TagOutcome[]
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
  /** Rules that name tags or digests, none of which is there: `delete-tags glob:nightly-*`. */
  readonly unmatched: readonly string[]
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
  const verdict = selectTags(inventory, policy)
  const selection = selectVersions(inventory, policy, {links, verdict})
  const {dependants, reachable} = selection
  const going = new Set(
    [...dependants].filter(digest => inventory.versions.has(digest) && !reachable.has(digest))
  )
  return {
    get plan() {
      return planOf(inventory, policy, {links, verdict, selection, going})
    },
    needs: needsOf(inventory, {policy, selection, going, withoutTimestamp: verdict.unaged})
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
  const entry = (digest: Digest, reason: string): PlannedVersion => plannedVersion(inventory, digest, reason)
  const notes = new Set([...going].filter(digest => isNote(inventory.versions.get(digest))))
  const waves = inWaves(going, notes, decision).map(wave =>
    wave.map(digest => entry(digest, selection.selected.get(digest) ?? 'reached only by what goes'))
  )
  const lost = lostTagsToGo(inventory, policy).map(one => ({...one, digest: undefined}))
  const tags = [...tagsAlone(inventory, decision), ...lost]
  const held = [...selection.selected.keys()].filter(digest => !going.has(digest))
  const excess = excessOf(going.size, inventory.versions.size, policy)
  return {
    tags,
    waves,
    kept: held.map(digest => entry(digest, selection.reasonToStay(digest))),
    standing: standingTags(inventory, tags, going),
    reachable: selection.reachable,
    links: decision.links,
    notes,
    total: inventory.versions.size,
    unmatched: unmatchedRules(inventory, policy),
    ...(excess === undefined ? {} : {excess})
  }
}

function isNote(held: StoredManifest | undefined): boolean {
  return held?.tags.some(tag => REMAINDER_TAG.test(tag)) === true
}

function plannedVersion(inventory: Inventory, digest: Digest, reason: string): PlannedVersion {
  const held = inventory.versions.get(digest)
  const arrival = held && arrivalOf(held)
  const wholeSize = held?.content.kind === 'index' ? sizeWithParts(held, inventory) : undefined
  return {
    digest,
    tags: held?.tags ?? [],
    reason,
    ...(held?.id === undefined ? {} : {id: held.id}),
    ...(arrival === undefined ? {} : {time: arrival.time, timeKind: arrival.kind}),
    ...(held?.created === undefined ? {} : {created: held.created}),
    ...(held?.size === undefined ? {} : {size: held.size}),
    ...(wholeSize === undefined ? {} : {wholeSize})
  }
}

/** Undefined where the size of a part is not known. */
function sizeWithParts(held: StoredManifest, inventory: Inventory): number | undefined {
  const links = new Set<Digest>()
  const waiting = [held.digest]
  let total = 0
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (links.has(digest)) continue
    links.add(digest)
    const part = inventory.versions.get(digest)
    if (part?.size === undefined) return undefined
    total += part.size
    if (part.content.kind === 'index') waiting.push(...part.content.children)
  }
  return total
}

/** Tags that go although another tag, or an index, keeps what they point at. What is too young keeps its tags. */
function tagsAlone({versions}: Inventory, {verdict, selection, going}: Decision): TagOutcome[] {
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
  alone: readonly TagOutcome[],
  gone: ReadonlySet<Digest>
): Map<Tag, Digest> {
  const going = new Set(alone.map(({tag}) => tag))
  const standing = [...versions.values()]
    .filter(({digest}) => !gone.has(digest))
    .flatMap(({tags, digest}) => tags.map((tag): [Tag, Digest] => [tag, digest]))
  return new Map(standing.filter(([tag]) => !going.has(tag)))
}

/** What says what was left to do stands until all of that is done, and every empty index at a tag is gone. */
function inWaves(
  going: ReadonlySet<Digest>,
  notes: ReadonlySet<Digest>,
  {links, selection}: Decision
): Digest[][] {
  const isLast = (digest: Digest): boolean => selection.leftovers.has(digest)
  const waves = deletionWaves(new Set([...going].filter(digest => !isLast(digest))), links)
  const last = [...going].filter(isLast)
  return [...waves, last.filter(digest => !notes.has(digest)), [...notes]].filter(wave => wave.length > 0)
}

function excessOf(count: number, total: number, {limits}: RetentionPolicy): string | undefined {
  if (limits.maxDelete > 0 && count > limits.maxDelete)
    return `${count} manifests would go, more than the ${limits.maxDelete} of max-delete`
  const share = total === 0 ? 0 : (count * 100) / total
  return count > SMALL_CLEANUP && share > limits.maxShare
    ? `${count} of ${total} manifests would go (${Math.floor(share)} %), more than the ${limits.maxShare} % of max-share`
    : undefined
}

/**
 * Sorts manifests into waves: whatever leads to another stands in an earlier wave, so that an index goes before its
 * children and an image before its signatures. A stop between two waves leaves nothing behind that names what is gone.
 */
export function deletionWaves(going: ReadonlySet<Digest>, links: Links): Digest[][] {
  const waiting = new Map<Digest, number>([...going].map(digest => [digest, 0]))
  const targets = (digest: Digest): readonly Digest[] =>
    links.of(digest).filter(target => target !== digest && waiting.has(target))
  for (const digest of going)
    for (const target of targets(digest)) waiting.set(target, (waiting.get(target) ?? 0) + 1)
  const waves: Digest[][] = []
  let wave = [...going].filter(digest => waiting.get(digest) === 0)
  while (wave.length > 0) {
    waves.push(wave)
    const next: Digest[] = []
    for (const digest of wave)
      for (const target of targets(digest)) {
        const left = (waiting.get(target) ?? 0) - 1
        waiting.set(target, left)
        if (left === 0) next.push(target)
      }
    wave = next
  }
  // Digests cannot name each other in a circle; a listing that says so is deleted last, in any order.
  const circles = [...waiting].filter(([, left]) => left > 0).map(([digest]) => digest)
  return circles.length === 0 ? waves : [...waves, circles]
}

/** Rules that name what is not there, as they were given with their input; one that is misspelt is among them. */
export function unmatchedRules(inventory: Inventory, policy: RetentionPolicy): string[] {
  const tags = [...taggedIn(inventory).map(({tag}) => tag), ...inventory.lost]
  const isFound = ({matches, digest}: TagPattern): boolean =>
    digest === undefined
      ? tags.some(matches)
      : inventory.versions.has(digest) && !inventory.absent.has(digest)
  const missing = (input: string, patterns: readonly TagPattern[]): string[] =>
    patterns.filter(pattern => !isFound(pattern)).map(({text}) => `${input} ${text}`)
  const newest = policy.keepNewest.filter(({pattern}) => pattern !== undefined && !isFound(pattern))
  const numbered = policy.pullRequests.patterns.filter(
    ({numberOf}) => !tags.some(tag => numberOf(tag) !== undefined)
  )
  return [
    ...missing('keep-tags', policy.keepTags),
    ...missing('keep-images', policy.keepImages),
    ...unmatchedDeployments(inventory, policy, tags),
    ...missing('delete-tags', policy.deleteTags),
    ...newest.map(({text}) => `keep-newest ${text}`),
    ...numbered.map(({text}) => `pull-request-tags ${text}`),
    ...missing('development-tags', policy.development.patterns),
    ...missing('cache-tags', policy.cache.patterns)
  ]
}

/** What names nothing of this repository may be about another, or may be the wrong file. */
function unmatchedDeployments(
  {versions, absent}: Inventory,
  {deployed}: RetentionPolicy,
  tags: readonly Tag[]
): string[] {
  const isThere = (digest: Digest): boolean => versions.has(digest) && !absent.has(digest)
  return deployed
    .filter(({digests, words}) => ![...digests.keys()].some(isThere) && !tags.some(tag => words.has(tag)))
    .map(({text}) => `keep-deployed ${text}`)
}
