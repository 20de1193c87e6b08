import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {cleanupFaultSuite} from './fault-suite.js'

describeWith(DISTRIBUTION_2, 'the clean-up on distribution 2.8, with every request going wrong once', () => {
  cleanupFaultSuite({turn: 1, of: 3}, startDistribution2)
})
