import {describe, expect, it} from '@jest/globals'
import {parseTag, type Tag} from '../../src/oci/reference.js'
import {aliasesOf, namedVersion} from '../../src/publishing/decide/rollback-plan.js'
import {promotedFacts, promotedTag} from '../../src/publishing/decide/promotion-plan.js'

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

describe('promotedTag', () => {
  const plain = promotedFacts({named: '1.2.3', revision: 'a'})
  const variant = promotedFacts({version: '1.2.3', named: 'v1.2.3-alpine'})
  it.each([
    ['1.2.3', plain, 'immutable'],
    ['1.2', plain, 'forward'],
    ['1', plain, 'forward'],
    ['latest', plain, 'forward'],
    ['1.2.4', plain, 'immutable'],
    ['2.0', plain, 'forward'],
    ['production', plain, 'moving'],
    ['sha-860c190', plain, 'moving'],
    ['v1.2.3-alpine', variant, 'immutable'],
    ['v1.2-alpine', variant, 'forward'],
    ['latest-alpine', variant, 'forward'],
    ['main', variant, 'moving'],
    ['1.2.3', {}, 'immutable'],
    ['1.2', {}, 'forward'],
    ['latest', {}, 'forward'],
    ['stable', {}, 'moving']
  ] as const)('takes %s of %j for %s', (name, facts, expected) => {
    expect(promotedTag(parseTag(name), facts)).toEqual({name, class: expected})
  })
})

describe('promotedFacts', () => {
  it.each([
    [{named: '1.2.3'}, '1.2.3'],
    [{named: 'v1.2.3-alpine'}, '1.2.3'],
    [{version: '1.2.3', named: 'app-1.2.3'}, '1.2.3'],
    [{named: 'main'}, undefined],
    [{}, undefined]
  ])('finds the version of %j: %s', (facts, version) => {
    expect(promotedFacts(facts).version).toBe(version)
  })
})
