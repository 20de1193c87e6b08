import {describe, expect, it} from '@jest/globals'
import fc from 'fast-check'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {type Tag, parseTag} from '../../src/oci/reference.js'
import {
  type CleanupPolicy,
  type Inventory,
  type InventoryNode,
  planCleanup
} from '../../src/release/cleanup-plan.js'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const OLD = Date.parse('2026-01-01T00:00:00Z')
const digest = (name: string): Digest => digestOf(new TextEncoder().encode(name))

/** A repository as a test writes it: tags, and for each node its children and referrers, by name. */
function inventory(
  tags: Readonly<Record<string, string>>,
  nodes: Readonly<Record<string, {children?: string[]; referrers?: string[]; created?: number}>>
): Inventory {
  const entries = Object.entries(nodes).map(
    ([name, {children = [], referrers = [], created = OLD}]): [Digest, InventoryNode] => [
      digest(name),
      {digest: digest(name), children: children.map(digest), referrers: referrers.map(digest), created}
    ]
  )
  const tagged = Object.entries(tags).map(([tag, name]): [Tag, Digest] => [parseTag(tag), digest(name)])
  return {tags: new Map(tagged), nodes: new Map(entries)}
}

const policy = (more: Partial<CleanupPolicy> = {}): CleanupPolicy => ({
  superseded: [digest('old')],
  keepVersions: 0,
  minAge: 86_400_000,
  now: NOW,
  ...more
})

const TWO = {
  old: {children: ['old-amd64', 'shared'], referrers: ['old-signature']},
  'old-amd64': {},
  'old-signature': {},
  new: {children: ['new-amd64', 'shared']},
  'new-amd64': {},
  shared: {}
}

describe('planCleanup', () => {
  it('deletes what was superseded with what only it reaches, the index first', () => {
    const plan = planCleanup(inventory({latest: 'new'}, TWO), policy())
    expect(plan.manifests.map(entry => entry.digest)[0]).toBe(digest('old'))
    expect(new Set(plan.manifests.map(entry => entry.digest))).toEqual(
      new Set(['old', 'old-amd64', 'old-signature'].map(digest))
    )
  })

  it.each([
    ['a tag points at it', {latest: 'new', '1.0.0': 'old'}, {}, 'still tagged 1.0.0'],
    ['it is too young', {latest: 'new'}, {old: {children: [], created: NOW - 1000}}, 'too young'],
    ['it names no time', {latest: 'new'}, {old: {children: [], created: Number.NaN}}, 'too young'],
    ['a kept index holds it', {latest: 'new'}, {new: {children: ['old']}}, 'reached by what stays']
  ])('keeps it where %s', (_, tags, more, reason) => {
    const plan = planCleanup(inventory(tags, {...TWO, ...more}), policy())
    expect(plan.manifests).toEqual([])
    expect(plan.kept).toEqual([
      expect.objectContaining({digest: digest('old'), reason: expect.stringContaining(reason)})
    ])
  })

  it('does not take a fallback tag of a signature as a reason to keep', () => {
    const tags = {latest: 'new', [`sha256-${'a'.repeat(64)}.sig`]: 'old'}
    expect(planCleanup(inventory(tags, TWO), policy()).manifests).not.toEqual([])
  })

  it('keeps the newest versions, and lets aliases of older ones go with them', () => {
    const tags = {
      latest: 'c',
      '1.2.0': 'c',
      '1.2': 'c',
      '1.1.0': 'b',
      '1.1': 'b',
      '1.0.0': 'a',
      '1.0': 'a',
      main: 'm'
    }
    const nodes = {a: {}, b: {}, c: {}, m: {}}
    const plan = planCleanup(inventory(tags, nodes), policy({superseded: [], keepVersions: 2}))
    expect(plan.tags).toEqual(['1.0.0', '1.0'])
    expect(plan.manifests.map(entry => entry.digest)).toEqual([digest('a')])
  })

  it('never deletes what a kept tag reaches, and all that policy and reach allow', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const world = fc.record({
      links: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.boolean()), {
        maxLength: 12
      }),
      tags: fc.dictionary(
        fc.constantFrom('latest', '1.0.0', '1.1.0', '2.0.0', 'main', '1.0'),
        fc.constantFrom(...names)
      ),
      superseded: fc.uniqueArray(fc.constantFrom(...names)),
      young: fc.uniqueArray(fc.constantFrom(...names)),
      keepVersions: fc.nat(2)
    })
    fc.assert(
      fc.property(world, ({links, tags, superseded, young, keepVersions}) => {
        const linksOf = (from: string, isReferrer: boolean): string[] =>
          links
            .filter(([parent, child, kind]) => parent === from && parent !== child && kind === isReferrer)
            .map(([, to]) => to)
        const nodes = Object.fromEntries(
          names.map(name => [
            name,
            {
              children: linksOf(name, false),
              referrers: linksOf(name, true),
              created: young.includes(name) ? NOW : OLD
            }
          ])
        )
        const held = inventory(tags, nodes)
        const plan = planCleanup(held, policy({superseded: superseded.map(digest), keepVersions}))
        const gone = new Set(plan.manifests.map(entry => entry.digest))
        const kept = Object.entries(tags).filter(([tag]) => !plan.tags.includes(parseTag(tag)))
        for (const [, name] of kept)
          for (const reached of bruteForce(name, nodes)) expect(gone).not.toContain(digest(reached))
        const stays = new Set(
          [...kept.map(([, name]) => name), ...young].flatMap(name => bruteForce(name, nodes))
        )
        for (const name of superseded) if (!stays.has(name)) expect(gone).toContain(digest(name))
      }),
      {numRuns: 500}
    )
  })
})

/** Everything that can be reached, by walking every path. */
function bruteForce(
  name: string,
  nodes: Readonly<Record<string, {children: string[]; referrers: string[]}>>,
  seen: string[] = []
): string[] {
  if (seen.includes(name)) return []
  const next = [...(nodes[name]?.children ?? []), ...(nodes[name]?.referrers ?? [])]
  return [name, ...next.flatMap(to => bruteForce(to, nodes, [...seen, name]))]
}
