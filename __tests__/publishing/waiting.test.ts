import {describe, expect, it} from '@jest/globals'
import type {Clock} from '../../src/ports.js'
import {lookUntil, waitsOf} from '../../src/registry/client/patience.js'

/** A clock that only notes what was slept. */
function notingClock(): Clock & {readonly sleeps: number[]} {
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => sleeps.reduce((sum, one) => sum + one, 0),
    sleep: milliseconds => Promise.resolve(void sleeps.push(milliseconds))
  }
}

describe('waiting for what a registry does not show yet', () => {
  it.each([
    [0, []],
    [1, [1]],
    [200, [200]],
    [201, [200, 1]],
    [600, [200, 400]],
    [1000, [200, 400, 400]],
    [3000, [200, 400, 800, 1600]],
    [30_000, [200, 400, 800, 1600, 3200, 6400, 12_800, 4600]]
  ])('%i ms are shared out as %j', (milliseconds, waits) => {
    expect(waitsOf(milliseconds)).toEqual(waits)
  })

  it.each([
    [0, 0],
    [1, 200],
    [2, 600],
    [3, 1000]
  ])('ends with the look that shows it, after %i others', async (others, slept) => {
    const clock = notingClock()
    const state = {looks: 0}
    const look = () => Promise.resolve(state.looks++ === others)
    const patience = {clock, signal: new AbortController().signal, milliseconds: 1000}
    expect(await lookUntil(look, seen => seen, patience)).toBe(true)
    expect([state.looks, clock.now()]).toEqual([others + 1, slept])
  })

  it('gives what it saw last when the patience is over, and waits no more', async () => {
    const clock = notingClock()
    const state = {looks: 0}
    const patience = {clock, signal: new AbortController().signal, milliseconds: 1000}
    expect(
      await lookUntil(
        () => Promise.resolve(++state.looks),
        () => false,
        patience
      )
    ).toBe(4)
    expect(clock.now()).toBe(1000)
  })
})
