import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {digestOf} from '../../src/oci/digest.js'
import {formatDigestRecord, parseDigestRecord} from '../../src/contracts/digest-record.js'

const DIGEST = digestOf(new TextEncoder().encode('content'))

describe('a digest record', () => {
  it('is the 71 bytes of the digest', () => {
    expect(formatDigestRecord(DIGEST)).toHaveLength(71)
    expect(parseDigestRecord('r', formatDigestRecord(DIGEST))).toBe(DIGEST)
  })

  it.each([
    ['nothing', '', 'it is empty'],
    ['70 bytes', DIGEST.slice(0, 70), '63 characters follow'],
    ['72 bytes', `${DIGEST}0`, '65 characters follow'],
    ['a line break', `${DIGEST}\n`, 'white space or a line break'],
    ['CRLF', `${DIGEST}\r\n`, 'white space or a line break'],
    ['two lines', `${DIGEST}\n${DIGEST}`, 'more than one word or line'],
    ['upper case', DIGEST.toUpperCase().replace('SHA256', 'sha256'), 'not lower case'],
    ['sha512', `sha512:${'a'.repeat(128)}`, 'the algorithm is sha512'],
    ['bare hex', DIGEST.slice(7), '"sha256:" is missing'],
    ['a byte order mark', `\ufeff${DIGEST}`, 'byte order mark'],
    ['a long text', 'x'.repeat(10_000_000), '"sha256:" is missing']
  ])('with %s is refused by name', (_, text, fault) => {
    const read = (): unknown => parseDigestRecord('digest-app-linux-amd64', new TextEncoder().encode(text))
    expect(read).toThrow(ReleaseError)
    expect(read).toThrow(`record digest-app-linux-amd64: `)
    expect(read).toThrow(fault)
  })
})
