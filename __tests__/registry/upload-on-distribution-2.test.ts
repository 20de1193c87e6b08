import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {describeWith} from '../support/components.js'
import {uploadSuite} from './upload-suite.js'

describeWith(DISTRIBUTION_2, 'an upload to distribution 2.8', () => {
  uploadSuite(() => startDistribution2({auth: 'token', tokenLifetimeSeconds: 4}), {resumes: false})
})
