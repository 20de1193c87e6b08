import {describe, expect, it} from '@jest/globals'
import type {Tag} from '../../src/oci/reference.js'
import {aliasesOf, namedVersion} from '../../src/publishing/decide/rollback-plan.js'

const tags = 'latest latest-alpine 1 1.2 1.20 1.3 1.2.3 1.2.4 1-alpine 1.2-alpine 1.2.3-alpine v1 v1.2 2 main'
  .split(' ')
  .map(tag => tag as Tag)

describe('the aliases of a version', () => {
  it.each([
    ['1.2.3', {named: '1.2.3'}, 'latest 1 1.2 v1 v1.2'],
    ['v1.2.3', {named: 'v1.2.3', version: '1.2.3'}, 'latest v1 v1.2'],
    ['1.2.3-alpine', {named: '1.2.3-alpine', version: '1.2.3'}, 'latest-alpine 1-alpine 1.2-alpine'],
    ['1.2.3', {}, 'latest 1 1.2 v1 v1.2']
  ])('of %s, which says %j, are %s', (tag, facts, expected) => {
    expect(aliasesOf(tags, namedVersion(tag as Tag, facts)).join(' ')).toBe(expected)
  })

  it.each([
    ['1.2', {named: '1.2.3'}],
    ['1', {}],
    ['1.2.3-rc.1', {named: '1.2.3-rc.1'}],
    ['main', {version: '1.2.3'}]
  ])('are not asked for by %s, which says %j', (tag, facts) => {
    expect(() => namedVersion(tag as Tag, facts)).toThrow(/does not name a stable version/)
  })
})
