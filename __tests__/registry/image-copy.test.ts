import {describe} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  startDistribution2,
  startDistribution3,
  startEmbeddedWith,
  startOlareg
} from '../support/registries.js'
import {copySuite} from './copy-suite.js'

describe('a copy on the embedded registry', () => copySuite(() => startEmbeddedWith('token')))
describeWith(DISTRIBUTION_3, 'a copy on distribution 3', () =>
  copySuite(() => startDistribution3({auth: 'token'}))
)
describeWith(DISTRIBUTION_2, 'a copy on distribution 2.8', () =>
  copySuite(() => startDistribution2({auth: 'htpasswd'}))
)
describeWith(OLAREG, 'a copy on olareg', () => copySuite(startOlareg))
