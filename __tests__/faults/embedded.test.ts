import {describe} from '@jest/globals'
import {startEmbedded} from '../support/registries.js'
import {releaseFaultSuite} from './release-faults.js'

describe('a release on the embedded registry, with every request going wrong once', () => {
  releaseFaultSuite({turn: 0, of: 4}, async () => [await startEmbedded(), await startEmbedded()])
})
