import type {Digest} from '../../oci/digest.js'
import {type StoredManifest, type Inventory, cameAt, isBlind, ownTags, timeOf} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import {type Links, subjectsOf} from './reachability.js'
import {damageOf, isAbsent} from './damaged-images.js'
import {type TagVerdict, isLeftover} from './tag-rules.js'
import {isOlder, keepingDigest} from './tagged-version.js'
import {untaggedBeyondNewest} from './untagged-images.js'

/** What the rules chose, and what keeps what. */
export interface Selection {
  /** Why each of these was chosen. */
  readonly selected: ReadonlyMap<Digest, string>
  /** All that the chosen ones lead to, themselves too. */
  readonly dependants: ReadonlySet<Digest>
  /** What clean-ups that were stopped left, and what says what they left. */
  readonly leftovers: ReadonlySet<Digest>
  /** What was chosen, or has a tag that was, but is too young or needed to put a release back; with why. */
  readonly guarded: ReadonlyMap<Digest, string>
  /** What does not go by itself: tagged, unchosen or guarded. */
  readonly roots: ReadonlySet<Digest>
  /** All that the roots lead to. */
  readonly reachable: ReadonlySet<Digest>
  readonly reasonToStay: (digest: Digest) => string
}

/** Chooses manifests by the policy, and finds what of them something that stays can reach. */
export function selectVersions(
  inventory: Inventory,
  policy: RetentionPolicy,
  {links, verdict}: {readonly links: Links; readonly verdict: TagVerdict}
): Selection {
  const selected = chosenVersions(inventory, policy, verdict)
  const dependants = links.reach(selected.keys())
  const leftovers = new Set([...inventory.versions.values()].filter(isLeftover).map(({digest}) => digest))
  const touched = new Set([...selected.keys(), ...tagged(inventory, verdict)])
  const guarded = guardedVersions(inventory, policy, {touched, dependants, leftovers})
  const roots = rootsOf(inventory, {verdict, dependants, guarded})
  const reachable = reachSurely(inventory, links, {roots, guarded, dependants})
  return {
    selected,
    dependants,
    leftovers,
    guarded,
    roots,
    reachable,
    reasonToStay: digest =>
      guarded.get(digest) ?? tagReason(inventory.versions.get(digest), verdict) ?? 'reached by what stays'
  }
}

function tagReason(held: StoredManifest | undefined, {going, guarded}: TagVerdict): string | undefined {
  const tags = held === undefined ? [] : ownTags(held).filter(tag => !going.has(tag))
  if (tags.length === 0) return undefined
  const guards = tags.map(tag => guarded.get(tag)).filter(guard => guard !== undefined)
  return [`still tagged ${tags.join(', ')}`, ...new Set(guards)].join(': ')
}

function chosenVersions(
  inventory: Inventory,
  policy: RetentionPolicy,
  verdict: TagVerdict
): Map<Digest, string> {
  const named = new Set(policy.superseded)
  const listed = new Set([...inventory.versions.values()].flatMap(childDigests))
  const beyond = untaggedBeyondNewest(inventory, policy)
  const chosen = new Map<Digest, string>()
  for (const held of inventory.versions.values()) {
    const reason =
      (named.has(held.digest) ? 'superseded' : undefined) ??
      reasonByTags(held, verdict) ??
      (held.tags.length === 0
        ? (beyond.get(held.digest) ?? reasonUntagged(held, {inventory, policy, listed}))
        : orphanedTags(held, inventory, policy))
    if (reason !== undefined) chosen.set(held.digest, reason)
  }
  return chosen
}

/** Chosen by its tags where all of them go. */
function reasonByTags(held: StoredManifest, {going, guarded}: TagVerdict): string | undefined {
  const tags = ownTags(held)
  if (tags.length === 0) return undefined
  const chosen = tags.filter(tag => going.has(tag) || guarded.has(tag))
  const [first] = chosen
  return first === undefined || chosen.length < tags.length
    ? undefined
    : (going.get(first) ?? 'chosen by its tags')
}

interface UntaggedContext {
  readonly inventory: Inventory
  readonly policy: RetentionPolicy
  /** What any index names. */
  readonly listed: ReadonlySet<Digest>
}

function reasonUntagged(held: StoredManifest, context: UntaggedContext): string | undefined {
  const {inventory, policy} = context
  const {now, olderThan, untaggedAge, orphansAge} = policy
  const named = policy.deleteTags.find(({digest}) => digest === held.digest)
  if (named !== undefined && isOlder(held, named.olderThan ?? olderThan, now))
    return `delete-tags ${named.text}`
  if (policy.untagged && isOlder(held, untaggedAge, now)) return 'untagged'
  const damage = isOlder(held, olderThan, now) ? damageOf(held, inventory, policy) : undefined
  return damage ?? (isOlder(held, orphansAge, now) ? reasonOrphaned(held, context) : undefined)
}

function reasonOrphaned(
  held: StoredManifest,
  {inventory, policy, listed}: UntaggedContext
): string | undefined {
  if (subjectsOf(held).length > 0) return reasonReferring(held, inventory, policy)
  const isImage = held.content.kind === 'leaf' && held.content.isRead
  const isCounted = policy.keepNewestUntagged !== undefined
  return policy.orphans && isImage && !isCounted && !listed.has(held.digest)
    ? 'a platform that no index names'
    : undefined
}

function reasonReferring(
  held: StoredManifest,
  inventory: Inventory,
  {orphans, orphanedReferrers}: RetentionPolicy
): string | undefined {
  const isOrphan = subjectsOf(held).every(subject => isAbsent(subject, inventory))
  return (orphans || orphanedReferrers) && isOrphan ? 'refers to what is not there' : undefined
}

