import {describe} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {clientSuite} from './client-suite.js'

describeWith(DISTRIBUTION_3, 'the client against distribution 3', () => {
  describe('open', () => clientSuite(() => startDistribution3({auth: 'none'}), {tags: 1100}))
  describe('with htpasswd', () => clientSuite(() => startDistribution3({auth: 'htpasswd'})))
  describe('with tokens', () => clientSuite(() => startDistribution3({auth: 'token'})))
})
