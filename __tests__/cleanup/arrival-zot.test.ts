import {describeWith} from '../support/components.js'
import {ZOT, startZot} from '../support/registries.js'
import {arrivalSuite} from './arrival-suite.js'

describeWith(ZOT, 'ages on zot', () => {
  // It drops a manifest by itself when its last tag moves on, with its own collection switched off, too.
  arrivalSuite(startZot, {keepsReplaced: false})
})
