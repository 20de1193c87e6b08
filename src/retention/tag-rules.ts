import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import {isOfLine} from '../versions/version-order.js'
import {type HeldVersion, type Inventory, ownTags, timeOf} from './inventory.js'
import type {AgedTags, RetentionPolicy} from './policy.js'
import {type VersionTag, newestFirst, readAlias, readVersionTag} from './version-tag.js'

/** The tag under which a clean-up that is under way keeps what is left to do. */
export const REMAINDER_TAG = /^image-release-cleanup-[0-9a-f]{12}$/

/** What the rules say of the tags of a repository. */
export interface TagVerdict {
  /** Why each of these goes. */
  readonly going: ReadonlyMap<Tag, string>
  /** Why each of these stays although a rule chose it. */
  readonly guarded: ReadonlyMap<Tag, string>
  /** Manifests whose age has to be known to decide. */
  readonly unaged: readonly Digest[]
}

interface TaggedVersion {
  readonly tag: Tag
  readonly held: HeldVersion
}

/** Decides for every tag by which people pull whether it goes. */
export function judgeTags(inventory: Inventory, policy: RetentionPolicy): TagVerdict {
  const tagged = [...inventory.versions.values()].flatMap(held => ownTags(held).map(tag => ({tag, held})))
  const versions = tagged.map(({tag}) => readVersionTag(tag)).filter(version => version !== undefined)
  const outdated = outdatedTags(versions, tagged, policy)
  const cache = cacheTags(tagged, policy)
  const judge = (entry: TaggedVersion): string | undefined =>
    (isLeftover(entry.held) ? 'left by a clean-up that was stopped' : undefined) ??
    outdated.get(entry.tag) ??
    chosenTag(entry, policy) ??
    closedPullRequest(entry.tag, policy) ??
    (isAgedOut(entry, policy.development, policy.now) ? 'development tag by age' : undefined) ??
    cache.get(entry.tag)
  const chosen = tagged.flatMap(entry => {
    const reason = judge(entry)
    return reason === undefined ? [] : [{tag: entry.tag, reason}]
  })
  const newest = newestReleases(versions)
  const guards = chosen.map(({tag, reason}) => ({tag, reason, guard: guardOf(tag, newest, policy)}))
  return {
    going: new Map(guards.flatMap(({tag, reason, guard}) => (guard === undefined ? [[tag, reason]] : []))),
    guarded: new Map(guards.flatMap(({tag, guard}) => (guard === undefined ? [] : [[tag, guard]]))),
    unaged: unagedOf(tagged, inventory, policy)
  }
}

/** What a clean-up that was stopped left behind: what says what was left to do, or a tag on an empty index. */
export function isLeftover({tags, content}: HeldVersion): boolean {
  const isEmptied = content.kind === 'index' && content.isPlaceholder === true
  return isEmptied || tags.some(tag => REMAINDER_TAG.test(tag))
}

function guardOf(tag: Tag, newest: ReadonlySet<Tag>, policy: RetentionPolicy): string | undefined {
  const pattern = policy.keepTags.find(({matches}) => matches(tag))
  if (pattern !== undefined) return `kept by keep-tags ${pattern.text}`
  if (newest.has(tag)) return 'the newest release'
  const isNamed = policy.deleteTags.some(({isExact, text}) => isExact && text === tag)
  return tag === 'latest' && !isNamed ? 'latest goes only where delete-tags names it' : undefined
}

/** The newest release, with all its variants. */
function newestReleases(versions: readonly VersionTag[]): Set<Tag> {
  return new Set(newestOfEach(releasesOf(versions), () => '', 1))
}

function releasesOf(versions: readonly VersionTag[]): VersionTag[] {
  return versions.filter(({version}) => !version.isPrerelease)
}

/** Versions that no rule keeps, with the shorter aliases that point at them. */
function outdatedTags(
  versions: readonly VersionTag[],
  tagged: readonly TaggedVersion[],
  policy: RetentionPolicy
): Map<Tag, string> {
  const outdated = outdatedReleases(releasesOf(versions), policy)
  const digestOf = new Map(tagged.map(({tag, held}) => [tag, held.digest]))
  const byDigest = groupBy(outdated, ({tag}) => digestOf.get(tag))
  const aliases = tagged.filter(({tag, held}) => {
    const alias = readAlias(tag)
    const named = byDigest.get(held.digest) ?? []
    return named.some(({variant, version}) => alias?.variant === variant && isOfLine(version, alias.numbers))
  })
  return new Map([
    ...outdated.map(({tag}): [Tag, string] => [tag, 'an older version']),
    ...aliases.map(({tag}): [Tag, string] => [tag, 'alias of an older version']),
    ...(policy.supersededPrereleases ? releasedPrereleases(versions) : [])
  ])
}

function outdatedReleases(
  releases: readonly VersionTag[],
  {keepVersions, keepPatches}: RetentionPolicy
): VersionTag[] {
  if (keepVersions === 0 && keepPatches === 0) return []
  const lineOf = ({variant, version}: VersionTag): string =>
    [variant, ...version.numbers.slice(0, 2)].join(' ')
  const kept = new Set([
    ...newestOfEach(releases, ({variant}) => variant, keepVersions),
    ...newestOfEach(releases, lineOf, keepPatches)
  ])
  return newestFirst(releases.filter(({tag}) => !kept.has(tag)))
}

/** The tags of the newest so many versions of each group; v1.2.3 and 1.2.3 are one version. */
function newestOfEach(
  versions: readonly VersionTag[],
  groupOf: (version: VersionTag) => string,
  many: number
): Tag[] {
  return [...groupBy(versions, groupOf).values()].flatMap(group => {
    const sorted = newestFirst(group)
    const texts = new Set([...new Set(sorted.map(({version}) => version.text))].slice(0, many))
    return sorted.filter(({version}) => texts.has(version.text)).map(({tag}) => tag)
  })
}

function releasedPrereleases(versions: readonly VersionTag[]): [Tag, string][] {
  const nameOf = ({variant, version}: VersionTag): string =>
    [variant, version.epoch, ...version.numbers].join(' ')
  const released = new Set(releasesOf(versions).map(nameOf))
  return versions
    .filter(one => one.version.isPrerelease && released.has(nameOf(one)))
    .map(({tag}) => [tag, 'a pre-release whose release is there'])
}

function chosenTag({tag, held}: TaggedVersion, policy: RetentionPolicy): string | undefined {
  const pattern = policy.deleteTags.find(({matches}) => matches(tag))
  const isChosen = pattern !== undefined && isOlder(held, policy.olderThan, policy.now)
  return isChosen ? `delete-tags ${pattern.text}` : undefined
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

/** Whether something is known to be this old. */
export function isOlder(held: HeldVersion, age: number, now: number): boolean {
  const time = timeOf(held)
  return age === 0 || (time !== undefined && now - time >= age)
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
function unagedOf(
  tagged: readonly TaggedVersion[],
  {aged}: Inventory,
  {deleteTags, olderThan, development, cache}: RetentionPolicy
): Digest[] {
  const patterns = [...development.patterns, ...cache.patterns, ...(olderThan > 0 ? deleteTags : [])]
  const isUnknown = (held: HeldVersion): boolean =>
    !aged.has(held.digest) &&
    (timeOf(held) === undefined || (cache.maxSize !== undefined && held.size === undefined))
  return tagged
    .filter(({tag, held}) => isUnknown(held) && patterns.some(({matches}) => matches(tag)))
    .map(({held}) => held.digest)
}

function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
