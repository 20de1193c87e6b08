import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {releaseFaultSuite} from './release-faults.js'

describeWith(DISTRIBUTION_2, 'a release on distribution 2.8, with every request going wrong once', () => {
  releaseFaultSuite({turn: 1, of: 4}, async () => [await startDistribution2(), await startDistribution2()])
})
