import {describe, expect, it} from '@jest/globals'
import {AT_ONCE, eachAtOnce, eachInStretches} from '../../src/shared/at-once.js'

const tick = async (): Promise<void> => await new Promise(resolve => setImmediate(resolve))

it('does some at once, and gives what came of each in their order', async () => {
  let [running, most] = [0, 0]
  const found = await eachAtOnce(
    Array.from({length: 200}, (_, at) => at),
    async at => {
      most = Math.max(most, ++running)
      for (let left = at % 5; left >= 0; left--) await tick()
      running -= 1
      return at * 2
    }
  )
  expect(found).toEqual(Array.from({length: 200}, (_, at) => at * 2))
  expect(most).toBe(AT_ONCE)
})

it('begins nothing new after a failure, and throws it', async () => {
  const begun: number[] = []
  const work = eachAtOnce(
    Array.from({length: 200}, (_, at) => at),
    async at => {
      begun.push(at)
      await tick()
      if (at === 30) throw new Error('it failed')
    }
  )
  await expect(work).rejects.toThrow('it failed')
  for (let left = 0; left < 20; left++) await tick()
  expect(begun.length).toBeLessThan(100)
})

describe('stretches', () => {
  const items = Array.from({length: 2400}, (_, at) => at)

  it('are worked off each in its order, and side by side up to the last, however slow one is', async () => {
    const begun: number[] = []
    let running = 0
    const atOnce: number[] = []
    await eachInStretches(items, async at => {
      begun.push(at)
      atOnce.push(++running)
      // The first stretch is ten times as slow.
      for (let left = at < 100 ? 10 : 1; left > 0; left--) await tick()
      running -= 1
    })
    expect([...begun].sort((one, other) => one - other)).toEqual(items)
    expect(Math.max(...atOnce)).toBe(AT_ONCE)
    // All but the last few were begun with the most that may be under way.
    expect(atOnce.slice(AT_ONCE, -10 * AT_ONCE).every(count => count >= AT_ONCE - 2)).toBe(true)
  })

  it('begin nothing new after a failure, and throw it', async () => {
    const begun: number[] = []
    const work = eachInStretches(items, async at => {
      begun.push(at)
      await tick()
      if (at === 30) throw new Error('it failed')
    })
    await expect(work).rejects.toThrow('it failed')
    const already = begun.length
    for (let left = 0; left < 20; left++) await tick()
    expect(begun.length).toBe(already)
    expect(already).toBeLessThan(31 * AT_ONCE + 1)
  })
})
