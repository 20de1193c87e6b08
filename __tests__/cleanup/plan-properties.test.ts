import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import type {Digest} from '../../src/oci/digest.js'
import {type CleanupPlan, planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import {isComplete} from '../../src/cleanup/policy/inventory-needs.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {judge, walk} from './oracle.js'
import {LazyInventory, MISSING, type World, damagedWorlds, digestAt, policies} from './worlds.js'

const RUNS = Number(process.env['RUNS'] ?? 1000)

/** Plans as the clean-up does: reads what the plan lacks until it lacks nothing. */
function planLazily(world: World, policy: RetentionPolicy): {plan: CleanupPlan; inventory: LazyInventory} {
  const inventory = new LazyInventory(world, policy.superseded)
  for (let round = 0; round < 100; round++) {
    const {plan, needs} = planCleanup(inventory, policy)
    if (isComplete(needs)) return {plan, inventory}
    inventory.supply(needs)
  }
  throw new Error('the plan is never complete')
}

/** Without what no registry has, and nobody has asked for. */
const going = ({waves}: CleanupPlan): Digest[] =>
  waves
    .flat()
    .map(({digest}) => digest)
    .filter(digest => digest !== MISSING)

/** What is seen of a world whose host lists tags only: what tags and what was superseded lead to. */
function visible(world: World, policy: RetentionPolicy): World {
  if (world.isWhole) return world
  const known = world.nodes.flatMap((node, at) =>
    node.tags.length > 0 || policy.superseded.includes(digestAt(at)) ? [at] : []
  )
  const seen = new Set(known.flatMap(at => walk(at, world.nodes)))
  return {
    ...world,
    nodes: world.nodes.map((node, at) =>
      seen.has(at) ? node : {children: [], tags: ['sha256-unseen'], age: node.age}
    )
  }
}

describe('the plan of a clean-up, against a brute-force oracle', () => {
  const check = (property: (world: World, policy: RetentionPolicy) => void): void =>
    fc.assert(fc.property(damagedWorlds, policies, property), {numRuns: RUNS})

  it('never deletes what a tag that stays can reach', () =>
    check((world, policy) => {
      const {plan} = planLazily(world, policy)
      const gone = new Set(going(plan))
      const goneTags = new Set([
        ...plan.tags.map(({tag}): string => tag),
        ...plan.waves.flat().flatMap(({tags}): string[] => [...tags])
      ])
      for (const [at, node] of world.nodes.entries())
        if (node.tags.some(tag => !goneTags.has(tag)))
          for (const reached of walk(at, world.nodes)) expect(gone).not.toContain(digestAt(reached))
    }))

  it('deletes exactly what policy and reach allow', () =>
    check((world, policy) => {
      if (!world.isWhole) return
      const {plan} = planLazily(world, policy)
      const verdict = judge(world, policy)
      expect(new Set(going(plan))).toEqual(new Set([...verdict.deleted].map(digestAt)))
      const tags = [...plan.tags.map(({tag}) => tag), ...plan.waves.flat().flatMap(one => one.tags)]
      expect(new Set<string>(tags)).toEqual(verdict.tags)
    }))

  it('deletes exactly that of what a registry shows that lists tags only', () =>
    check((world, policy) => {
      const seen = visible({...world, isWhole: false}, policy)
      // The subject of what has a tag is found out there: rules about what has none may choose that.
      const isPlain = world.nodes.every(({subject}) => subject === undefined)
      const ghosts = isPlain && policy.ghosts
      const partialImages = isPlain && policy.partialImages
      const none = {untagged: false, orphans: false, orphanedReferrers: false, keepNewestUntagged: undefined}
      const asked = {...policy, ...none, ghosts, partialImages}
      const {plan} = planLazily({...world, isWhole: false}, asked)
      const verdict = judge(seen, asked)
      const allowed = new Set([...verdict.deleted].map(digestAt))
      for (const one of going(plan)) expect(allowed).toContain(one)
      // The subject of a signature may be found out there, and with it an index that keeps more.
      if (isPlain) expect(new Set(going(plan))).toEqual(allowed)
    }))

  it('names each index before its children, and each manifest before what refers to it', () =>
    check((world, policy) => {
      const {plan} = planLazily(world, policy)
      const wave = new Map(
        plan.waves.flatMap((versions, at) => versions.map(({digest}): [Digest, number] => [digest, at]))
      )
      for (const [at, node] of world.nodes.entries())
        for (const other of [...node.children, ...world.nodes.keys()].filter(
          place => node.children.includes(place) || world.nodes[place]!.subject === at
        )) {
          const [first, second] = [wave.get(digestAt(at)), wave.get(digestAt(other))]
          const isKnown = first !== undefined && second !== undefined
          const isRead = !(policy.untagged && world.isWhole)
          if (isKnown && isRead) expect(first).toBeLessThan(second)
        }
    }))
})
