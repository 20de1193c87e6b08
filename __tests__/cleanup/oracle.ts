import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {HOUR, type World, type WorldNode, digestAt} from './worlds.js'

/** What a slow and simple reader of the policy says of a world: places of nodes, and tags. */
export interface Verdict {
  readonly deleted: ReadonlySet<number>
  /** Tags that go, with a manifest or alone. */
  readonly tags: ReadonlySet<string>
}

/** Says what is to be deleted, by walking every path from everything. */
export function judge(world: World, policy: RetentionPolicy): Verdict {
  const {nodes} = world
  const places = nodes.map((_, at) => at)
  const going = goingTags(world, policy)
  const named = (at: number): string[] => nodes[at]!.tags.filter(tag => !tag.startsWith('sha256-'))
  const touched = places.filter(
    at => isChosen(at, world, policy, going) || named(at).some(tag => going.has(tag))
  )
  const chosen = places.filter(at => isChosen(at, world, policy, going))
  const along = new Set(chosen.flatMap(at => walk(at, nodes)))
  const guarded = [...new Set([...along, ...touched])].filter(at => {
    const isTimed = world.isWhole || touched.includes(at)
    const isYoung = policy.grace > 0 && isTimed && nodes[at]!.age * HOUR < policy.grace
    return isYoung || policy.journal.includes(digestAt(at)) || isDeployed(at, policy)
  })
  const staying = places.filter(
    at => guarded.includes(at) || named(at).some(tag => !going.has(tag)) || !along.has(at)
  )
  const reachable = new Set(staying.flatMap(at => walk(at, nodes)))
  const deleted = new Set([...along].filter(at => !reachable.has(at)))
  const alone = places.filter(at => !deleted.has(at) && !guarded.includes(at))
  return {
    deleted,
    tags: new Set([
      ...[...deleted].flatMap(at => nodes[at]!.tags),
      ...alone.flatMap(at => named(at).filter(tag => going.has(tag)))
    ])
  }
}

/** Everything that can be reached from a node: children, what refers to it, and what lies at tags of its digest. */
export function walk(from: number, nodes: readonly WorldNode[], seen: readonly number[] = []): number[] {
  if (seen.includes(from) || from < 0) return []
  const {children} = nodes[from]!
  const tag = `sha256-${digestAt(from).slice('sha256:'.length)}`
  const referring = nodes.flatMap((node, at) =>
    node.subject === from || node.tags.some(one => one.startsWith(tag)) ? [at] : []
  )
  return [from, ...[...children, ...referring].flatMap(at => walk(at, nodes, [...seen, from]))]
}

/** Whether the policy chooses a manifest as such. */
function isChosen(at: number, world: World, policy: RetentionPolicy, going: ReadonlySet<string>): boolean {
  const {nodes} = world
  const node = nodes[at]!
  const isOlder = (age: number): boolean => node.age * HOUR >= age
  const own = node.tags.filter(tag => !tag.startsWith('sha256-'))
  if (policy.superseded.includes(digestAt(at))) return true
  if (own.length > 0) return own.every(tag => going.has(tag))
  const isUntagged = node.tags.length === 0
  if (policy.untagged && isUntagged && isOlder(policy.untaggedAge)) return true
  if (isUntagged && beyondNewestUntagged(world, policy).includes(at)) return true
  if (isUntagged && isOlder(policy.olderThan) && isDamaged(node, policy)) return true
  const subjects = [
    ...(node.subject === undefined ? [] : [node.subject]),
    ...node.tags.map(tag => nodes.findIndex((_, other) => tag.includes(digestAt(other).slice(7))))
  ]
  if (!isOlder(policy.orphansAge)) return false
  if (subjects.length > 0)
    return (policy.orphans || policy.orphanedReferrers) && subjects.every(subject => subject < 0)
  if (!policy.orphans || policy.keepNewestUntagged !== undefined) return false
  const isImage = node.children.length === 0
  return isUntagged && isImage && !nodes.some(({children}) => children.includes(at))
}

/** Of one time, by their digests. */
function byDate({nodes, digests}: Pick<World, 'nodes' | 'digests'>): (one: number, other: number) => number {
  const nameOf = (place: number): string => digests?.[place] ?? digestAt(place)
  return (one, other) => nodes[one]!.age - nodes[other]!.age || (nameOf(one) < nameOf(other) ? -1 : 1)
}

