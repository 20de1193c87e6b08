import {
  type OrderedVersion,
  compareOrdered,
  isOfLine,
  parseOrdered,
  prereleaseParts
} from './version-order.js'
import type {ReleaseFacts} from '../contracts/planned-image.js'

/** What stands around the version in the name of a variant: `v1.2.3-alpine` has "v" and "-alpine". */
export interface Affixes {
  readonly prefix: string
  readonly suffix: string
}

/** What is put around the version of a release, by the name that its image gives it. */
export function affixesOf({version = '', named = ''}: ReleaseFacts): Affixes {
  const at = version === '' ? -1 : named.indexOf(version)
  if (at < 0) return {prefix: '', suffix: ''}
  return {prefix: named.slice(0, at), suffix: named.slice(at + version.length)}
}

/** The version that a release has. */
export function releasedVersion({version = ''}: ReleaseFacts): OrderedVersion | undefined {
  return parseOrdered(version)
}

/**
 * The version of what is at a tag: as image-release wrote it, else out of its name, without what a variant puts
 * around it. Undefined where the name holds none, such as `main` or `sha-860c190`.
 */
export function currentVersion(standing: ReleaseFacts, candidate: ReleaseFacts): OrderedVersion | undefined {
  if (standing.version !== undefined) return parseOrdered(standing.version)
  if (standing.named === undefined) return undefined
  const core = withoutAffixes(standing.named, affixesOf(candidate)) ?? standing.named
  return versionIn(core, releasedVersion(candidate))
}

/**
 * The numbers that every version at a tag starts with: those of 1.2 for the tag 1.2 of the version 1.2.3, none for
 * latest.
 */
export function lineOf(tag: string, candidate: ReleaseFacts): readonly bigint[] {
  const ours = releasedVersion(candidate)
  const core = withoutAffixes(tag, affixesOf(candidate)) ?? tag
  if (ours === undefined || !/^v?\d+(?:\.\d+)*$/i.test(core)) return []
  const line = core.replace(/^v/i, '').split('.').map(BigInt)
  return line.length < ours.numbers.length && isOfLine(ours, line) ? line : []
}

/** The stable versions that tags name in full, in the same variant as what is released. */
export function publishedVersions(tags: readonly string[], candidate: ReleaseFacts): OrderedVersion[] {
  const affixes = affixesOf(candidate)
  const precision = releasedVersion(candidate)?.numbers.length ?? 3
  return tags
    .map(tag => parseOrdered(withoutAffixes(tag, affixes) ?? ''))
    .filter(version => version !== undefined)
    .filter(version => !version.isPrerelease && version.numbers.length >= precision)
}

/**
 * The tag of the newest stable version in the line of `tag`, where it is newer than what is released.
 * @param tags the tags of the repository
 */
export function newerPublished<Name extends string>(
  tags: readonly Name[],
  tag: string,
  candidate: ReleaseFacts
): Name | undefined {
  const ours = releasedVersion(candidate)
  if (ours === undefined) return undefined
  const newest = newestOf(publishedVersions(tags, candidate), lineOf(tag, candidate))
  if (newest === undefined || compareOrdered(newest, ours) <= 0) return undefined
  return tagOf(tags, newest, candidate)
}

/** The tag that names the version of an image in full. */
export function publishedAs<Name extends string>(
  tags: readonly Name[],
  standing: ReleaseFacts,
  candidate: ReleaseFacts
): Name | undefined {
  const version = currentVersion(standing, candidate)
  return version && tagOf(tags, version, candidate)
}

/**
 * The tag of the newest stable version in the line of `tag` beside the released one, where it is newer than what stands
 * there. Undefined where what is there names no version to compare with.
 * @param standing undefined where the tag is free
 */
export function pendingPublished<Name extends string>(
  tags: readonly Name[],
  tag: string,
  standing: ReleaseFacts | undefined,
  candidate: ReleaseFacts
): Name | undefined {
  const ours = releasedVersion(candidate)
  const theirs = standing && currentVersion(standing, candidate)
  if (ours === undefined || (standing !== undefined && theirs === undefined)) return undefined
  const others = publishedVersions(tags, candidate).filter(version => compareOrdered(version, ours) !== 0)
  const newest = newestOf(others, lineOf(tag, candidate))
  if (newest === undefined || (theirs !== undefined && compareOrdered(newest, theirs) <= 0)) return undefined
  return tagOf(tags, newest, candidate)
}

/** The tag of the newest stable version in the line of `tag`, beside the released one. */
export function newestPublished<Name extends string>(
  tags: readonly Name[],
  tag: string,
  candidate: ReleaseFacts
): Name | undefined {
  const ours = releasedVersion(candidate)
  const others = publishedVersions(tags, candidate).filter(
    version => ours === undefined || compareOrdered(version, ours) !== 0
  )
  const newest = newestOf(others, lineOf(tag, candidate))
  return newest && tagOf(tags, newest, candidate)
}

function tagOf<Name extends string>(
  tags: readonly Name[],
  version: OrderedVersion,
  candidate: ReleaseFacts
): Name | undefined {
  const affixes = affixesOf(candidate)
  return tags.find(name => {
    const named = parseOrdered(withoutAffixes(name, affixes) ?? '')
    return named?.text === version.text && named.numbers.length === version.numbers.length
  })
}

/** The newest version of a line. */
export function newestOf(
  versions: readonly OrderedVersion[],
  line: readonly bigint[]
): OrderedVersion | undefined {
  return versions
    .filter(version => isOfLine(version, line))
    .reduce<OrderedVersion | undefined>(laterOf, undefined)
}

/** The later of two versions; the one that is known where the other is not. */
export function laterOf(
  first: OrderedVersion | undefined,
  second: OrderedVersion | undefined
): OrderedVersion | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return compareOrdered(first, second) < 0 ? second : first
}

function withoutAffixes(name: string, {prefix, suffix}: Affixes): string | undefined {
  const isOwn =
    name.startsWith(prefix) && name.endsWith(suffix) && name.length > prefix.length + suffix.length
  return isOwn ? name.slice(prefix.length, name.length - suffix.length) : undefined
}

/** The version in a name such as app-v1.2.3-rc.1-alpine: up to the first part that is no pre-release. */
function versionIn(name: string, ours: OrderedVersion | undefined): OrderedVersion | undefined {
  const tail = /(?:^|[/@_-])(v?\d+(?:\.\d+)+.*)$/i.exec(name)?.[1] ?? name
  const [first = '', ...parts] = tail.split('-')
  return parseOrdered([first, ...parts.slice(0, prereleaseParts(parts, ours?.pre?.[0]))].join('-'))
}
