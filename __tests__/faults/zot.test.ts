import {describeWith} from '../support/components.js'
import {ZOT, startZot} from '../support/registries.js'
import {releaseFaultSuite} from './release-faults.js'

describeWith(ZOT, 'a release on zot, with every request going wrong once', () => {
  releaseFaultSuite({turn: 3, of: 4}, async () => [await startZot(), await startZot()])
})
