import {describeWith} from '../support/components.js'
import {OLAREG, startOlareg} from '../support/registries.js'
import {raceSuite} from './races.js'

describeWith(OLAREG, 'releases at once on olareg', () => {
  raceSuite({turn: 4, of: 5}, async () => [await startOlareg(), await startOlareg()])
})
