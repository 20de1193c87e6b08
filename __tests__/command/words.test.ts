import {describe, expect, it} from '@jest/globals'
import {parseKeyValue} from '../../src/command/key-value.js'
import {nearest} from '../../src/shared/did-you-mean.js'
import {parseRegistryLogin} from '../../src/registry/auth/registry-credential.js'
import {failureOf} from '../support/thrown.js'

describe('the nearest word', () => {
  const words = ['compute-tags', 'merge-manifest', 'verify-release']
  it.each([
    ['merge-manifests', 'merge-manifest'],
    ['merg-manifest', 'merge-manifest'],
    ['compute-tag', 'compute-tags'],
    ['computetags', 'compute-tags'],
    ['verify', undefined],
    ['x', undefined],
    ['', undefined]
  ])('to %p is %p', (word, expected) => {
    expect(nearest(word, words)).toBe(expected)
  })

  it('to a slip in any case of letters is the word', () => {
    expect(nearest('COMPUTE-TAGS', words)).toBe('compute-tags')
  })

  it('of none is none, and of short ones is not just any', () => {
    expect(nearest('x', [])).toBeUndefined()
    expect(nearest('x', ['on', 'no'])).toBeUndefined()
  })
})

describe('key=value', () => {
  it.each([
    ['a=b', ['a', 'b']],
    ['a = b ', ['a', 'b']],
    ['a=b=c', ['a', 'b=c']],
    ['a=', ['a', '']]
  ])('%p', (line, expected) => {
    expect(parseKeyValue(line)).toEqual(expected)
  })

  it.each(['', 'a', '=', '=b', ' =b'])('is not %p', async line => {
    expect(await failureOf(() => parseKeyValue(line))).toMatchObject({code: 'INPUT_INVALID'})
  })
})

describe('a login', () => {
  it.each([
    ['ghcr.io=me:pass', {registry: 'ghcr.io', username: 'me', password: 'pass'}],
    ['index.docker.io=me:a:b=c d', {registry: 'docker.io', username: 'me', password: 'a:b=c d'}],
    ['localhost:5000=me:#', {registry: 'localhost:5000', username: 'me', password: '#'}],
    ['ghcr.io=me@mail.example:x', {registry: 'ghcr.io', username: 'me@mail.example', password: 'x'}]
  ])('%#', (line, expected) => {
    expect(parseRegistryLogin(line)).toEqual(expected)
  })

  it.each(['secret', 'ghcr.io', 'ghcr.io=me', '=me:secret', 'https://ghcr.io=me:secret'])(
    'is not of another form, and is not shown',
    async line => {
      const error = await failureOf(() => parseRegistryLogin(line))
      expect(error.code).toMatch(/INPUT_INVALID|REFERENCE_INVALID/)
      expect(error.message).not.toContain('secret"')
      expect(error.message).not.toContain(':secret')
    }
  )
})
