import {describe, expect, it} from '@jest/globals'
import {compareInEnglish} from '../../src/shared/english-order.js'
import {fc} from '../support/random.js'

const PRINTABLE = Array.from({length: 95}, (_, index) => String.fromCharCode(32 + index))

describe('the order of English', () => {
  it('is that of localeCompare for each two characters', () => {
    for (const a of PRINTABLE)
      for (const b of PRINTABLE)
        expect([a, b, compareInEnglish(a, b)]).toEqual([a, b, Math.sign(a.localeCompare(b, 'en'))])
  })

  it('is that of localeCompare for texts that differ little, ASCII or not', () => {
    const near = fc.array(
      fc.constantFrom('a', 'A', 'b', 'B', '-', '_', '.', '/', '1', '10', 'ä', '\u0301', '\t'),
      {
        maxLength: 6
      }
    )
    fc.assert(
      fc.property(near, near, (a, b) => {
        const [left, right] = [a.join(''), b.join('')]
        expect(compareInEnglish(left, right)).toBe(Math.sign(left.localeCompare(right, 'en')))
      }),
      {numRuns: 3000}
    )
  })
})
