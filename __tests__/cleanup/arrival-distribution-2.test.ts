import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(DISTRIBUTION_2, 'ages on distribution 2.8', () => {
  arrivalSuite(startDistribution2)
})
