import {fc} from '../support/random.js'
import {hexOf} from '../../src/oci/digest.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import type {ScriptedAnswer} from '../support/scripted-send.js'
import {HOUR, type World, digestAt} from './worlds.js'
import {SimulatedHost, type Stored} from './simulated-host.js'

/** What happens to a world while it is cleaned. Places are taken modulo its size, requests counted from one. */
export interface Happening {
  /** Deletions that the host refuses. */
  readonly refused: readonly number[]
  readonly late: readonly {
    readonly at: number
    readonly kind: 'tag' | 'index' | 'referrer' | 'moved latest'
    readonly place: number
  }[]
  /** A manifest that the registry cannot give. */
  readonly unreadable?: {readonly place: number; readonly status: 404 | 500} | undefined
  readonly pageSize: number
  readonly referrers: 'none' | 'empty' | 'real'
}

export const happenings: fc.Arbitrary<Happening> = fc.record({
  refused: fc.uniqueArray(fc.nat(30), {maxLength: 2}),
  late: fc.array(
    fc.record({
      at: fc.integer({min: 1, max: 60}),
      kind: fc.constantFrom('tag', 'index', 'referrer', 'moved latest'),
      place: fc.nat(30)
    }),
    {maxLength: 2}
  ),
  unreadable: fc.option(fc.record({place: fc.nat(30), status: fc.constantFrom<404 | 500>(404, 500)}), {
    freq: 4,
    nil: undefined
  }),
  pageSize: fc.constantFrom(3, 5, 100),
  referrers: fc.constantFrom('none', 'empty', 'real')
})

/** A world as a host holds it, its nodes by their places. */
export interface Built {
  readonly host: SimulatedHost
  readonly nodes: readonly Stored[]
}

export function build(world: World, {pageSize, referrers}: Happening): Built {
  const host = new SimulatedHost({kind: world.isWhole ? 'ghcr' : 'registry', pageSize, referrers})
  const nodes: Stored[] = []
  for (const {children, subject, tags, age} of world.nodes)
    nodes.push(
      host.put({
        age,
        tags: tags.map(tag => renamed(tag, nodes)),
        ...(children.length === 0 ? {} : {children: children.map(at => nodes[at]!)}),
        ...(subject === undefined ? {} : {subject: nodes[subject] ?? {digest: digestAt(-1)}})
      })
    )
  return {host, nodes}
}

/** Tags made of digests are made of those of the host. */
export function renamed(tag: string, nodes: readonly Pick<Stored, 'digest'>[]): string {
  const at = nodes.findIndex((_, place) => tag === `sha256-${hexOf(digestAt(place))}`)
  return at < 0 ? tag : `sha256-${hexOf(nodes[at]!.digest)}`
}

/** What of a policy inputs can say: no file is here that names what is deployed, and rules for caches choose nothing from a release. */
export function sayable(given: RetentionPolicy): RetentionPolicy {
  return {
    ...given,
    journal: [],
    deployed: given.deployed.map(one => ({...one, words: new Map<string, string>()})),
    cache: {patterns: [], olderThan: Number.POSITIVE_INFINITY},
    keepNewestUntagged: given.untagged ? undefined : given.keepNewestUntagged
  }
}

/** The inputs that say what a policy says. */
export function textsOf(
  policy: RetentionPolicy,
  nodes: readonly Pick<Stored, 'digest'>[],
  image = 'registry.example/org/app'
): Record<string, string> {
  const superseded = policy.superseded.flatMap(digest => {
    const at = nodes.findIndex((_, place) => digestAt(place) === digest)
    return at < 0 ? [] : [`${image}@${nodes[at]!.digest}`]
  })
  const deployed = nodes.flatMap(({digest}, place) =>
    policy.deployed.some(({digests}) => digests.has(digestAt(place))) ? [`${image}@${digest}`] : []
  )
  const lines = (patterns: readonly {readonly text: string}[]): string =>
    patterns.map(({text}) => text).join('\n')
  const hours = (time: number): string => `${time / HOUR}h`
  const texts: Record<string, string> = {
    superseded: superseded.join(),
    'keep-versions': String(policy.keepVersions),
    'keep-patches': String(policy.keepPatches),
    'superseded-prereleases': String(policy.supersededPrereleases),
    'keep-tags': lines(policy.keepTags),
    'keep-images': lines(policy.keepImages),
    'keep-deployed': deployed.join('\n'),
    'delete-tags': lines(policy.deleteTags),
    'whole-images': String(policy.wholeImages),
    'keep-newest': policy.keepNewest
      .map(({text, olderThan}) => (olderThan === undefined ? text : `${text} older than ${hours(olderThan)}`))
      .join('\n'),
    'keep-newest-untagged': policy.keepNewestUntagged === undefined ? '' : String(policy.keepNewestUntagged),
    untagged: String(policy.untagged),
    'untagged-age': hours(policy.untaggedAge),
    orphans: String(policy.orphans),
    'orphaned-referrers': String(policy.orphanedReferrers),
    'orphans-age': hours(policy.orphansAge),
    'ghost-images': String(policy.ghosts),
    'partial-images': String(policy.partialImages),
    'older-than': hours(policy.olderThan),
    'pull-request-tags': lines(policy.pullRequests.patterns),
    'development-tags': lines(policy.development.patterns),
    'development-age': hours(policy.development.olderThan),
    'min-age': hours(policy.grace),
    'github-repository': 'org/app'
  }
  const said = Object.entries(texts).filter(([, text]) => text !== '')
  return withoutIdle(Object.fromEntries(said), policy)
}