/** Tags made of a digest, such as those of signatures, whose manifest is gone. */
function orphanedTags(
  held: StoredManifest,
  inventory: Inventory,
  policy: RetentionPolicy
): string | undefined {
  const isSignature = ownTags(held).length === 0 && subjectsOf(held).length > 0
  return isSignature && isOlder(held, policy.orphansAge, policy.now)
    ? reasonReferring(held, inventory, policy)
    : undefined
}

function childDigests({content}: StoredManifest): readonly Digest[] {
  return content.kind === 'index' ? content.children : []
}

/** Manifests of which at least one tag goes. */
function tagged({versions}: Inventory, {going}: TagVerdict): Digest[] {
  return [...versions.values()]
    .filter(held => ownTags(held).some(tag => going.has(tag)))
    .map(({digest}) => digest)
}

interface Chosen {
  readonly touched: ReadonlySet<Digest>
  readonly dependants: ReadonlySet<Digest>
  readonly leftovers: ReadonlySet<Digest>
}

/**
 * What must not go although it was chosen: too young, unreadable, or needed by a journal. A manifest that only goes
 * along with what was chosen is as old as that where nothing says when it was pushed.
 */
function guardedVersions(
  inventory: Inventory,
  policy: RetentionPolicy,
  {touched, dependants, leftovers}: Chosen
): Map<Digest, string> {
  const needed = new Set(policy.journal)
  const guarded = new Map<Digest, string>()
  for (const digest of new Set([...touched, ...dependants])) {
    const held = inventory.versions.get(digest)
    const guard = needed.has(digest)
      ? 'a journal needs it to put a release back'
      : (keepingDigest(digest, policy) ??
        unreadableGuard(held, touched.has(digest), inventory) ??
        ageGuard(held, touched.has(digest), policy))
    if (guard !== undefined && !leftovers.has(digest)) guarded.set(digest, guard)
  }
  return guarded
}

/**
 * What somebody named by its tag may go unread; what is untagged may refer to something that stays. Where untagged manifests
 * are not listed, nobody would find again what the first led to.
 */
function unreadableGuard(
  held: StoredManifest | undefined,
  isTouched: boolean,
  {isWhole}: Inventory
): string | undefined {
  if (held?.content.kind !== 'unreadable' || held.content.isMissing === true) return undefined
  if (!isWhole && isBlind(held))
    return `cannot be read, and nobody would find again what it leads to: ${held.content.reason}`
  const isNamed = isTouched && ownTags(held).length > 0
  return isNamed ? undefined : `cannot be read: ${held.content.reason}`
}

function ageGuard(
  held: StoredManifest | undefined,
  isChosen: boolean,
  {grace, now}: RetentionPolicy
): string | undefined {
  if (held?.ageFailure !== undefined) return `its age cannot be read: ${held.ageFailure}`
  if (held === undefined || grace === 0) return undefined
  const time = timeOf(held)
  if (time === undefined)
    return isChosen ? 'nobody can tell when it came here: it may be too young' : undefined
  return now - time < grace ? 'too young' : undefined
}

/** Everything that does not go by itself. What refers to another manifest goes and stays with that. */
function rootsOf(
  {versions}: Inventory,
  {
    verdict,
    dependants,
    guarded
  }: {
    readonly verdict: TagVerdict
    readonly dependants: ReadonlySet<Digest>
    readonly guarded: ReadonlyMap<Digest, string>
  }
): Set<Digest> {
  const roots = new Set<Digest>(guarded.keys())
  for (const held of versions.values()) {
    if (!dependants.has(held.digest) || ownTags(held).some(tag => !verdict.going.has(tag)))
      roots.add(held.digest)
  }
  return roots
}

/** Reaches from the roots; what an unreadable manifest among them may refer to becomes a root, too. */
function reachSurely(
  inventory: Inventory,
  links: Links,
  {
    roots,
    guarded,
    dependants
  }: {
    readonly roots: Set<Digest>
    readonly guarded: Map<Digest, string>
    readonly dependants: ReadonlySet<Digest>
  }
): Set<Digest> {
  for (;;) {
    const reachable = links.reach(roots)
    const blind = unreadable(inventory)
    const shadow = shadowOf(blind, inventory, dependants).filter(digest => !roots.has(digest))
    if (shadow.length === 0) return reachable
    for (const digest of shadow) {
      roots.add(digest)
      if (!guarded.has(digest)) guarded.set(digest, blindReason(blind))
    }
  }
}

/** Of these nobody can say what they refer to. One that goes is deleted alone: should the host refuse, nothing is lost. */
function unreadable({versions}: Inventory): StoredManifest[] {
  return [...versions.values()].filter(isBlind)
}

/** All that these may refer to: whatever is not known to have come after them. */
function shadowOf(
  blind: readonly StoredManifest[],
  {versions}: Inventory,
  candidates: ReadonlySet<Digest>
): Digest[] {
  if (blind.length === 0) return []
  const own = new Set(blind.map(({digest}) => digest))
  const last = Math.max(...blind.map(held => cameAt(held) ?? Number.POSITIVE_INFINITY))
  return [...candidates].filter(digest => {
    const held = versions.get(digest)
    return !own.has(digest) && ((held && cameAt(held)) ?? Number.NEGATIVE_INFINITY) <= last
  })
}

function blindReason([first]: readonly StoredManifest[]): string {
  return `may be part of ${first?.digest ?? ''}, which cannot be read`
}
