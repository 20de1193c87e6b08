import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {readWholeTags} from '../support/whole-tags.js'
import {describeEachPlace} from './each-place.js'
import type {Place} from './places.js'
import {REPORTED_AGES} from './reported-ages.js'
import {REPORTED_CASES, contextOf} from './reported-cases.js'
import {REPORTED_WISHES} from './reported-wishes.js'

function reported(open: () => Promise<Place>): void {
  let place: Place

  beforeAll(async () => {
    place = await open()
  }, 60_000)
  afterAll(async () => await place.close())

  it.each(
    [...[...REPORTED_CASES, ...REPORTED_AGES, ...REPORTED_WISHES].entries()].map(([at, one]) => ({
      ...one,
      name: `case-${at}`
    }))
  )(
    '$title',
    async ({run, name}) => {
      await run(contextOf(place, name))
      expect((await readWholeTags(place.baseOf(name))).faults).toEqual([])
      expect(place.faults()).toEqual([])
    },
    60_000
  )
}

describeEachPlace('reported of clean-ups', reported)
