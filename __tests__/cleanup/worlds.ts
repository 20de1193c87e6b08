import {fc} from '../support/random.js'
import {parseNewestRule} from '../../src/cleanup/cleanup-rules.js'
import {type Digest, digestOf, hexOf} from '../../src/oci/digest.js'
import {type Tag, parseTag} from '../../src/oci/reference.js'
import type {Content, StoredManifest, Inventory} from '../../src/cleanup/policy/inventory.js'
import type {Needs} from '../../src/cleanup/policy/inventory-needs.js'
import type {DeployedNames} from '../../src/cleanup/policy/deployed.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {parseNumberedPattern, parseTagPattern} from '../../src/patterns/tag-pattern.js'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const NOW = Date.parse('2026-06-01T00:00:00Z')

export const digest = (name: string): Digest => digestOf(new TextEncoder().encode(name))

/** One manifest of a world, as a test writes it. Others are named by their place, and come before. */
export interface WorldNode {
  /** Places; -2 for something that is not there. */
  readonly children: readonly number[]
  /** The place of what it refers to; -1 for something that is not there. */
  readonly subject?: number
  readonly tags: readonly string[]
  /** Hours before now that it was pushed. */
  readonly age: number
}

/** A repository: an index comes after its children, a referrer after its subject. */
export interface World {
  readonly nodes: readonly WorldNode[]
  readonly hasReferrersApi: boolean
  /** Whether its host lists what has no tag, with times. */
  readonly isWhole: boolean
  /** By what ties of age are decided, where the host's digests are not those of `digestAt`. */
  readonly digests?: readonly Digest[]
}

export const GONE = digest('what is not there')
/** A child that is not there. */
export const MISSING = digest('a child that is not there')

const TAGS = [
  'latest',
  '1.0.0',
  '1.1.0',
  '1.1.1',
  'v1.2.0',
  '2.0.0-rc.1',
  '2.0.0',
  '1.0',
  '1.1',
  '1',
  '2'
].concat([
  '1.0.0-alpine',
  '1.1.0-alpine',
  '1.1-alpine',
  'main',
  'pr-1',
  'pr-2',
  'pr-3',
  'nightly-1',
  'nightly-2',
  'cache-a'
])

/** Random worlds: nested indexes, shared children, attestations, referrers of referrers, tags, ages. */
const worldsWith = (isDamaging: boolean): fc.Arbitrary<World> =>
  fc
    .record({
      hasReferrersApi: fc.boolean(),
      isWhole: fc.boolean(),
      nodes: fc.array(
        fc.record({
          kind: fc.constantFrom('image', 'image', 'index', 'index', 'referrer'),
          picks: fc.array(fc.nat(1000), {maxLength: 3}),
          pause: fc.constantFrom(0, 1, 5, 40, 400),
          isOrphan: fc.boolean(),
          isDamaged: fc.boolean()
        }),
        {minLength: 1, maxLength: 14}
      ),
      tags: fc.uniqueArray(fc.tuple(fc.constantFrom(...TAGS), fc.nat(1000)), {
        maxLength: 10,
        selector: ([tag]) => tag
      })
    })
    .map(({nodes, tags, hasReferrersApi, isWhole}) => {
      const total = nodes.reduce((sum, {pause}) => sum + pause, 0)
      let passed = 0
      const made = nodes.map(({kind, picks, pause, isOrphan, isDamaged}, at) => {
        passed += pause
        const earlier = at === 0 ? [] : [...new Set(picks.map(pick => pick % at))]
        const own = tags.filter(([, place]) => place % nodes.length === at).map(([tag]) => tag)
        return {
          children:
            kind === 'index' ? [...earlier, ...(isDamaging && isDamaged && at % 3 === 0 ? [-2] : [])] : [],
          ...(kind === 'referrer' ? {subject: isOrphan ? -1 : (earlier[0] ?? -1)} : {}),
          tags: own,
          age: total - passed
        }
      })
      return {nodes: hasReferrersApi ? made : withFallbackTags(made), hasReferrersApi, isWhole}
    })

export const worlds = worldsWith(false)
/** Worlds with indexes that name what is not there, too. */
export const damagedWorlds = worldsWith(true)

