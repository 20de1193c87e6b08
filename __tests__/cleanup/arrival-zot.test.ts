import {describeWith} from '../support/components.js'
import {ZOT, startZot} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(ZOT, 'ages on zot', () => {
  arrivalSuite(startZot)
})
