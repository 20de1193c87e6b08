import {describe} from '@jest/globals'
import {startEmbedded} from '../support/registries.js'
import {registrySuite} from './registry-suite.js'

describe('the clean-up on the embedded registry', () => {
  registrySuite({start: startEmbedded})
})
