import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {
  DIGEST_LENGTH,
  digestOf,
  hexDigest,
  hexOf,
  isDigest,
  parseDigest,
  shortDigest
} from '../../src/oci/digest.js'
import {failureOf} from '../support/thrown.js'

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('a digest', () => {
  it('is that of the bytes', () => {
    expect(digestOf(new Uint8Array())).toBe(`sha256:${HEX}`)
    expect(digestOf(Buffer.from('{}'))).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    )
  })

  it('has as many bytes as a record', () => {
    expect(Buffer.byteLength(parseDigest(`sha256:${HEX}`))).toBe(DIGEST_LENGTH)
  })

  it('gives its hex digits, and 12 of them for people', () => {
    const digest = hexDigest(HEX)
    expect(hexOf(digest)).toBe(HEX)
    expect(shortDigest(digest)).toBe('e3b0c44298fc')
  })

  it.each([
    ['nothing', '', 'it is empty'],
    ['a byte order mark', `\ufeffsha256:${HEX}`, 'byte order mark'],
    ['a line break behind', `sha256:${HEX}\n`, 'line break'],
    ['a carriage return', `sha256:${HEX}\r`, 'line break'],
    ['two lines', `sha256:${HEX}\nsha256:${HEX}`, 'line break'],
    ['a space in front', ` sha256:${HEX}`, 'white space'],
    ['a space behind', `sha256:${HEX} `, 'white space'],
    ['upper-case digits', `sha256:${HEX.toUpperCase()}`, 'not lower case'],
    ['another algorithm', `sha512:${HEX}${HEX}`, 'the algorithm is sha512, not sha256'],
    ['an upper-case algorithm', `SHA256:${HEX}`, 'the algorithm is SHA256, not sha256'],
    ['no algorithm', HEX, '"sha256:" is missing in front'],
    ['one digit less', `sha256:${HEX.slice(1)}`, '63 characters follow'],
    ['one digit more', `sha256:${HEX}0`, '65 characters follow'],
    ['no digits', 'sha256:', '0 characters follow'],
    ['a letter that is no digit', `sha256:g${HEX.slice(1)}`, '"g" is not a hex digit'],
    ['a reference', `ghcr.io/o/a@sha256:${HEX}`, '"sha256:" is missing in front']
  ])('is not one with %s', async (_, text, fault) => {
    expect(isDigest(text)).toBe(false)
    const error = await failureOf(() => parseDigest(text))
    expect(error.code).toBe('DIGEST_INVALID')
    expect(error.message).toContain(fault)
    expect(error.hint).toContain('64 lower-case hex digits')
  })

  it('is shown shortened where it is long, without line breaks', async () => {
    const {message} = await failureOf(() => parseDigest('x\n'.repeat(5000)))
    expect(message.length).toBeLessThan(300)
    expect(message).not.toContain('\n')
  })

  it('of any bytes can be read back', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => parseDigest(digestOf(bytes)) === digestOf(bytes)))
  })

  it('is nothing but 71 characters of one form', () => {
    fc.assert(
      fc.property(
        fc.string(),
        text => isDigest(text) === /^sha256:[0-9a-f]{64}$/.test(text) && !isDigest(`${text}\n`)
      )
    )
  })
})
