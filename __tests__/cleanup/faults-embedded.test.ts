import {describe} from '@jest/globals'
import {startEmbedded} from '../support/registries.js'
import {cleanupFaultSuite} from './fault-suite.js'

describe('the clean-up on the embedded registry, with every request going wrong once', () => {
  cleanupFaultSuite({turn: 0, of: 3}, startEmbedded)
})
