import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  ZOT,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startOlareg,
  startZot
} from '../support/registries.js'
import {readWholeTags} from '../support/whole-tags.js'
import {type Place, ghcrPlace, hubPlace, registryPlace} from './places.js'
import {REPORTED_AGES} from './reported-ages.js'
import {REPORTED_CASES, contextOf} from './reported-cases.js'

function reported(open: () => Promise<Place>): void {
  let place: Place

  beforeAll(async () => {
    place = await open()
  }, 60_000)
  afterAll(async () => await place.close())

  it.each(
    [...[...REPORTED_CASES, ...REPORTED_AGES].entries()].map(([at, one]) => ({...one, name: `case-${at}`}))
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

describe('reported of clean-ups, on the embedded registry', () =>
  reported(async () => await registryPlace(startEmbedded)))
describeWith(DISTRIBUTION_3, 'reported of clean-ups, on distribution 3', () =>
  // It refuses an index of layers (MANIFEST_BLOB_UNKNOWN, 3.1.2).
  reported(async () => await registryPlace(startDistribution3, ['image']))
)
describeWith(DISTRIBUTION_2, 'reported of clean-ups, on distribution 2.8', () =>
  reported(async () => await registryPlace(startDistribution2))
)
describeWith(OLAREG, 'reported of clean-ups, on olareg', () =>
  reported(async () => await registryPlace(startOlareg))
)
describeWith(ZOT, 'reported of clean-ups, on zot', () => reported(async () => await registryPlace(startZot)))
describe('reported of clean-ups, on GHCR', () => reported(ghcrPlace))
describe('reported of clean-ups, on Docker Hub', () => reported(hubPlace))
