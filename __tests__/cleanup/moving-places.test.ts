import {afterAll, beforeAll, expect, it} from '@jest/globals'
import type {Manifest} from '../../src/oci/manifest.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {STRIDE} from '../faults/fault-bench.js'
import {parseTagPattern} from '../../src/patterns/tag-pattern.js'
import {fc} from '../support/random.js'
import {readWholeTags} from '../support/whole-tags.js'
import {describeEachPlace} from './each-place.js'
import {type Happening, happenings, renamed, sayable, textsOf} from './moving-worlds.js'
import type {Network, Place} from './places.js'
import {type CaseContext, contextOf} from './reported-cases.js'
import {HOUR, type World, digestAt, policies, worlds} from './worlds.js'

/** Worlds on each registry and host; the two thousand of moving-worlds are on hosts in memory. */
const RUNS = STRIDE === 1 ? 300 : 10

/** Pushes a world as anybody does. */
async function build({push}: CaseContext, {nodes}: World): Promise<Manifest[]> {
  const made: Manifest[] = []
  for (const {children, subject, tags} of nodes) {
    const named = subject === undefined ? undefined : (made[subject] ?? absent(made[0]))
    const one =
      children.length > 0
        ? await push.index(
            children.map(at => made[at]!),
            [],
            named
          )
        : await push.image([], named === undefined ? {} : {subject: named})
    made.push(one)
    for (const tag of tags) await push.tag(one, renamed(tag, made))
  }
  return made
}

/** What refers to what is not there names this. */
const absent = (like: Manifest | undefined): Manifest => ({
  mediaType: like?.mediaType ?? 'application/vnd.oci.image.manifest.v1+json',
  digest: digestAt(-1),
  bytes: new Uint8Array(1)
})

interface Course {
  readonly network: Network
  /** Tags that came while it was cleaned. */
  readonly came: Set<string>
}

/** Refuses deletions in the host's own way, and has tags come before some of the requests of a clean-up. */
function moving(context: CaseContext, nodes: readonly Manifest[], {refused, late}: Happening): Course {
  const {place, name, push} = context
  const at = (number: number): Manifest => nodes[number % nodes.length]!
  const refusals = refused.map(number => place.refusing(name, at(number).digest))
  const came = new Set<string>()
  const waiting = [...late]
  let count = 0
  const come = async ({kind, place: number}: Happening['late'][number]): Promise<void> => {
    const target = at(number)
    if (!(await context.areThere(target))[0]) return
    const tag = kind === 'moved latest' ? 'latest' : `late-${count}-${came.size}`
    came.add(tag)
    if (kind === 'tag') await push.tag(target, tag)
    else if (kind === 'referrer') await push.image([tag], {subject: target})
    else await push.index([target], [tag])
  }
  return {
    came,
    network: {
      instead: request =>
        refusals.map(({instead}) => instead?.(request)).find(answer => answer !== undefined),
      before: async () => {
        count += 1
        while (waiting[0] !== undefined && waiting[0].at <= count)
          await come(waiting.shift()!).catch(() => undefined)
      }
    }
  }
}

function movingPlaces(open: () => Promise<Place>): void {
  let place: Place
  let serial = 0

  beforeAll(async () => {
    place = await open()
  }, 60_000)
  afterAll(async () => await place.close())

  const cleaned = async (world: World, policy: RetentionPolicy, happening: Happening) => {
    const context = contextOf(place, `moving-${++serial}`)
    const {name} = context
    const nodes = await build(context, world)
    place.pass(1000 * HOUR)
    const {network, came} = moving(context, nodes, happening)
    const texts = textsOf(policy, nodes, place.imageOf(name))
    const run = await place.clean(name, texts, network)
    const superseded = (texts['superseded'] ?? '').split(',')
    return {name, run, came, isPardoned: (one: string) => place.refusesAll && superseded.includes(one)}
  }

  it('leaves every tag whole, or says which is not, and keeps with all its parts what was refused', async () => {
    const met = {deleted: 0, refused: 0, late: 0}
    await fc.assert(
      fc.asyncProperty(worlds, policies, happenings, async (world, given, happening) => {
        const policy = {
          ...sayable(given),
          // GitHub is not asked here which are closed.
          pullRequests: {patterns: [], closed: new Set<number>()},
          deleteTags: [
            ...given.deleteTags,
            ...given.pullRequests.patterns.map(() => parseTagPattern('glob:pr-*'))
          ],
          // Where the host tells no times, only an earlier clean-up knows of any.
          grace: place.tellsTimes ? given.grace : 0
        }
        const {name, run, came, isPardoned} = await cleaned(world, policy, happening)
        const {outputs, error} = run
        const lines = (output: string): string[] => (outputs[output] ?? '').split('\n').filter(Boolean)
        met.deleted += lines('deleted').length
        met.refused += lines('undeleted').length
        met.late += came.size
        const {faults} = await readWholeTags(place.baseOf(name))
        for (const fault of faults) {
          // What comes between the last look and a deletion may lose its part: that is found, and said.
          const tag = fault.split(':')[0]!
          expect([fault, [...came]]).toEqual([fault, expect.arrayContaining([tag])])
          expect([error?.code, error?.message]).toEqual(['VERIFY_FAILED', expect.stringContaining(`:${tag}`)])
        }
        if (!lines('undeleted').every(isPardoned))
          expect(error?.code).toMatch(/CLEANUP_INCOMPLETE|VERIFY_FAILED/)
        else if (faults.length === 0) expect(error?.code ?? 'CLEANUP_REFUSED').toBe('CLEANUP_REFUSED')
        if (error?.code === 'CLEANUP_REFUSED') expect(lines('deleted')).toEqual([])
        expect(place.faults()).toEqual([])
      }),
      {numRuns: RUNS, endOnFailure: true}
    )
    expect(Math.min(met.deleted, met.late)).toBeGreaterThan(0)
  }, 1_200_000)
}

describeEachPlace('worlds that refuse and move', movingPlaces)
