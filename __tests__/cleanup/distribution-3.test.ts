import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {registrySuite} from './registry-suite.js'

describeWith(DISTRIBUTION_3, 'the clean-up on distribution 3', () => {
  registrySuite({start: startDistribution3, collector: 'registry3'})
})
