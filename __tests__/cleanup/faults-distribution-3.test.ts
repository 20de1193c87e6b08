import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {cleanupFaultSuite} from './fault-suite.js'

describeWith(DISTRIBUTION_3, 'the clean-up on distribution 3, with every request going wrong once', () => {
  cleanupFaultSuite({turn: 2, of: 3}, startDistribution3)
})
