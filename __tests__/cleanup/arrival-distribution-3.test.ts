import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(DISTRIBUTION_3, 'ages on distribution 3', () => {
  // It looks for what an index names among manifests, and refuses one of layers (MANIFEST_BLOB_UNKNOWN, 3.1.2).
  arrivalSuite(startDistribution3, {cacheForms: ['image']})
})
