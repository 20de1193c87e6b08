import {describeWith} from '../support/components.js'
import {OLAREG, startOlareg} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(OLAREG, 'ages on olareg', () => {
  arrivalSuite(startOlareg)
})