/** Ages of rules that a policy has not are refused. */
function withoutIdle(texts: Record<string, string>, policy: RetentionPolicy): Record<string, string> {
  const areUntagged = policy.untagged || policy.keepNewestUntagged !== undefined
  const areOrphans = policy.orphans || policy.orphanedReferrers
  const areTags =
    policy.keepVersions + policy.keepPatches > 0 ||
    policy.supersededPrereleases ||
    [policy.keepNewest, policy.deleteTags, policy.pullRequests.patterns, policy.development.patterns].some(
      ({length}) => length > 0
    )
  const isAgeWanted =
    [...policy.deleteTags, ...policy.keepNewest].some(({olderThan}) => olderThan === undefined) ||
    policy.ghosts ||
    policy.partialImages
  const idle = [
    ...(areTags ? [] : ['whole-images']),
    ...(areUntagged ? [] : ['untagged-age']),
    ...(areOrphans ? [] : ['orphans-age']),
    ...(policy.development.patterns.length > 0 ? [] : ['development-age']),
    ...(isAgeWanted ? [] : ['older-than'])
  ]
  return Object.fromEntries(Object.entries(texts).filter(([name]) => !idle.includes(name)))
}

/** What a run did and met, in the order of its requests. */
export interface Course {
  /** When each was deleted. */
  readonly deletions: Map<string, number>
  /** When a listing was begun. */
  readonly listings: number[]
  /** What came late: when, and what it needs. */
  readonly came: {
    readonly at: number
    readonly kind: Happening['late'][number]['kind']
    readonly needs: readonly Stored[]
    readonly holder: Stored
  }[]
  readonly refusedOf: Set<Stored>
}

/** Makes things happen, and notes the course. */
export function happen({host, nodes}: Built, happening: Happening, policy: RetentionPolicy): Course {
  const course: Course = {deletions: new Map(), listings: [], came: [], refusedOf: new Set()}
  const at = (place: number): Stored => nodes[place % nodes.length]!
  const refused = happening.refused.map(at)
  const waiting = [...happening.late]
  host.hook = (request, nth) => {
    while (waiting[0] !== undefined && waiting[0].at <= nth) {
      const {kind, place} = waiting.shift()!
      comeLate({host, target: at(place), kind, nth}, course)
    }
    if (/\/versions page?.*page=1$|\/versions .*page=1$|tags\/list/.test(request)) course.listings.push(nth)
    const pull = /^GET \/repos\/org\/app\/pulls\/(\d+)$/.exec(request)?.[1]
    if (pull !== undefined)
      return {body: {state: policy.pullRequests.closed.has(Number(pull)) ? 'closed' : 'open'}}
    return hindrance(request, {host, refused, unreadable: unreadableOf(happening, at), course, nth})
  }
  return course
}

function unreadableOf({unreadable}: Happening, at: (place: number) => Stored) {
  return unreadable && {node: at(unreadable.place), status: unreadable.status}
}

interface Hindrance {
  readonly host: SimulatedHost
  readonly refused: readonly Stored[]
  readonly unreadable: {readonly node: Stored; readonly status: 404 | 500} | undefined
  readonly course: Course
  readonly nth: number
}

function hindrance(request: string, parts: Hindrance): ScriptedAnswer | undefined {
  const {host, refused, unreadable, course, nth} = parts
  const reference = /manifests\/(.+)$/.exec(request)?.[1] ?? ''
  if (request.startsWith('DELETE')) {
    const isOf = (one: Stored): boolean => request.endsWith(`/${one.id}`) || reference === one.digest
    const meant = [...host.stored.values()].find(isOf)
    if (meant === undefined) return undefined
    if (!refused.includes(meant)) return void course.deletions.set(meant.digest, nth)
    course.refusedOf.add(meant)
    return {
      status: 409,
      body: {message: 'it is locked', errors: [{code: 'CONFLICT', message: 'it is locked'}]}
    }
  }
  if (unreadable === undefined || !/^(?:GET|HEAD) \/v2/.test(request)) return undefined
  const isIt = reference === unreadable.node.digest || unreadable.node.tags.has(reference)
  // A registry that lists tags says by HEAD where they point; what it cannot give is the manifest.
  if (!isIt || (request.startsWith('HEAD') && unreadable.status === 500)) return undefined
  return {status: unreadable.status, body: {errors: [{code: 'UNKNOWN', message: 'it cannot be had'}]}}
}

interface Latecomer {
  readonly host: SimulatedHost
  readonly target: Stored
  readonly kind: Happening['late'][number]['kind']
  readonly nth: number
}

function comeLate({host, target, kind, nth}: Latecomer, {came}: Course): void {
  if (!host.has(target)) return
  const tag = `late-${nth}-${came.length}`
  const index = (name: string): Stored => host.put({children: [target], tags: [name], age: 0})
  if (kind === 'tag') host.tag(tag, target)
  // It needs nothing but itself where it came before the plan was made.
  if (kind === 'referrer') host.put({subject: target, tags: [tag], age: 0})
  const holder = kind === 'index' ? index(tag) : kind === 'moved latest' ? index('latest') : target
  if (kind !== 'referrer') came.push({at: nth, kind, needs: [target], holder})
}
