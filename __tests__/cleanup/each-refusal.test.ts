import {afterAll, beforeAll, expect, it} from '@jest/globals'
import type {Digest} from '../../src/oci/digest.js'
import {hexOf} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {STRIDE, oneOf} from '../faults/fault-bench.js'
import type {ScriptedAnswer} from '../support/scripted-send.js'
import {readWholeTags} from '../support/whole-tags.js'
import {PLACES_IN_ALL, describeEachPlace} from './each-place.js'
import type {Network, Place} from './places.js'
import {type CaseContext, contextOf} from './reported-cases.js'

const VERSIONS = 10
const KEPT = 2
const RULES = {'keep-versions': String(KEPT), 'delete-tags': 'glob:pr-*'}

const REFUSED: ScriptedAnswer = {
  status: 409,
  body: {message: 'Conflict', errors: [{code: 'CONFLICT', message: 'it is locked by a rule'}]}
}

/**
 * Ten versions with signatures, a shared platform, indexes of indexes, and tags that go alone: some sixty manifests.
 * @returns what has to be gone in the end
 */
async function fill({push}: CaseContext): Promise<Digest[]> {
  const shared = await push.image()
  const going: Manifest[] = []
  for (let at = 0; at < VERSIONS; at++) {
    const own = [await push.image(), await push.image(), await push.image()] as const
    const inner = await push.index([...own, ...(at % 3 === 0 ? [shared] : [])])
    const root = at % 4 === 0 ? await push.index([inner, own[0]]) : inner
    await push.tag(root, `1.${at}.0`)
    const signature = await push.image([`sha256-${hexOf(own[0].digest)}.att`])
    if (at >= VERSIONS - KEPT) await push.tag(root, `pr-${at}`)
    else going.push(root, inner, ...own, signature)
  }
  return [...new Set(going.map(({digest}) => digest))]
}

/** Refuses one deletion of a run, counted from 1; 0 refuses none. */
function refusing(nth: number): {readonly network: Network; readonly count: () => number} {
  let count = 0
  return {
    count: () => count,
    network: {instead: ({method}) => (method === 'DELETE' && ++count === nth ? REFUSED : undefined)}
  }
}

/** Tags but those by which clean-ups remember; those of signatures without the digest, which each repository has its own of. */
const tagsAt = async (place: Place, name: string): Promise<string[]> =>
  [...(await readWholeTags(place.baseOf(name))).tags.keys()]
    .filter(tag => !tag.startsWith('image-release-'))
    .map(tag => tag.replace(/[0-9a-f]{64}/, ''))
    .sort()

/** Each deletion with FAULTS=all; else one, another for each host. */
function chosenOf(total: number, turn: number): number[] {
  return STRIDE === 1
    ? Array.from({length: total}, (_, at) => at + 1)
    : [oneOf(total, {turn, of: PLACES_IN_ALL})]
}

/** @param turn the place of the host among all of them, from 0 */
function eachRefusal(open: () => Promise<Place>, turn: number): void {
  let place: Place

  beforeAll(async () => {
    place = await open()
  }, 60_000)
  afterAll(async () => await place.close())

  /** Cleans a repository of its own with one deletion refused. */
  const cleaned = async (nth: number) => {
    const name = `refused-${nth}`
    const context = contextOf(place, name)
    const goes = await fill(context)
    const {network, count} = refusing(nth)
    const run = await place.clean(name, RULES, network)
    const left = async (): Promise<number> => {
      const manifests = goes.map(digest => ({digest}) as Manifest)
      return (await context.areThere(...manifests)).filter(isThere => isThere).length
    }
    return {name, run, left, count: count()}
  }

  it('breaks no tag whichever deletion is refused, fails where something stays, and the next run finishes', async () => {
    const whole = await cleaned(0)
    expect([whole.run.error, await whole.left()]).toEqual([undefined, 0])
    const tags = await tagsAt(place, whole.name)
    expect(tags).toEqual(expect.not.arrayContaining([expect.stringMatching(/^pr-|^1\.[0-7]/)]))
    expect(whole.count).toBeGreaterThan(15)
    for (const nth of chosenOf(whole.count, turn)) {
      const {name, run, left} = await cleaned(nth)
      const isAllGone = (await left()) === 0 && String(await tagsAt(place, name)) === String(tags)
      // What is refused before anything else is touched ends the run.
      const codes = isAllGone ? [undefined] : ['CLEANUP_INCOMPLETE', 'CLEANUP_REFUSED']
      expect({nth, codes}).toEqual({nth, codes: expect.arrayContaining([run.error?.code])})
      expect({nth, faults: (await readWholeTags(place.baseOf(name))).faults}).toEqual({nth, faults: []})
      // An attestation that stayed alone has lost what it refers to, and an index its tag; elsewhere the note names both.
      const untagged = place.listsUntagged ? {untagged: 'true'} : {}
      const again = await place.clean(name, {...RULES, orphans: 'true', ...untagged})
      expect({nth, error: again.error, left: await left()}).toEqual({nth, error: undefined, left: 0})
      expect({nth, tags: await tagsAt(place, name)}).toEqual({nth, tags})
    }
  }, 1_200_000)
}

describeEachPlace('each refused deletion', eachRefusal)
