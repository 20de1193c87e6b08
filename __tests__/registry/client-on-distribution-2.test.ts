import {describe} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, startDistribution2} from '../support/registries.js'
import {clientSuite} from './client-suite.js'

describeWith(DISTRIBUTION_2, 'the client against distribution 2.8', () => {
  describe('open', () =>
    clientSuite(() => startDistribution2({auth: 'none', relativeLocations: false}), {tags: 1100}))
  describe('with htpasswd', () => clientSuite(() => startDistribution2({auth: 'htpasswd'})))
  describe('with tokens', () => clientSuite(() => startDistribution2({auth: 'token'})))
})
