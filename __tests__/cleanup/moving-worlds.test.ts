import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {judge, walk} from './oracle.js'
import {type World, policies, worlds} from './worlds.js'
import {
  type Built,
  type Course,
  type Happening,
  build,
  happen,
  happenings,
  sayable,
  textsOf
} from './moving-worlds.js'
import {type CleanRun, toldBy} from './simulated-host.js'

const RUNS = 2000

interface Outcome extends Built {
  readonly course: Course
  readonly run: CleanRun
  /** After how many requests the plan was made. */
  readonly planned: number
}

async function cleaned(world: World, policy: RetentionPolicy, happening: Happening): Promise<Outcome> {
  const built = build(world, happening)
  const course = happen(built, happening, policy)
  const ports = built.host.ports()
  let planned = Number.POSITIVE_INFINITY
  const confirm = (): Promise<boolean> => {
    planned = built.host.requests.length
    return Promise.resolve(true)
  }
  const run = await built.host.clean(textsOf(policy, built.nodes), {...ports, confirm})
  return {...built, course, run, planned}
}

/** Whether a deletion came although something that needs what it deleted had come before a listing that came before it. */
function isTooLate(digest: string, since: number, {deletions, listings}: Course): boolean {
  const when = deletions.get(digest)
  return when !== undefined && listings.some(listing => since < listing && listing < when)
}

/**
 * What was deleted of all that a newcomer needs although a look came between. What it points at may be lost in a race, and
 * its parts with it.
 */
function deletedTooLate(
  world: World,
  outcome: Outcome,
  {at, needs, holder}: Course['came'][number]
): string[] {
  const {course, nodes, host} = outcome
  const isLost = needs.some(one => !host.has(one) && !isTooLate(one.digest, at, course))
  const isMovedAway = !host.has(holder) || holder.tags.size === 0
  if (isLost || (isMovedAway && !needs.includes(holder))) return []
  const digests = placesFrom(world, outcome, needs).map(place => nodes[place]!.digest)
  return digests.filter(digest => isTooLate(digest, at, course))
}

/** Places that something leads to which came late or was refused, by walking every path. */
function placesFrom(world: World, {nodes}: Built, from: readonly {readonly digest: string}[]): number[] {
  const places = from.map(one => nodes.findIndex(({digest}) => digest === one.digest))
  return [...new Set(places.flatMap(place => walk(place, world.nodes)))]
}

describe('a clean-up of worlds that refuse and move', () => {
  it('keeps what stays whole, deletes nothing else than its policy, and says what was refused', async () => {
    const met = {refusals: 0, late: 0, failures: 0}
    await fc.assert(
      fc.asyncProperty(worlds, policies, happenings, async (world, given, happening) => {
        const policy = sayable(given)
        const outcome = await cleaned(world, policy, happening)
        const {host, nodes, course, run} = outcome
        met.refusals += course.refusedOf.size
        met.late += happening.late.length
        met.failures += happening.unreadable === undefined ? 0 : 1
        // A race that nobody can see may be lost between the last look and a deletion.
        const isRace = course.came.some(({needs}) =>
          placesFrom(world, outcome, needs).some(place => !host.has(nodes[place]!))
        )
        const ghost =
          happening.unreadable?.status === 404 ? nodes[happening.unreadable.place % nodes.length] : undefined
        if (!isRace && ghost === undefined) expect(await host.broken()).toEqual([])
        // What cannot be pulled leads nowhere, and keeps nothing.
        if (ghost === undefined)
          for (const one of course.came.filter(came => !isChosenAnyway(came, policy, outcome)))
            expect(deletedTooLate(world, outcome, one)).toEqual([])
        for (const place of placesFrom(world, outcome, [...course.refusedOf]))
          if (ghost === undefined) expect(host.has(nodes[place]!)).toBe(true)
        if (course.refusedOf.size > 0) expect(run.error?.code).toMatch(/CLEANUP_INCOMPLETE|VERIFY_FAILED/)
        else if (!isRace && ghost === undefined)
          expect([toldBy(run), run.error]).toEqual([expect.anything(), undefined])
        if (ghost !== undefined || happening.late.length > 0 || !world.isWhole) return
        // What cannot be read goes by its tag alone, whatever it may refer to, and takes along what refers to it.
        const unread =
          happening.unreadable === undefined
            ? []
            : walk(happening.unreadable.place % nodes.length, world.nodes)
        const {deleted} = judge({...world, digests: nodes.map(({digest}) => digest)}, policy)
        const allowed = new Set([...deleted, ...unread])
        const isPlain = happening.unreadable === undefined && course.refusedOf.size === 0
        for (const [place, node] of nodes.entries()) {
          const isGone = !host.has(node)
          if (isPlain) expect([place, isGone]).toEqual([place, deleted.has(place)])
          else if (isGone) expect(allowed).toContain(place)
        }
      }),
      {numRuns: RUNS}
    )
    expect(Math.min(met.refusals, met.late, met.failures)).toBeGreaterThan(100)
  }, 600_000)
})

/** What comes while a repository is read may be chosen like any other: with the others of its image, or by its number. */
function isChosenAnyway(
  {at, kind}: Course['came'][number],
  {
    deleteTags,
    untagged,
    orphans,
    orphanedReferrers,
    wholeImages,
    keepNewest,
    keepNewestUntagged
  }: RetentionPolicy,
  {planned}: Outcome
): boolean {
  const isCounted = keepNewest.length > 0 || keepNewestUntagged !== undefined
  const isAlong = isCounted || (wholeImages && kind === 'tag')
  return (
    (isAlong && at <= planned) ||
    deleteTags.some(({text}) => text === 'glob:*') ||
    untagged ||
    orphans ||
    orphanedReferrers
  )
}
