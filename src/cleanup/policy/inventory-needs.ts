import type {Digest} from '../../oci/digest.js'
import {type StoredManifest, type Inventory, cameAt, timeOf} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import {subjectsOf} from './reachability.js'
import {isOlder} from './tagged-version.js'
import type {Selection} from './version-rules.js'

/** What has to be found out before a plan can be followed. */
export interface Needs {
  /** Manifests to read, unless it is found out meanwhile that they have no children. */
  readonly contents: readonly Digest[]
  /** Manifests to read whatever they are, for what they refer to. Asked for when `contents` are read. */
  readonly subjects: readonly Digest[]
  /** Manifests of which an age is wanted. */
  readonly ages: readonly Digest[]
  /** Manifests of which the registry's API is asked what refers to them. */
  readonly referrers: readonly Digest[]
  /** Manifests to look for. */
  readonly presence: readonly Digest[]
}

interface Known {
  readonly policy: RetentionPolicy
  readonly selection: Selection
  readonly going: ReadonlySet<Digest>
  readonly withoutTimestamp: readonly Digest[]
}

/** Whether a plan lacks nothing. */
export function isComplete({contents, subjects, ages, referrers, presence}: Needs): boolean {
  return contents.length + subjects.length + ages.length + referrers.length + presence.length === 0
}

/** What the plan of an inventory lacks; nothing more than can change it. */
export function needsOf(inventory: Inventory, known: Known): Needs {
  const ages = [...known.withoutTimestamp, ...selectionWithoutTimestamp(inventory, known)]
  const contents = unreadKept(inventory, known)
  const subjects = [
    ...unreadGoing(inventory, known),
    ...unreadUntagged(inventory, known),
    ...unreadImages(inventory, known)
  ]
  return {
    contents,
    // What stays may lead to much of what seems to go: that then need not be read.
    subjects: contents.length > 0 ? [] : [...new Set(subjects)],
    ages: [...new Set(ages)],
    referrers: unasked(inventory, known),
    presence: unsought(inventory, known)
  }
}

/** What was chosen but has no age is taken as young, unless the image itself names one. */
function selectionWithoutTimestamp({versions, aged}: Inventory, {policy, selection}: Known): Digest[] {
  if (policy.grace === 0) return []
  return [...selection.selected.keys(), ...selection.guarded.keys()].filter(digest => {
    const held = versions.get(digest)
    return (
      held !== undefined &&
      !selection.leftovers.has(digest) &&
      timeOf(held) === undefined &&
      !aged.has(digest)
    )
  })
}

/** What goes is read: its children go along, and it may have a subject that stays, which no listing tells. */
function unreadGoing({versions}: Inventory, {going}: Known): Digest[] {
  return [...going].filter(digest => {
    const held = versions.get(digest)
    return held?.content.kind === 'unread' || isUnreadLeaf(held)
  })
}

function isUnreadLeaf(held: StoredManifest | undefined): boolean {
  return held?.content.kind === 'leaf' && !held.content.isRead
}

/**
 * What stays is read where it could reach what goes. An index comes after its children: what was pushed before the
 * oldest of those that go, and has no tag, cannot name any of them.
 */
function unreadKept({versions}: Inventory, {selection, going}: Known): Digest[] {
  const leftovers = [...selection.leftovers].filter(digest => versions.get(digest)?.content.kind === 'unread')
  if (going.size === 0) return leftovers
  let oldest = Number.POSITIVE_INFINITY
  for (const digest of going)
    oldest = Math.min(oldest, cameOf(versions.get(digest)) ?? Number.NEGATIVE_INFINITY)
  const kept = [...selection.reachable].filter(digest => {
    const held = versions.get(digest)
    if (held?.content.kind !== 'unread') return false
    return held.tags.length > 0 || (cameAt(held) ?? Number.POSITIVE_INFINITY) >= oldest
  })
  return [...leftovers, ...kept]
}

function cameOf(held: StoredManifest | undefined): number | undefined {
  return held && cameAt(held)
}

function seeksOrphans({orphans, orphanedReferrers}: RetentionPolicy): boolean {
  return orphans || orphanedReferrers
}

/** Whether something untagged is an orphan can be told only when it was read; what goes because it is untagged need not be. */
function unreadUntagged({versions}: Inventory, {policy}: Known): Digest[] {
  if (!seeksOrphans(policy)) return []
  const {untagged, untaggedAge, now} = policy
  return [...versions.values()]
    .filter(held => held.tags.length === 0 && !(untagged && isOlder(held, untaggedAge, now)))
    .filter(held => held.content.kind === 'unread' || isUnreadLeaf(held))
    .map(({digest}) => digest)
}

/**
 * Which images there are, and whether they are whole, is known when all that can have children were read; and of what has
 * no tag and is part of no index, whether it refers to another.
 */
function unreadImages({versions}: Inventory, {policy}: Known): Digest[] {
  const isWanted = areTaggedWanted(policy)
  const isUntaggedWanted = policy.keepNewestUntagged !== undefined || policy.ghosts || policy.partialImages
  if (!isWanted && !isUntaggedWanted) return []
  const parts = new Set(
    [...versions.values()].flatMap(({content}) => (content.kind === 'index' ? content.children : []))
  )
  return [...versions.values()]
    .filter(held => (held.tags.length > 0 ? isWanted : isUntaggedWanted))
    .filter(
      held =>
        held.content.kind === 'unread' ||
        (held.tags.length === 0 && isUnreadLeaf(held) && !parts.has(held.digest))
    )
    .map(({digest}) => digest)
}

/** An untagged image may be part of one that has a tag. */
function areTaggedWanted({keepNewest, keepNewestUntagged, ghosts, partialImages}: RetentionPolicy): boolean {
  return keepNewest.length > 0 || keepNewestUntagged !== undefined || ghosts || partialImages
}

function unasked({referrers, hasReferrersApi}: Inventory, {going}: Known): Digest[] {
  return hasReferrersApi ? [...going].filter(digest => !referrers.has(digest)) : []
}

/** Subjects of orphans and of what goes, where the listing does not say whether they are there. */
function unsought({versions, isWhole, absent, present}: Inventory, {policy, going}: Known): Digest[] {
  if (isWhole) return []
  const asked = seeksOrphans(policy)
    ? [...versions.values()]
    : [...going].map(digest => versions.get(digest)).filter(held => held !== undefined)
  const children =
    policy.ghosts || policy.partialImages
      ? [...versions.values()].flatMap(({content}) => (content.kind === 'index' ? content.children : []))
      : []
  const subjects = asked.flatMap(subjectsOf).filter(subject => !versions.has(subject))
  // A child is known by the index that names it: that it is there shows when it is looked for.
  const assumed = children.filter(child => !present.has(child) && !isRead(versions.get(child)))
  return [...new Set([...subjects, ...assumed])].filter(one => !absent.has(one))
}

function isRead(held: StoredManifest | undefined): boolean {
  if (held === undefined) return false
  return (
    held.tags.length > 0 ||
    held.content.kind === 'index' ||
    // The registry failed for it, and is not asked for ever.
    held.content.kind === 'unreadable' ||
    (held.content.kind === 'leaf' && held.content.isRead)
  )
}