function beyondNewestUntagged(world: Pick<World, 'nodes' | 'digests'>, policy: RetentionPolicy): number[] {
  if (policy.keepNewestUntagged === undefined) return []
  const images = world.nodes.flatMap((node, at) => {
    const isPart = world.nodes.some(({children}) => children.includes(at))
    const isOld = node.age * HOUR >= policy.untaggedAge
    const isAway = node.age * HOUR >= policy.olderThan && isDamaged(node, policy)
    const isCounted = node.tags.length === 0 && node.subject === undefined && !isPart && isOld && !isAway
    return isCounted && !isDeployed(at, policy) ? [at] : []
  })
  return images.sort(byDate(world)).slice(policy.keepNewestUntagged)
}

function isDamaged({children}: WorldNode, {ghosts, partialImages}: RetentionPolicy): boolean {
  const missing = children.filter(child => child < 0).length
  if (missing === 0) return false
  return missing === children.length ? ghosts : partialImages
}

const WHOLE = /^v?(\d+)\.(\d+)\.(\d+)(-rc\.\d+)?(-alpine)?$/
const SHORT = /^v?(\d+)\.(\d+)()(-rc\.\d+)?(-alpine)?$/

interface Version {
  readonly tag: string
  readonly numbers: readonly [number, number, number]
  readonly isPre: boolean
  readonly variant: string
}

/** Where there is no version of three parts, those of two are versions. */
function versionsIn(tags: readonly string[]): Version[] {
  const scheme = tags.some(tag => WHOLE.test(tag)) ? WHOLE : SHORT
  return tags.map(tag => versionOf(tag, scheme)).filter(version => version !== undefined)
}

function versionOf(tag: string, scheme: RegExp): Version | undefined {
  const match = scheme.exec(tag)
  if (match === null) return undefined
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number)
  return {tag, numbers: [major, minor, patch], isPre: match[4] !== undefined, variant: match[5] ?? ''}
}

const rank = ({numbers: [major, minor, patch]}: Version): number => (major * 100 + minor) * 100 + patch

interface Tagged {
  readonly tag: string
  readonly at: number
  readonly age: number
}

/** The tags that go, by the rules one after the other. */
function goingTags(world: World, policy: RetentionPolicy): Set<string> {
  const {nodes} = world
  const tagged = nodes.flatMap((node, at) =>
    node.tags.filter(tag => !tag.startsWith('sha256-')).map(tag => ({tag, at, age: node.age * HOUR}))
  )
  const versions = versionsIn(tagged.map(({tag}) => tag))
  const releases = versions.filter(({isPre}) => !isPre)
  const newest = Math.max(...releases.map(rank))
  const isLimited = policy.keepVersions > 0 || policy.keepPatches > 0
  const outdated = releases.filter(version => isOutdated(version, releases, policy))
  const current = isLimited ? releases.filter(version => !outdated.includes(version)) : []
  const names = (of: readonly Version[], {tag, at}: Tagged): boolean =>
    of.some(version => version.tag === tag) || isAlias({tag, at}, of, tagged)
  const counted = countedImages(world, tagged, policy)
  const retained = (one: Tagged): boolean => {
    const byVersion = isLimited && names(outdated, one)
    const byDate = counted.beyond.has(one.tag)
    return (
      (byVersion && !counted.kept.has(one.tag)) ||
      (byDate && !names(current, one)) ||
      (policy.supersededPrereleases && isReleased(one.tag, versions) && !counted.kept.has(one.tag))
    )
  }
  const goes = (one: Tagged): boolean =>
    retained(one) ||
    policy.deleteTags.some(
      ({matches, olderThan}) => matches(one.tag) && one.age >= (olderThan ?? policy.olderThan)
    ) ||
    policy.pullRequests.closed.has(Number(/^pr-(\d+)$/.exec(one.tag)?.[1])) ||
    (policy.development.patterns.some(({matches}) => matches(one.tag)) &&
      one.age >= policy.development.olderThan) ||
    (one.tag === 'cache-a' && one.age >= policy.cache.olderThan) ||
    (one.age >= policy.olderThan &&
      isDamaged(nodes[one.at]!, policy) &&
      !tagged.some(other => other.at === one.at && isKept(other)))
  const isKept = ({tag, at}: Tagged): boolean => {
    if (policy.keepTags.some(({matches}) => matches(tag)) || isOfKeptImage(at, tagged, policy)) return true
    if (isDeployed(at, policy, tag)) return true
    if (policy.deleteTags.some(({text}) => text === tag)) return false
    const version = releases.find(one => one.tag === tag)
    return (version !== undefined && rank(version) === newest) || tag === 'latest'
  }
  const first = tagged.filter(one => goes(one) && !isKept(one))
  if (!policy.wholeImages) return new Set(first.map(({tag}) => tag))
  const held = (one: Tagged): boolean => isKept(one) || counted.kept.has(one.tag) || names(current, one)
  const places = new Set(first.map(({at}) => at))
  const whole = tagged.filter(({at}) => places.has(at) && !tagged.some(one => one.at === at && held(one)))
  return new Set(whole.map(({tag}) => tag))
}

