import {expect} from '@jest/globals'
import {parseTag} from '../../src/oci/reference.js'
import {type CleanupPlan, planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import type {Content, StoredManifest, Inventory} from '../../src/cleanup/policy/inventory.js'
import {isComplete} from '../../src/cleanup/policy/inventory-needs.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {parseTagPattern} from '../../src/patterns/tag-pattern.js'
import {DAY, NOW, digest, noPolicy} from './worlds.js'

/** One manifest, as a test writes it: others by their names. */
export interface Node {
  readonly tags?: readonly string[]
  readonly children?: readonly string[]
  readonly subject?: string
  readonly unreadable?: readonly string[] | 'blind'
  /** Listed, but not there. */
  readonly isMissing?: true
  /** Days before now; undefined for an age that nobody knows. */
  readonly age?: number | undefined
  readonly size?: number
}

/** A repository whose host lists everything, with names for digests. */
export function inventoryOf(nodes: Readonly<Record<string, Node>>, more: Partial<Inventory> = {}): Inventory {
  const entries = Object.entries(nodes).map(([name, node]) => [digest(name), heldOf(name, node)] as const)
  return {
    versions: new Map(entries),
    isWhole: true,
    lost: [],
    absent: new Set(),
    present: new Set(),
    referrers: new Map(),
    hasReferrersApi: false,
    aged: new Set(entries.map(([one]) => one)),
    ...more
  }
}

/** What the inventory of such a repository holds of one manifest. */
export function heldOf(name: string, node: Node): StoredManifest {
  const age = 'age' in node ? node.age : 90
  return {
    digest: digest(name),
    tags: (node.tags ?? []).map(parseTag),
    content: contentOf(node),
    ...(age === undefined ? {} : {pushed: NOW - age * DAY}),
    ...(node.size === undefined ? {} : {size: node.size})
  }
}

function contentOf({children, subject, unreadable, isMissing}: Node): Content {
  const named = subject === undefined ? {} : {subject: digest(subject)}
  if (unreadable === 'blind') return {kind: 'unreadable', reason: 'no manifest'}
  if (unreadable !== undefined) {
    const missing = isMissing === undefined ? {} : {isMissing}
    return {kind: 'unreadable', reason: 'no manifest', mentions: unreadable.map(digest), ...missing}
  }
  return children === undefined
    ? {kind: 'leaf', isRead: true, ...named}
    : {kind: 'index', children: children.map(digest), ...named}
}

/** The plan of such a repository, which has to lack nothing. */
export function plan(nodes: Readonly<Record<string, Node>>, policy: Partial<RetentionPolicy>): CleanupPlan {
  const {plan: made, needs} = planCleanup(inventoryOf(nodes), noPolicy(policy))
  expect(isComplete(needs)).toBe(true)
  return made
}

/** The names of what goes, wave by wave. */
export function waves({waves: all}: CleanupPlan, nodes: Readonly<Record<string, Node>>): string[][] {
  const names = new Map(Object.keys(nodes).map(name => [digest(name), name]))
  return all.map(wave => wave.map(one => names.get(one.digest) ?? '').sort())
}

/** Every tag that goes, with its manifest or alone. */
export const tagsOf = (made: CleanupPlan): string[] =>
  [...made.tags.map(({tag}) => tag), ...made.waves.flat().flatMap(({tags}) => tags)].sort()

/** A repository of one image a tag. */
export const tagged = (...tags: readonly string[]): Record<string, Node> =>
  Object.fromEntries(tags.map(tag => [tag, {tags: [tag]}]))

export const patterns = (...texts: readonly string[]) => texts.map(parseTagPattern)
