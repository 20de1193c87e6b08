import {describe} from '@jest/globals'
import {startEmbedded} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describe('ages on the embedded registry', () => {
  arrivalSuite(startEmbedded)
})
