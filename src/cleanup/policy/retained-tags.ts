import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import {isOfLine} from '../../versions/version-order.js'
import type {Inventory} from './inventory.js'
import {newestImageTags} from './newest-images.js'
import type {RetentionPolicy} from './policy.js'
import {type TaggedVersion, groupBy} from './tagged-version.js'
import {
  type VersionTag,
  newestFirst,
  readAlias,
  readShortVersionTag,
  readVersionTag
} from '../../versions/version-tag.js'

/** What the numbers to keep say: which tags go, and which they keep, each with why. */
export interface RetainedTags {
  readonly going: ReadonlyMap<Tag, string>
  readonly kept: ReadonlyMap<Tag, string>
}

interface Known {
  readonly tagged: readonly TaggedVersion[]
  readonly versions: readonly VersionTag[]
  readonly inventory: Inventory
}

/** Numbers of versions and of images add up: what one of them keeps, the other does not take. */
export function retainedTags({tagged, versions, inventory}: Known, policy: RetentionPolicy): RetainedTags {
  const byVersion = retainedVersions(versions, tagged, policy)
  const byDate = newestImageTags(tagged, inventory, policy)
  return {
    going: new Map([
      ...[...byDate.going].filter(([tag]) => !byVersion.kept.has(tag)),
      ...[...byVersion.going].filter(([tag]) => !byDate.kept.has(tag))
    ]),
    kept: new Map([...byDate.kept, ...byVersion.kept])
  }
}

/**
 * The versions among these tags. Where none has three parts, those of two are versions; else they are names of lines,
 * which point at versions.
 */
export function versionsAmong(tags: readonly Tag[]): VersionTag[] {
  const whole = tags.map(readVersionTag).filter(version => version !== undefined)
  return whole.length > 0 ? whole : tags.map(readShortVersionTag).filter(version => version !== undefined)
}

/** The newest release, with all its variants. */
export function newestReleases(versions: readonly VersionTag[]): Set<Tag> {
  return new Set(newestOfEach(releasesOf(versions), () => '', 1))
}

function releasesOf(versions: readonly VersionTag[]): VersionTag[] {
  return versions.filter(({version}) => !version.isPrerelease)
}

/** Versions that no number keeps, and those that one does, with the shorter aliases that point at them. */
function retainedVersions(
  versions: readonly VersionTag[],
  tagged: readonly TaggedVersion[],
  policy: RetentionPolicy
): RetainedTags {
  const releases = releasesOf(versions)
  const outdated = outdatedReleases(releases, policy)
  const isLimited = policy.keepVersions > 0 || policy.keepPatches > 0
  const kept = isLimited ? releases.filter(release => !outdated.includes(release)) : []
  return {
    going: new Map([
      ...outdated.map(({tag}): [Tag, string] => [tag, 'an older version']),
      ...aliasesOf(outdated, tagged).map((tag): [Tag, string] => [tag, 'alias of an older version']),
      ...(policy.supersededPrereleases ? releasedPrereleases(versions) : [])
    ]),
    kept: new Map(
      [...kept.map(({tag}) => tag), ...aliasesOf(kept, tagged)].map(tag => [
        tag,
        'one of the versions to keep'
      ])
    )
  }
}

function aliasesOf(versions: readonly VersionTag[], tagged: readonly TaggedVersion[]): Tag[] {
  const digestOf = new Map<Tag, Digest>(tagged.map(({tag, held}) => [tag, held.digest]))
  const byDigest = groupBy(versions, ({tag}) => digestOf.get(tag))
  const aliases = tagged.filter(({tag, held}) => {
    const alias = readAlias(tag)
    const named = byDigest.get(held.digest) ?? []
    return named.some(
      one => one.tag !== tag && alias?.variant === one.variant && isOfLine(one.version, alias.numbers)
    )
  })
  return aliases.map(({tag}) => tag)
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