/** Without the API, referrers are listed at a tag made of the subject's digest: of its own, or of cosign's kind. */
function withFallbackTags(nodes: readonly WorldNode[]): WorldNode[] {
  const subjects = [...new Set(nodes.flatMap(({subject}) => (subject === undefined ? [] : [subject])))]
  const lists = subjects.map((subject): WorldNode => {
    const referrers = nodes.flatMap((node, at) => (node.subject === subject ? [at] : []))
    return {
      children: referrers,
      tags: [`sha256-${hexOf(digestAt(subject))}`],
      age: Math.min(...referrers.map(at => nodes[at]!.age))
    }
  })
  return [...nodes, ...lists]
}

export function digestAt(place: number): Digest {
  if (place === -2) return MISSING
  return place < 0 ? GONE : digest(`node ${place}`)
}

/** A file of a deployment that names these. */
export function deployedIn(digests: readonly Digest[], tags: readonly string[]): DeployedNames {
  const at = <Name>(names: readonly Name[]) => new Map(names.map(name => [name, 'deploy/app.yaml']))
  return {text: 'deploy', digests: at(digests), words: at(tags)}
}

export const policies: fc.Arbitrary<RetentionPolicy> = fc
  .record({
    superseded: fc.uniqueArray(fc.nat(13), {maxLength: 4}),
    keepVersions: fc.nat(2),
    keepPatches: fc.nat(1),
    supersededPrereleases: fc.boolean(),
    keep: fc.subarray(['main', 'glob:nightly-*', 'regex:pr-[12]', '1.0.0']),
    keepImages: fc.subarray(['nightly-2', 'glob:*-alpine']),
    deployedTags: fc.subarray(['1.0.0', 'pr-2', '1.1'], {maxLength: 1}),
    deployedPlaces: fc.uniqueArray(fc.nat(13), {maxLength: 1}),
    delete: fc.subarray(['latest', 'glob:nightly-*', 'glob:1*', 'regex:pr-\\d', 'glob:*']),
    untagged: fc.boolean(),
    orphans: fc.boolean(),
    orphanedReferrers: fc.boolean(),
    keepNewest: fc.subarray(['2', '1 of glob:nightly-*', '1 of glob:*-alpine older than 1d']),
    wholeImages: fc.boolean(),
    keepNewestUntagged: fc.option(fc.constantFrom(1, 2), {nil: undefined, freq: 3}),
    ghosts: fc.boolean(),
    partialImages: fc.boolean(),
    untaggedAge: fc.constantFrom(0, 0, 2 * DAY),
    orphansAge: fc.constantFrom(0, 0, 2 * DAY),
    olderThan: fc.constantFrom(0, 0, 2 * DAY),
    pulls: fc.subarray([1, 2, 3]),
    development: fc.subarray(['main', 'glob:nightly-*']),
    cacheAge: fc.constantFrom(0, 5 * DAY, 500 * DAY),
    journal: fc.uniqueArray(fc.nat(13), {maxLength: 1}),
    grace: fc.constantFrom(0, 0, 2 * HOUR, 3 * DAY)
  })
  .map(
    ({
      keep,
      keepImages,
      deployedTags,
      deployedPlaces,
      delete: chosen,
      pulls,
      cacheAge,
      keepNewest,
      ...rest
    }) => ({
      ...rest,
      deployed: [deployedIn(deployedPlaces.map(digestAt), deployedTags)],
      keepNewest: keepNewest.map(parseNewestRule),
      superseded: rest.superseded.map(digestAt),
      journal: rest.journal.map(digestAt),
      keepTags: keep.map(parseTagPattern),
      keepImages: keepImages.map(parseTagPattern),
      deleteTags: chosen.map(parseTagPattern),
      pullRequests: {patterns: [parseNumberedPattern('pr-{number}')], closed: new Set(pulls)},
      development: {patterns: rest.development.map(parseTagPattern), olderThan: 3 * DAY},
      cache: {patterns: [parseTagPattern('cache-a')], olderThan: cacheAge},
      now: NOW,
      limits: {maxDelete: 0, maxShare: 100}
    })
  )

/** A policy that deletes nothing, for tests to add to. */
export function noPolicy(more: Partial<RetentionPolicy> = {}): RetentionPolicy {
  return {
    superseded: [],
    keepVersions: 0,
    keepPatches: 0,
    supersededPrereleases: false,
    keepTags: [],
    keepImages: [],
    deleteTags: [],
    untagged: false,
    keepNewest: [],
    wholeImages: false,
    keepNewestUntagged: undefined,
    orphans: false,
    orphanedReferrers: false,
    ghosts: false,
    partialImages: false,
    untaggedAge: more.olderThan ?? 0,
    orphansAge: more.olderThan ?? 0,
    olderThan: 0,
    pullRequests: {patterns: [], closed: new Set()},
    development: {patterns: [], olderThan: 0},
    cache: {patterns: [], olderThan: 0},
    deployed: [],
    journal: [],
    grace: DAY,
    now: NOW,
    limits: {maxDelete: 0, maxShare: 100},
    ...more
  }
}

