import {expect} from '@jest/globals'
import {clientOf} from '../support/releases.js'
import {pushCache, pushDated} from './dated-images.js'
import type {CaseContext, ReportedCase} from './reported-cases.js'

const DAY = 24 * 3_600_000

/** Where the host tells no times, a first clean-up writes down what is there. */
async function see({place, name}: CaseContext, rules: Readonly<Record<string, string>>): Promise<void> {
  const {outputs, error} = await place.clean(name, rules)
  expect([error, outputs['deleted']]).toEqual([undefined, ''])
}

/** The part of the table that is about ages: since when something is here, whatever it says of itself. */
export const REPORTED_AGES: readonly ReportedCase[] = [
  {
    title: 'C6: caches of BuildKit go by their age and by their size, in both forms',
    async run({place, name, tags}) {
      const client = clientOf(place.ports, place.imageOf(name))
      // GitHub does not delete the last version of a package.
      await pushCache(client, 'kept', {made: place.now(), form: 'image'})
      for (const form of place.cacheForms)
        await pushCache(client, `cache-old-${form}`, {made: place.now(), form})
      place.pass(18 * DAY)
      for (const form of place.cacheForms)
        await pushCache(client, `cache-new-${form}`, {made: place.now(), form})
      place.pass(2 * DAY)
      const {error} = await place.clean(name, {'cache-tags': 'glob:cache-*', 'cache-age': '14d'})
      expect(error).toBeUndefined()
      expect(await tags()).toEqual([...place.cacheForms.map(form => `cache-new-${form}`), 'kept'])
      const sized = {'cache-tags': 'glob:cache-*', 'cache-age': '90d', 'cache-size': '1'}
      expect((await place.clean(name, sized)).error).toBeUndefined()
      expect(await tags()).toEqual(['kept'])
    }
  },
  {
    title: 'C6: a cache that was pushed just now, of layers of long ago, is as old as the host says it is',
    async run({place, name, tags}) {
      const made = place.now() - 50 * DAY
      const client = clientOf(place.ports, place.imageOf(name))
      await pushCache(client, 'cache-1', {made, form: 'image'})
      await place.clean(name, {'cache-tags': 'glob:cache-*', 'cache-age': '14d'})
      expect(await tags()).toEqual(place.tellsTimes ? ['cache-1'] : [])
    }
  },
  ...[
    ['the date of an old commit', '2024-02-03T04:05:06Z'],
    ['the epoch', '1970-01-01T00:00:00Z'],
    ['no date', undefined]
  ].map(([what, created]): ReportedCase => ({
    title: `C7: an image that was pushed just now and says ${what} stays, and goes when it has been here`,
    async run(context) {
      const {place, name, tags} = context
      const client = clientOf(place.ports, place.imageOf(name))
      await pushDated(client, created, ['pr-1'])
      await pushDated(client, created, ['1.0.0'])
      const rules = {'delete-tags': 'glob:pr-*', 'min-age': '24h'}
      await see(context, rules)
      place.pass(23 * 3_600_000)
      await see(context, rules)
      expect(await tags()).toEqual(['1.0.0', 'pr-1'])
      place.pass(2 * 3_600_000)
      const {error, outputs} = await place.clean(name, rules)
      expect(error).toBeUndefined()
      expect(outputs['deleted']?.split('\n')).toHaveLength(1)
      expect(await tags()).toEqual(['1.0.0'])
    }
  }))
]
