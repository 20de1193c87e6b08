import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {rollbackSuite} from './rollback-suite.js'

describeWith(DISTRIBUTION_2, 'rollback-release on distribution 2.8', () => {
  rollbackSuite(async () => [await startDistribution2(), await startDistribution2()])
})
