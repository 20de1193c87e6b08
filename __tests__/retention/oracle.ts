import type {RetentionPolicy} from '../../src/retention/policy.js'
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
    return isYoung || policy.journal.includes(digestAt(at))
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
  if (seen.includes(from)) return []
  const {children} = nodes[from]!
  const tag = `sha256-${digestAt(from).slice('sha256:'.length)}`
  const referring = nodes.flatMap((node, at) =>
    node.subject === from || node.tags.some(one => one.startsWith(tag)) ? [at] : []
  )
  return [from, ...[...children, ...referring].flatMap(at => walk(at, nodes, [...seen, from]))]
}

/** Whether the policy chooses a manifest as such. */
function isChosen(at: number, {nodes}: World, policy: RetentionPolicy, going: ReadonlySet<string>): boolean {
  const node = nodes[at]!
  const isOld = node.age * HOUR >= policy.olderThan
  const own = node.tags.filter(tag => !tag.startsWith('sha256-'))
  if (policy.superseded.includes(digestAt(at))) return true
  if (own.length > 0) return own.every(tag => going.has(tag))
  if (!isOld) return false
  const isUntagged = node.tags.length === 0
  if (policy.untagged && isUntagged) return true
  const subjects = [
    ...(node.subject === undefined ? [] : [node.subject]),
    ...node.tags.map(tag => nodes.findIndex((_, other) => tag.includes(digestAt(other).slice(7))))
  ]
  if (!policy.orphans) return false
  if (subjects.length > 0) return subjects.every(subject => subject < 0)
  const isImage = node.children.length === 0
  return isUntagged && isImage && !nodes.some(({children}) => children.includes(at))
}

const VERSION = /^v?(\d+)\.(\d+)\.(\d+)(-rc\.\d+)?(-alpine)?$/

interface Version {
  readonly tag: string
  readonly numbers: readonly [number, number, number]
  readonly isPre: boolean
  readonly variant: string
}

function versionOf(tag: string): Version | undefined {
  const match = VERSION.exec(tag)
  if (match === null) return undefined
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number)
  return {tag, numbers: [major, minor, patch], isPre: match[4] !== undefined, variant: match[5] ?? ''}
}

const rank = ({numbers: [major, minor, patch]}: Version): number => (major * 100 + minor) * 100 + patch

/** The tags that go, by the rules one after the other. */
function goingTags({nodes}: World, policy: RetentionPolicy): Set<string> {
  const tagged = nodes.flatMap((node, at) =>
    node.tags.filter(tag => !tag.startsWith('sha256-')).map(tag => ({tag, at, age: node.age * HOUR}))
  )
  const versions = tagged.map(({tag}) => versionOf(tag)).filter(version => version !== undefined)
  const releases = versions.filter(({isPre}) => !isPre)
  const newest = Math.max(...releases.map(rank))
  const outdated = releases.filter(version => isOutdated(version, releases, policy))
  const isAlias = (tag: string, at: number): boolean => {
    const match = /^(\d+)(?:\.(\d+))?(-alpine)?$/.exec(tag)
    if (match === null) return false
    return outdated.some(
      ({tag: whole, numbers, variant}) =>
        tagged.some(one => one.tag === whole && one.at === at) &&
        numbers[0] === Number(match[1]) &&
        (match[2] === undefined || numbers[1] === Number(match[2])) &&
        variant === (match[3] ?? '')
    )
  }
  const goes = ({tag, at, age}: {tag: string; at: number; age: number}): boolean =>
    outdated.some(version => version.tag === tag) ||
    ((policy.keepVersions > 0 || policy.keepPatches > 0) && isAlias(tag, at)) ||
    (policy.supersededPrereleases && isReleased(tag, releases)) ||
    (policy.deleteTags.some(({matches}) => matches(tag)) && age >= policy.olderThan) ||
    policy.pullRequests.closed.has(Number(/^pr-(\d+)$/.exec(tag)?.[1])) ||
    (policy.development.patterns.some(({matches}) => matches(tag)) && age >= policy.development.olderThan) ||
    (tag === 'cache-a' && age >= policy.cache.olderThan)
  const isKept = (tag: string): boolean => {
    const version = releases.find(one => one.tag === tag)
    return (
      policy.keepTags.some(({matches}) => matches(tag)) ||
      (version !== undefined && rank(version) === newest) ||
      (tag === 'latest' && !policy.deleteTags.some(({text}) => text === 'latest'))
    )
  }
  return new Set(tagged.filter(one => goes(one) && !isKept(one.tag)).map(({tag}) => tag))
}

function isOutdated(version: Version, releases: readonly Version[], policy: RetentionPolicy): boolean {
  if (policy.keepVersions === 0 && policy.keepPatches === 0) return false
  const newer = releases.filter(one => one.variant === version.variant && rank(one) > rank(version))
  const inLine = newer.filter(
    one => one.numbers[0] === version.numbers[0] && one.numbers[1] === version.numbers[1]
  )
  return newer.length >= policy.keepVersions && inLine.length >= policy.keepPatches
}

function isReleased(tag: string, releases: readonly Version[]): boolean {
  const version = versionOf(tag)
  return (
    version?.isPre === true &&
    releases.some(one => one.variant === version.variant && rank(one) === rank(version))
  )
}
