import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {describeWith} from '../support/components.js'
import {uploadSuite} from './upload-suite.js'

describeWith(DISTRIBUTION_3, 'an upload to distribution 3', () => {
  uploadSuite(() => startDistribution3({auth: 'token', tokenLifetimeSeconds: 4}), {resumes: true})
})
