import {expect} from '@jest/globals'
import {indexOf} from '../support/registry-client.js'
import {type CaseContext, type ReportedCase, contextOf} from './reported-cases.js'

const DAY = 24 * 3600 * 1000

/** A first run, by which hosts that tell no times learn what is there; it deletes nothing. */
const lookAt = async ({place, name}: CaseContext, rules: Readonly<Record<string, string>>): Promise<void> => {
  const {error, outputs} = await place.clean(name, rules)
  expect([error, outputs['deleted']]).toEqual([undefined, ''])
}

/** What people had with other programs and missed here (C10 of the table «Clean-up»). */
export const REPORTED_WISHES: readonly ReportedCase[] = [
  {
    title: 'C10: the newest images stay by date, of all and of a pattern',
    async run(context) {
      const {place, name, push, tags} = context
      const rules = {'keep-newest': '1, 1 of glob:pr-*'}
      for (const at of [1, 2]) {
        await push.image([`build-${at}`])
        await push.image([`pr-${at}`])
        if (at === 1) await lookAt(context, rules)
        place.pass(DAY)
      }
      expect((await place.clean(name, rules)).error).toBeUndefined()
      expect(await tags()).toEqual(['build-2', 'pr-2'])
    }
  },
  {
    title: 'C10: an image goes with all its tags, or stays with all of them',
    async run({place, name, push, tags}) {
      await push.image(['pr-1', 'sha-1'])
      await push.image(['pr-2', 'stable'])
      const rules = {'delete-tags': 'glob:pr-*', 'keep-tags': 'stable', 'whole-images': 'true'}
      expect((await place.clean(name, rules)).error).toBeUndefined()
      expect(await tags()).toEqual(['pr-2', 'stable'])
    }
  },
  {
    title: 'C10: an image that is named by its digest stays with all its tags',
    async run({place, name, push, areThere, tags}) {
      const pinned = await push.image(['a', 'b'])
      const other = await push.image(['c'])
      const {error} = await place.clean(name, {'delete-tags': 'glob:*', 'keep-images': pinned.digest})
      expect(error).toBeUndefined()
      expect(await areThere(pinned, other)).toEqual([true, false])
      expect(await tags()).toEqual(['a', 'b'])
    }
  },
  {
    title: 'C10: each rule has an age of its own',
    async run(context) {
      const {place, name, push, tags} = context
      await push.image(['pr-1'])
      await push.image(['dev-1'])
      await push.image(['main'])
      const rules = {'delete-tags': 'glob:pr-* older than 30d, glob:dev-* older than 2w'}
      await lookAt(context, rules)
      place.pass(20 * DAY)
      expect((await place.clean(name, rules)).error).toBeUndefined()
      expect(await tags()).toEqual(['main', 'pr-1'])
      place.pass(11 * DAY)
      expect((await place.clean(name, rules)).error).toBeUndefined()
      expect(await tags()).toEqual(['main'])
    }
  },
  {
    title: 'C10: so many untagged images stay where they are listed; elsewhere it is said that they are not',
    async run({place, name, push, areThere}) {
      const untagged = []
      for (let at = 0; at < 3; at++) {
        untagged.push(await push.index([await push.image()]))
        place.pass(DAY)
      }
      await push.image(['main'])
      const {error} = await place.clean(name, {'keep-newest-untagged': '2'})
      expect(error?.code).toBe(place.listsUntagged ? undefined : 'CLEANUP_REFUSED')
      expect(await areThere(...untagged)).toEqual([!place.listsUntagged, true, true])
    }
  },
  {
    title: 'C10: every tag is read through its platforms, and nothing is deleted',
    async run({place, name, push, areThere}) {
      const loose = await push.image()
      await push.index([await push.image(), await push.image()], ['1.0.0'])
      const deleted: string[] = []
      const {error} = await place.clean(
        name,
        {validate: 'true'},
        {
          // Whether it may be deleted at all is asked by a digest that is nowhere.
          after: ({method, url}, status) =>
            Promise.resolve(method === 'DELETE' && status !== 404 ? deleted.push(url.pathname) : 0)
        }
      )
      expect([error, deleted]).toEqual([undefined, []])
      expect(await areThere(loose)).toEqual([true])
    }
  },
  {
    title: 'C10: ghosts and partial images are named where every tag is read, and go by their rules',
    async run(context) {
      const {place, name, areThere, tags} = context
      const {ghost, partial, whole} = await damagedImages(context)
      const read = await place.clean(name, {validate: 'true'})
      expect(read.error?.code).toBe('VERIFY_FAILED')
      for (const {tag, lost} of [ghost, partial])
        for (const {digest} of lost)
          expect(read.error?.message).toMatch(new RegExp(`:${tag} reaches what is not there: .*${digest}`))
      expect(await tags()).toEqual(['1.0.0', 'ghost', 'partial'])

      const first = await place.clean(name, {'ghost-images': 'true'})
      // The partial one is broken all the same, and said to be.
      expect(first.error?.code).toBe('VERIFY_FAILED')
      expect(first.error?.message).toContain(':partial reaches what is not there')
      expect(first.error?.message).not.toContain(':ghost')
      expect(await tags()).toEqual(['1.0.0', 'partial'])

      expect((await place.clean(name, {'partial-images': 'true'})).error).toBeUndefined()
      expect(await tags()).toEqual(['1.0.0'])
      expect(await areThere(ghost.index, partial.index, ...partial.left, ...whole)).toEqual([
        false,
        false,
        false,
        true,
        true
      ])
    }
  },
  {
    title: 'C10: a damaged image stays where its tag is kept, and where it is younger than its rule says',
    async run(context) {
      const {place, name, tags} = context
      await damagedImages(context)
      const kept = await place.clean(name, {
        'ghost-images': 'true',
        'partial-images': 'true',
        'keep-tags': 'ghost, partial'
      })
      expect([kept.error?.code, kept.outputs['deleted']]).toEqual([undefined, ''])
      const young = {'ghost-images': 'true', 'partial-images': 'true', 'older-than': '2d'}
      await lookAt(context, young)
      expect(await tags()).toEqual(['1.0.0', 'ghost', 'partial'])
      place.pass(3 * DAY)
      expect((await place.clean(name, young)).error).toBeUndefined()
      expect(await tags()).toEqual(['1.0.0'])
    }
  },
  {
    title: 'C10: several packages go by a pattern with their owner; where none lists them, by their names',
    async run({place, name}) {
      const names = ['a', 'b', 'base'].map(end => `${name}-${end}`)
      const packages = names.map(one => contextOf(place, one))
      for (const {push} of packages) for (const tag of ['1.0.0', 'pr-1']) await push.image([tag])
      const left = async () => await Promise.all(packages.map(async one => (await one.tags()).join(' ')))
      const [all, one] = [place.imageOf(`${name}-*`), place.imageOf(`${name}-base`)]
      const rules = {'delete-tags': 'glob:pr-*', images: ''}
      const run = await place.clean(name, {...rules, packages: `${all}, !${one}`})
      const [cleaned, whole] = ['1.0.0', '1.0.0 pr-1']
      if (!place.listsPackages) {
        expect(run.error?.code).toBe('INPUT_INVALID')
        expect(run.error?.message).toMatch(/^packages: .*name each in images/)
        expect(await left()).toEqual([whole, whole, whole])
        const images = names
          .slice(0, 2)
          .map(one => place.imageOf(one))
          .join()
        expect((await place.clean(name, {...rules, images})).error).toBeUndefined()
      } else expect(run.error).toBeUndefined()
      expect(await left()).toEqual([cleaned, cleaned, whole])
    }
  }
]

/** One image that lost all of its platforms, one that lost one of two, and a whole one. */
async function damagedImages({place, name, push}: CaseContext) {
  const whole = [await push.image()]
  whole.push(await push.index(whole, ['1.0.0']))
  const images = [await push.image(), await push.image(), await push.image(), await push.image()] as const
  const ghost = {tag: 'ghost', index: indexOf(images[0], images[1]), lost: images.slice(0, 2), left: []}
  const partial = {
    tag: 'partial',
    index: indexOf(images[2], images[3]),
    lost: [images[2]],
    left: [images[3]]
  }
  for (const damaged of [ghost, partial]) await place.putDamaged(name, damaged)
  return {ghost, partial, whole}
}
