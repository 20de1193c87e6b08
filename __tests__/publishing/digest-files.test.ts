import {describe, expect, it} from '@jest/globals'
import {matchesPattern} from '../../src/patterns/name-pattern.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readDigestFiles} from '../../src/publishing/decide/digest-files.js'
import {failureOf} from '../support/thrown.js'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const file = (name: string, text = '') => ({name, bytes: Buffer.from(text)})

describe('the digests that an artifact hands over', () => {
  it('are the names of its empty files, as Docker documents it', () => {
    expect(readDigestFiles('digests-linux-amd64', [file(A), file(B)])).toEqual([
      parseDigest(`sha256:${A}`),
      parseDigest(`sha256:${B}`)
    ])
  })

  it('may be a record', () => {
    expect(readDigestFiles('x', [file('digest-app', `sha256:${A}`)])).toEqual([`sha256:${A}`])
  })

  it('are not what says where a record comes from', () => {
    const files = [file('digest-app', `sha256:${A}`), file('digest-app.json', '{"schema":1}')]
    expect(readDigestFiles('x', files)).toEqual([`sha256:${A}`])
  })

  it.each([
    ['nothing', [], 'it is empty'],
    ['a file that is named otherwise', [file('digest.txt')], 'record digest.txt: it is empty'],
    ['a name that is too short', [file(A.slice(1))], `record ${A.slice(1)}: it is empty`],
    ['upper case', [file(A.toUpperCase())], 'it is empty'],
    [
      'something in a file that is named by a digest',
      [file(A, 'x')],
      `file ${A} is named by a digest, but holds`
    ],
    ['10 MB', [file('x', 'z'.repeat(10_000_000))], 'record x:']
  ])('are refused for %s, with the name of the artifact', async (_, files, message) => {
    const error = await failureOf(() => readDigestFiles('digests-linux-amd64', files))
    expect(error.code).toBe('RECORD_INVALID')
    expect(error.message).toContain('artifact digests-linux-amd64: ')
    expect(error.message).toContain(message)
    expect(error.message.length).toBeLessThan(500)
  })
})

describe('a pattern of names', () => {
  it.each([
    ['digests-*', 'digests-linux-amd64', true],
    ['digests-*', 'my-digests-x', false],
    ['*', '', true],
    ['a.c', 'abc', false],
    ['(a|b)*', '(a|b)c', true],
    ['a*c*e', 'abcde', true],
    ['exact', 'exactly', false]
  ])('%j fits %j: %s', (pattern, name, fits) => expect(matchesPattern(pattern)(name)).toBe(fits))
})
