import {describe, expect, it} from '@jest/globals'
import {parseTag} from '../../src/oci/reference.js'
import {openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'

/** What is tried at one tag, with these answers and the last of them for ever. */
async function find(answers: readonly ScriptedAnswer[], options: {tries?: number; firstDelay?: number} = {}) {
  const send = scriptedSend(() => answers[Math.min(client.sent.length, answers.length) - 1] ?? {status: 404})
  const client = openClient({host: 'registry.example'}, {send, ...options})
  const result = await client
    .repository('o/a')
    .findManifest(parseTag('1.0'))
    .catch((error: unknown) => error)
  return {sleeps: client.sleeps, tries: client.sent.length, result}
}

const asking = (seconds: number): ScriptedAnswer => ({status: 429, headers: {'retry-after': String(seconds)}})

describe('the limits of trying again', () => {
  it.each([1, 2, 3, 4])('%i tries are so many requests, and one wait less', async tries => {
    const tried = await find([{status: 503}], {tries})
    expect([tried.tries, tried.sleeps.length]).toEqual([tries, tries - 1])
    expect(tried.result).toMatchObject({status: 503})
  })

  it.each([
    [299, 299_000],
    [300, 300_000]
  ])('a registry that asks for %i seconds is waited for', async (seconds, milliseconds) => {
    expect(await find([asking(seconds), {status: 404}])).toMatchObject({
      sleeps: [milliseconds],
      tries: 2,
      result: undefined
    })
  })

  it.each([301, 3600])('one that asks for %i seconds is not', async seconds => {
    expect(await find([asking(seconds), {status: 404}])).toMatchObject({
      sleeps: [],
      tries: 1,
      result: {status: 429}
    })
  })

  it('a registry that asks for less than the wait is not asked earlier for that', async () => {
    const {sleeps} = await find([asking(0), {status: 404}], {firstDelay: 1000})
    expect(sleeps[0]).toBeGreaterThanOrEqual(1000)
  })

  it('waits double with each try, with as much again by chance, up to 30 seconds', async () => {
    const {sleeps} = await find([{status: 500}], {tries: 9, firstDelay: 500})
    const least = sleeps.map((_, at) => Math.min(30_000, 500 * 2 ** at))
    expect(sleeps).toHaveLength(8)
    for (const [at, slept] of sleeps.entries()) {
      expect(slept).toBeGreaterThanOrEqual(least[at] ?? 0)
      expect(slept).toBeLessThanOrEqual(Math.min(30_000, 2 * (least[at] ?? 0)))
    }
    expect(sleeps.at(-1)).toBe(30_000)
  })
})
