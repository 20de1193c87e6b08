import type {Digest} from '../../oci/digest.js'
import {damageOf} from './damaged-images.js'
import {type StoredManifest, type Inventory, timeOf} from './inventory.js'
import type {AgedTags, RetentionPolicy} from './policy.js'
import {newestReleases, retainedTags, versionsAmong} from './retained-tags.js'
import {type TaggedVersion, groupBy, isOlder, keepingReason, taggedIn} from './tagged-version.js'
import type {Tag} from '../../oci/reference.js'

/** The tag under which a clean-up that is under way keeps what is left to do. */
export const REMAINDER_TAG = /^image-release-cleanup-[0-9a-f]{12}$/

/** Why what a rule chooses by its age stays where that is not known. */
const UNDATED = 'nobody can tell when it came here, so that its age is not known'

/** What the rules say of the tags of a repository. */
export interface TagVerdict {
  /** Why each of these goes. */
  readonly going: ReadonlyMap<Tag, string>
  /** Why each of these stays although a rule chose it. */
  readonly guarded: ReadonlyMap<Tag, string>
  /** Manifests whose age has to be known to decide. */
  readonly unaged: readonly Digest[]
}

/** Decides for every tag by which people pull whether it goes. */
export function selectTags(inventory: Inventory, policy: RetentionPolicy): TagVerdict {
  const tagged = taggedIn(inventory)
  const versions = versionsAmong(tagged.map(({tag}) => tag))
  const retained = retainedTags({tagged, versions, inventory}, policy)
  const cache = cacheTags(tagged, policy)
  const judge = (entry: TaggedVersion): string | undefined =>
    (isLeftover(entry.held) ? 'left by a clean-up that was stopped' : undefined) ??
    retained.going.get(entry.tag) ??
    chosenTag(entry, policy) ??
    closedPullRequest(entry.tag, policy) ??
    (isAgedOut(entry, policy.development, policy.now) ? 'development tag by age' : undefined) ??
    cache.get(entry.tag)
  const context = {newest: newestReleases(versions), inventory, policy}
  const guarded = tagged.map(entry => ({...entry, guard: guardOf(entry, context)}))
  const keepers = new Map(guarded.flatMap(one => (one.guard === undefined ? [] : [[one.held.digest, one]])))
  const first = guarded.map(entry => {
    const reason = judge(entry)
    const damage = reason === undefined ? damagedImage(entry.held, inventory, policy) : undefined
    if (damage === undefined)
      return {...entry, reason: reason ?? undatedTag(entry, inventory, policy)?.reason}
    return {...entry, reason: damage, guard: entry.guard ?? wholeGuard(keepers.get(entry.held.digest))}
  })
  const verdicts = policy.wholeImages ? byWholeImages(first, retained.kept) : first
  const chosen = verdicts.flatMap(({tag, reason, guard}) =>
    reason === undefined ? [] : [{tag, reason, guard}]
  )
  return {
    going: new Map(chosen.flatMap(({tag, reason, guard}) => (guard === undefined ? [[tag, reason]] : []))),
    guarded: new Map(chosen.flatMap(({tag, guard}) => (guard === undefined ? [] : [[tag, guard]]))),
    unaged: withoutTimestampOf(tagged, inventory, policy)
  }
}

/** What a clean-up that was stopped left behind: what says what was left to do, or a tag on an empty index. */
export function isLeftover({tags, content}: StoredManifest): boolean {
  const isEmptied = content.kind === 'index' && content.isPlaceholder === true
  return isEmptied || tags.some(tag => REMAINDER_TAG.test(tag))
}

interface GuardContext {
  readonly newest: ReadonlySet<Tag>
  readonly inventory: Inventory
  readonly policy: RetentionPolicy
}

function guardOf(entry: TaggedVersion, {newest, inventory, policy}: GuardContext): string | undefined {
  const {tag, held} = entry
  const kept = keepingReason(entry, policy)
  if (kept !== undefined) return kept
  const undated = undatedTag(entry, inventory, policy)
  if (undated !== undefined) return undated.guard
  const isNamed = policy.deleteTags.some(
    ({isExact, text, digest}) => isExact && (text === tag || digest === held.digest)
  )
  if (isNamed) return undefined
  if (newest.has(tag)) return 'the newest version goes only where delete-tags names it'
  return tag === 'latest' ? 'latest goes only where delete-tags names it' : undefined
}

function chosenTag({tag, held}: TaggedVersion, policy: RetentionPolicy): string | undefined {
  const pattern = policy.deleteTags.find(
    ({matches, digest, olderThan}) =>
      (digest === undefined ? matches(tag) : digest === held.digest) &&
      isOlder(held, olderThan ?? policy.olderThan, policy.now)
  )
  return pattern && `delete-tags ${pattern.text}`
}

/** What a rule would choose if its age were known: nobody can tell when it came. */
function undatedTag(
  entry: TaggedVersion,
  inventory: Inventory,
  policy: RetentionPolicy
): {readonly reason: string; readonly guard: string} | undefined {
  const {tag, held} = entry
  if (timeOf(held) !== undefined || !inventory.aged.has(held.digest)) return undefined
  const rule = agedRules(policy).find(({matches, olderThan}) => olderThan > 0 && matches(tag))
  const isChosen = rule !== undefined && chosenTag(entry, policy) === undefined
  return isChosen ? {reason: rule.name, guard: UNDATED} : undefined
}

