import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {releaseFaultSuite} from './release-faults.js'

describeWith(DISTRIBUTION_3, 'a release on distribution 3, with every request going wrong once', () => {
  releaseFaultSuite({turn: 2, of: 4}, async () => [await startDistribution3(), await startDistribution3()])
})
