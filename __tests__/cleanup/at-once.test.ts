import {expect, it} from '@jest/globals'
import {AT_ONCE, eachAtOnce} from '../../src/shared/at-once.js'

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