/** What chooses tags by their age alone. */
function agedRules({deleteTags, olderThan, development, cache}: RetentionPolicy) {
  return [
    ...deleteTags.map(pattern => ({
      name: `delete-tags ${pattern.text}`,
      matches: pattern.matches,
      olderThan: pattern.olderThan ?? olderThan
    })),
    ...development.patterns.map(({matches}) => ({
      name: 'development tag by age',
      matches,
      olderThan: development.olderThan
    })),
    ...cache.patterns.map(({matches}) => ({name: 'cache by age', matches, olderThan: cache.olderThan}))
  ]
}

/** An index whose platforms are gone, or what is listed but not there. */
function damagedImage(
  held: StoredManifest,
  inventory: Inventory,
  policy: RetentionPolicy
): string | undefined {
  return isOlder(held, policy.olderThan, policy.now) ? damageOf(held, inventory, policy) : undefined
}

/** A damaged image is chosen as a whole: one of its tags that stays keeps the others. */
function wholeGuard(
  keeper: {readonly tag: Tag; readonly guard: string | undefined} | undefined
): string | undefined {
  return keeper && `stays whole for ${keeper.tag}, ${keeper.guard ?? ''}`
}

function closedPullRequest(tag: Tag, {pullRequests}: RetentionPolicy): string | undefined {
  const number = pullRequestOf(tag, pullRequests.patterns)
  return number !== undefined && pullRequests.closed.has(number)
    ? `pull request ${number} is closed`
    : undefined
}

/** The pull request that a tag is of; undefined where it is of none. */
export function pullRequestOf(
  tag: Tag,
  patterns: RetentionPolicy['pullRequests']['patterns']
): number | undefined {
  return patterns.map(({numberOf}) => numberOf(tag)).find(number => number !== undefined)
}

function isAgedOut({tag, held}: TaggedVersion, {patterns, olderThan}: AgedTags, now: number): boolean {
  return patterns.some(({matches}) => matches(tag)) && isOlder(held, olderThan, now)
}

/** Cache references that are too old, or beyond what all of them may have, the oldest first. */
function cacheTags(tagged: readonly TaggedVersion[], {cache, now}: RetentionPolicy): Map<Tag, string> {
  const caches = tagged
    .filter(({tag}) => cache.patterns.some(({matches}) => matches(tag)))
    .sort((one, other) => (timeOf(other.held) ?? 0) - (timeOf(one.held) ?? 0))
  const going = new Map<Tag, string>()
  let total = 0
  for (const entry of caches) {
    total += entry.held.size ?? 0
    if (isAgedOut(entry, cache, now)) going.set(entry.tag, 'cache by age')
    else if (cache.maxSize !== undefined && total > cache.maxSize) going.set(entry.tag, 'cache by size')
  }
  return going
}

/** What an age or a size decides, of which none is known and none was asked for yet. */
function withoutTimestampOf(
  tagged: readonly TaggedVersion[],
  inventory: Inventory,
  policy: RetentionPolicy
): Digest[] {
  const {cache} = policy
  const byAge = agedRules(policy).filter(({olderThan}) => olderThan > 0)
  const isSized = cache.maxSize !== undefined
  const isWanted = ({tag, held}: TaggedVersion): boolean =>
    (timeOf(held) === undefined &&
      (policy.keepNewest.length > 0 ||
        byAge.some(({matches}) => matches(tag)) ||
        (policy.olderThan > 0 && damageOf(held, inventory, policy) !== undefined))) ||
    (isSized &&
      (timeOf(held) === undefined || held.size === undefined) &&
      cache.patterns.some(({matches}) => matches(tag)))
  return tagged
    .filter(entry => !inventory.aged.has(entry.held.digest) && isWanted(entry))
    .map(({held}) => held.digest)
}

/** What was decided of one tag. */
interface Decided extends TaggedVersion {
  /** Why it goes; undefined where no rule chose it. */
  readonly reason: string | undefined
  /** Why it stays although a rule chose it. */
  readonly guard: string | undefined
}

/**
 * Lets an image go with all its tags where one of them goes, or stay with all of them where one of them is kept.
 * @param kept why a number to keep keeps a tag
 */
export function byWholeImages<T extends Decided>(tags: readonly T[], kept: ReadonlyMap<Tag, string>): T[] {
  const images = [...groupBy(tags, ({held}) => held.digest).values()]
  return images.flatMap(image => {
    const going = image.find(({reason, guard}) => reason !== undefined && guard === undefined)
    if (going === undefined) return image
    const keeping = image
      .map(({tag, guard}) => ({tag, why: guard ?? kept.get(tag)}))
      .find(({why}) => why !== undefined)
    return keeping === undefined
      ? image.map(one => ({...one, reason: one.reason ?? `goes with ${going.tag}: ${going.reason ?? ''}`}))
      : image.map(one => ({
          ...one,
          reason: one.reason ?? going.reason,
          guard: `stays whole for ${keeping.tag}, ${keeping.why ?? ''}`
        }))
  })
}