/** What reading all of a world gives. */
export function contentOf({children, subject}: WorldNode): Content {
  const named = subject === undefined ? {} : {subject: digestAt(subject)}
  return children.length > 0
    ? {kind: 'index', children: children.map(digestAt), ...named}
    : {kind: 'leaf', isRead: true, ...named}
}

/** An inventory that learns from a world only what it is asked to, as the reader of a registry does. */
export class LazyInventory implements Inventory {
  readonly versions = new Map<Digest, StoredManifest>()
  readonly absent = new Set<Digest>()
  readonly present = new Set<Digest>()
  readonly referrers = new Map<Digest, readonly Digest[]>()
  readonly aged = new Set<Digest>()
  readonly lost = []
  readonly isWhole: boolean
  readonly hasReferrersApi: boolean
  /** How many manifests were read. */
  reads = 0
  readonly #world: World

  constructor(world: World, superseded: readonly Digest[]) {
    this.#world = world
    this.isWhole = world.isWhole
    this.hasReferrersApi = world.hasReferrersApi
    for (const [at, node] of world.nodes.entries())
      if (world.isWhole || node.tags.length > 0) this.#add(at, {kind: 'unread'})
    for (const one of superseded) if (!this.versions.has(one)) this.#read(one)
  }

  supply({contents, subjects, ages, referrers, presence}: Needs): void {
    for (const one of [...contents, ...subjects, ...presence]) this.#read(one)
    for (const one of presence) if (!this.absent.has(one)) this.present.add(one)
    for (const one of ages) this.#age(one)
    for (const one of referrers) this.#ask(one)
  }

  #add(at: number, content: Content): void {
    const node = this.#world.nodes[at]!
    const pushed = this.isWhole ? {pushed: NOW - node.age * HOUR} : {}
    const tags = node.tags.map((tag): Tag => parseTag(tag))
    this.versions.set(digestAt(at), {digest: digestAt(at), tags, content, ...pushed})
  }

  /** An index names it: whether it is there is not known, unless the host lists everything. */
  #assume(child: Digest, content: Content): void {
    if (!this.isWhole && !this.absent.has(child)) this.versions.set(child, {digest: child, tags: [], content})
  }

  #placeOf(one: Digest): number {
    return this.#world.nodes.findIndex((_, at) => digestAt(at) === one)
  }

  #read(one: Digest): void {
    this.reads += 1
    const at = this.#placeOf(one)
    if (at < 0) {
      this.absent.add(one)
      this.versions.delete(one)
      return
    }
    const held = this.versions.get(one)
    const content = contentOf(this.#world.nodes[at]!)
    if (held === undefined) this.#add(at, content)
    else this.versions.set(one, {...held, content})
    if (content.kind === 'index') for (const child of content.children) this.#expect(child)
  }

  /** What an index says of its children tells that an image has none, and nothing of a subject. */
  #expect(child: Digest): void {
    const at = this.#placeOf(child)
    const node = this.#world.nodes[at]
    const isLeaf = node === undefined || contentOf(node).kind === 'leaf'
    const held = this.versions.get(child)
    const content: Content = isLeaf ? {kind: 'leaf', isRead: false} : {kind: 'unread'}
    if (held === undefined && node === undefined) this.#assume(child, content)
    else if (held === undefined) this.#add(at, content)
    else if (held.content.kind === 'unread' && isLeaf) this.versions.set(child, {...held, content})
  }

  #age(one: Digest): void {
    this.aged.add(one)
    this.#read(one)
    const held = this.versions.get(one)
    const node = this.#world.nodes[this.#placeOf(one)]
    if (held !== undefined && node !== undefined)
      this.versions.set(one, {...held, seen: NOW - node.age * HOUR})
  }

  #ask(one: Digest): void {
    const at = this.#placeOf(one)
    const found = this.#world.nodes.flatMap((node, place) => (node.subject === at && at >= 0 ? [place] : []))
    this.referrers.set(one, found.map(digestAt))
    for (const place of found) this.#expect(digestAt(place))
  }
}
