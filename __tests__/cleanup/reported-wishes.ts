import {expect} from '@jest/globals'
import type {CaseContext, ReportedCase} from './reported-cases.js'

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
  }
]
