import {describe} from '@jest/globals'
import {startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientSuite} from './client-suite.js'

describe('the client against the embedded registry', () => {
  describe('open', () => clientSuite(() => startEmbedded(), {tags: 1100}))
  describe('with Basic', () => clientSuite(() => startEmbeddedWith('basic')))
  describe('with tokens', () => clientSuite(() => startEmbeddedWith('token')))
  describe('with relative locations and small pages', () =>
    clientSuite(() => startEmbeddedWith('token', {relativeLocations: true, pageSize: 10})))
})
