import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(DISTRIBUTION_3, 'ages on distribution 3', () => {
  arrivalSuite(startDistribution3)
})
