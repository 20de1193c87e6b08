import {describe, expect, it} from '@jest/globals'
import {chosenOf, oneOf} from './fault-bench.js'

const TURNS = [0, 1, 2, 3]
const share = (turn: number) => ({turn, of: TURNS.length})

describe('the requests that meet a fault', () => {
  it.each(['reset before', '500 for ever', 'call after', 'HEAD 404'])(
    'are all at the stride, over all registries, and some on each: %s',
    kind => {
      const chosen = TURNS.map(turn => chosenOf(104, kind, share(turn), 21))
      expect(chosen.flat().sort((a, b) => a - b)).toEqual([21, 42, 63, 84])
      expect(chosen.map(some => some.length)).toEqual([1, 1, 1, 1])
    }
  )

  it('are others on one registry for another kind', () => {
    const first = ['reset before', 'reset after', '500 for ever', '429 twice'].map(kind =>
      chosenOf(104, kind, share(0), 21)
    )
    expect(new Set(first.flat()).size).toBeGreaterThan(1)
  })

  it('are spread over the registries where there are fewer than the stride', () => {
    expect(TURNS.map(turn => oneOf(16, share(turn)))).toEqual([2, 6, 10, 14])
  })

  it('are every one where all are tried', () => {
    expect(chosenOf(5, 'reset before', share(3), 1)).toEqual([1, 2, 3, 4, 5])
  })
})