function isDeployed(at: number, {deployed}: RetentionPolicy, tag = ''): boolean {
  return deployed.some(({digests, words}) => digests.has(digestAt(at)) || words.has(tag))
}

function isOfKeptImage(at: number, tagged: readonly Tagged[], {keepImages}: RetentionPolicy): boolean {
  return tagged.some(one => one.at === at && keepImages.some(({matches}) => matches(one.tag)))
}

function isAlias(
  {tag, at}: Pick<Tagged, 'tag' | 'at'>,
  versions: readonly Version[],
  tagged: readonly Tagged[]
): boolean {
  const match = /^(\d+)(?:\.(\d+))?(-alpine)?$/.exec(tag)
  if (match === null) return false
  return versions.some(
    ({tag: whole, numbers, variant}) =>
      whole !== tag &&
      tagged.some(one => one.tag === whole && one.at === at) &&
      numbers[0] === Number(match[1]) &&
      (match[2] === undefined || numbers[1] === Number(match[2])) &&
      variant === (match[3] ?? '')
  )
}

/** The tags of images that a number of newest ones keeps, and of those beyond it. */
function countedImages(
  world: World,
  tagged: readonly Tagged[],
  policy: RetentionPolicy
): {readonly kept: ReadonlySet<string>; readonly beyond: ReadonlySet<string>} {
  const kept = new Set<string>()
  const beyond = new Set<string>()
  for (const rule of policy.keepNewest) {
    const own = tagged.filter(({tag, at, age}) => {
      const first = policy.keepNewest.find(({pattern}) => pattern?.matches(tag))
      const isOwn = first === undefined ? rule.pattern === undefined : first === rule
      const tags = tagged.filter(one => one.at === at).map(one => one.tag)
      const isExempt =
        tags.some(name => policy.keepTags.some(({matches}) => matches(name))) ||
        isOfKeptImage(at, tagged, policy) ||
        isDeployed(at, policy) ||
        tags.some(name => isDeployed(at, policy, name)) ||
        world.nodes.some(({children}) => children.includes(at)) ||
        (age >= policy.olderThan && isDamaged(world.nodes[at]!, policy))
      return isOwn && !isExempt && age >= (rule.olderThan ?? policy.olderThan)
    })
    const images = [...new Set(own.map(({at}) => at))].sort(byDate(world))
    for (const {tag, at} of own) (images.indexOf(at) < rule.count ? kept : beyond).add(tag)
  }
  return {kept, beyond}
}

function isOutdated(version: Version, releases: readonly Version[], policy: RetentionPolicy): boolean {
  if (policy.keepVersions === 0 && policy.keepPatches === 0) return false
  const newer = releases.filter(one => one.variant === version.variant && rank(one) > rank(version))
  const inLine = newer.filter(
    one => one.numbers[0] === version.numbers[0] && one.numbers[1] === version.numbers[1]
  )
  return newer.length >= policy.keepVersions && inLine.length >= policy.keepPatches
}

function isReleased(tag: string, versions: readonly Version[]): boolean {
  const version = versions.find(one => one.tag === tag)
  return (
    version?.isPre === true &&
    versions.some(one => !one.isPre && one.variant === version.variant && rank(one) === rank(version))
  )
}
