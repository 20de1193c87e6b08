import {describeWith} from '../support/components.js'
import {ZOT, startZot} from '../support/registries.js'
import {releaseFaultSuite} from './release-faults.js'

describeWith(ZOT, 'a release on zot, with every request going wrong once', () => {
  releaseFaultSuite(async () => [await startZot(), await startZot()])
})
