import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {registrySuite} from './registry-suite.js'

describeWith(DISTRIBUTION_2, 'the clean-up on distribution 2.8', () => {
  registrySuite({start: startDistribution2, collector: 'docker-registry'})
})
