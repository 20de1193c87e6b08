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
import {type Place, ghcrPlace, hubPlace, registryPlace} from './places.js'

/** Every registry and host that is cleaned, with the programs that it needs. */
const PLACES: readonly (readonly [string, readonly string[], () => Promise<Place>])[] = [
  ['the embedded registry', [], async () => await registryPlace(startEmbedded)],
  // It refuses an index of layers (MANIFEST_BLOB_UNKNOWN, 3.1.2).
  [
    'distribution 3',
    DISTRIBUTION_3,
    async () => await registryPlace(startDistribution3, {cacheForms: ['image']})
  ],
  ['distribution 2.8', DISTRIBUTION_2, async () => await registryPlace(startDistribution2)],
  ['olareg', OLAREG, async () => await registryPlace(startOlareg)],
  ['zot', ZOT, async () => await registryPlace(startZot, {keepsChildren: true})],
  ['GHCR', [], ghcrPlace],
  ['Docker Hub', [], hubPlace]
]

/** How many there are. */
export const PLACES_IN_ALL = PLACES.length

/**
 * A suite on each of them, as far as its programs are there.
 * @param suite is given the number of the place, from 0
 */
export function describeEachPlace(
  title: string,
  suite: (open: () => Promise<Place>, turn: number) => void
): void {
  for (const [turn, [name, programs, open]] of PLACES.entries())
    describeWith(programs, `${title}, on ${name}`, () => suite(open, turn))
}
