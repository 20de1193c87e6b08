import {describe, expect, it} from '@jest/globals'
import {type RegistryError, ReleaseError} from '../../src/errors.js'
import {parseTag} from '../../src/oci/reference.js'
import {registryErrorOf} from '../../src/registry/client/registry-error.js'
import {isTransient} from '../../src/registry/client/retry.js'
import {Readable} from 'node:stream'
import {openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const TAG = parseTag('1.0')
const NOW = 'Tue, 03 Feb 2026 04:05:06 GMT'

function errorOf(
  {status = 500, headers = {}, body = ''}: ScriptedAnswer,
  [method, reference]: readonly ['PUT' | 'DELETE', string] = ['PUT', '1.0']
): RegistryError {
  const url = new URL(`https://ghcr.io/v2/o/a/manifests/${reference}?token=secret`)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return registryErrorOf(
    {method, url, headers: {authorization: 'Basic secret'}},
    {status, headers, body: Readable.from([])},
    Buffer.from(text)
  )
}

const codes = (code: string, message = ''): {errors: object[]} => ({errors: [{code, message}]})

describe('a failed answer', () => {
  it.each<[string, ScriptedAnswer, number | undefined]>([
    ['nothing', {}, undefined],
    ['seconds', {headers: {'retry-after': '7'}}, 7000],
    ['0 seconds', {headers: {'retry-after': '0'}}, 0],
    [
      'a date, by the clock of the registry',
      {headers: {'retry-after': 'Tue, 03 Feb 2026 04:05:16 GMT', date: NOW}},
      10_000
    ],
    ['a date that is over', {headers: {'retry-after': 'Tue, 03 Feb 2026 04:00:00 GMT', date: NOW}}, 0],
    ['a date and a clock that cannot be read', {headers: {'retry-after': NOW, date: 'soon'}}, 0],
    ['nonsense', {headers: {'retry-after': 'soon'}}, undefined],
    ['a word below 0', {headers: {'retry-after': '-5'}}, undefined],
    [
      'milliseconds in its message',
      {body: codes('TOOMANYREQUESTS', 'retry-after: 12.5ms, allowed: 2000/minute')},
      13
    ],
    ['seconds in its message', {body: codes('TOOMANYREQUESTS', 'retry-after: 1.25s, allowed')}, 1250],
    ['minutes in its message', {body: codes('TOOMANYREQUESTS', 'Retry-After: 1m2.5s')}, 62_500],
    ['microseconds in its message', {body: codes('TOOMANYREQUESTS', 'retry-after: 705.123µs')}, 1]
  ])('says to wait by %s', (_, answer, milliseconds) => {
    expect(errorOf(answer).failure.retryAfter).toBe(milliseconds)
  })

  it.each<[ScriptedAnswer, string]>([
    [{status: 500}, '500'],
    [{status: 403, body: codes('DENIED', 'permission denied')}, '403 DENIED permission denied'],
    [{status: 400, body: {errors: [{code: 'A'}, {code: 'B', message: 'b'}]}}, '400 A; B b'],
    [{status: 400, body: {errors: [null, 1, {code: 5, message: 6}]}}, '400'],
    [{status: 400, body: {errors: 'x'}}, '400 {"errors":"x"}'],
    [{status: 404, body: '404 page not found\n'}, '404 404 page not found'],
    [{status: 502, body: '<html>Bad gateway</html>'}, '502'],
    [{status: 502, body: '\n<html>Bad gateway</html>'}, '502'],
    [{status: 500, body: 'x'.repeat(1000)}, `500 ${'x'.repeat(200)}`]
  ])('%j is said as one line: %s', (answer, said) => {
    expect(errorOf(answer).message.trimEnd()).toBe(`PUT ghcr.io/v2/o/a/manifests/1.0: ${said}`)
  })

  it('says neither query nor header', () => {
    const error = errorOf({status: 401})
    expect(JSON.stringify([error.message, error.hint, error.failure])).not.toContain('secret')
  })

  it('is one line, whatever the registry says', () => {
    expect(errorOf({body: codes('A', 'one\ntwo\u001b[31m')}).message).toBe(
      'PUT ghcr.io/v2/o/a/manifests/1.0: 500 A one two [31m'
    )
  })

  it.each<[ScriptedAnswer, string | undefined]>([
    [{status: 401}, 'docker login ghcr.io'],
    [{status: 403}, '"packages: write"'],
    [{status: 404, body: codes('NAME_UNKNOWN')}, 'does not exist there'],
    [{status: 429}, 'limits requests'],
    [
      {
        status: 412,
        body: codes('PRECONDITION', "Failed to process request due to 'a:1.0' configured as immutable.")
      },
      'let no tag change'
    ],
    [
      {
        status: 412,
        body: codes(
          'PRECONDITION',
          'adding 3.0 MiB of storage resource will exceed the configured upper limit of 100.0 MiB.'
        )
      },
      'Raise the quota of the project o'
    ],
    [{status: 500}, undefined]
  ])('%j says what to do: %s', (answer, hint) => {
    const error = errorOf(answer)
    if (hint === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toContain(hint)
  })
})

describe('a failure', () => {
  it.each<[string, ScriptedAnswer, boolean]>([
    ...[408, 429, 500, 502, 503, 504].map((status): [string, ScriptedAnswer, boolean] => [
      String(status),
      {status},
      true
    ]),
    ...[400, 401, 403, 404, 405, 409, 412, 413, 416, 501].map((status): [string, ScriptedAnswer, boolean] => [
      String(status),
      {status},
      false
    ]),
    [
      '403 of a burst',
      {status: 403, body: codes('DENIED', 'You have exceeded a secondary rate limit')},
      true
    ],
    ['403 of a burst as text', {status: 403, body: 'You have exceeded a secondary rate limit'}, true],
    ['403 TOOMANYREQUESTS', {status: 403, body: codes('TOOMANYREQUESTS')}, true],
    ['400 DIGEST_INVALID', {status: 400, body: codes('DIGEST_INVALID')}, false]
  ])('%s passes: %s', (_, answer, expected) => {
    expect(isTransient(errorOf(answer))).toBe(expected)
  })

  it.each([
    ['a digest passes: another tag is being put there', `sha256:${'a'.repeat(64)}`, true],
    ['a tag does not: the registry deletes no tags', '1.0', false]
  ])('400 DIGEST_INVALID where distribution 2.8 deletes %s', (_, reference, expected) => {
    const answer = {
      status: 400,
      body: codes('DIGEST_INVALID', 'provided digest did not match uploaded content')
    }
    expect(isTransient(errorOf(answer, ['DELETE', reference]))).toBe(expected)
  })

  it('of the way passes, and of anything else does not', () => {
    expect(isTransient(new ReleaseError('REGISTRY_UNREACHABLE', 'x'))).toBe(true)
    expect(isTransient(new ReleaseError('DIGEST_MISMATCH', 'x'))).toBe(false)
    expect(isTransient(new Error('x'))).toBe(false)
    expect(isTransient('x')).toBe(false)
  })
})

describe('a request', () => {
  const head = async (answers: readonly ScriptedAnswer[], options = {}) => {
    const send = scriptedSend(() => answers[client.sent.length - 1] ?? {status: 404})
    const client = openClient({host: 'registry.example'}, {send, ...options})
    const result = await client
      .repository('o/a')
      .findManifest(TAG)
      .catch((error: unknown) => error)
    return {...client, result, tries: client.sent.length}
  }

  it.each([429, 500, 503])('that fails twice with %s succeeds with its third try', async status => {
    const {result, tries, lines} = await head([{status}, {status}])
    expect(result).toBeUndefined()
    expect(tries).toBe(3)
    expect(lines).toEqual([
      `GET registry.example/v2/o/a/manifests/1.0: ${status}; trying again, 2 left`,
      `GET registry.example/v2/o/a/manifests/1.0: ${status}; trying again, 1 left`
    ])
  })

  it('is tried as often as was said', async () => {
    expect(await head(Array(9).fill({status: 503}), {tries: 5})).toMatchObject({
      tries: 5,
      result: {status: 503}
    })
    expect(await head([{status: 503}], {tries: 1})).toMatchObject({tries: 1, result: {status: 503}})
  })

  it.each([400, 401, 403, 405])('that fails with %s is not tried again', async status => {
    expect(await head([{status}])).toMatchObject({tries: 1, result: {status}, sleeps: []})
  })

  it('waits as long as it is told', async () => {
    const limited = {status: 429, headers: {'retry-after': '3'}}
    expect(await head([limited, limited])).toMatchObject({tries: 3, sleeps: [3000, 3000]})
  })

  it('does not wait after its last try', async () => {
    const limited = {status: 429, headers: {'retry-after': '3'}}
    expect(await head([limited, limited, limited])).toMatchObject({
      tries: 3,
      sleeps: [3000, 3000],
      result: {status: 429}
    })
  })

  it('does not wait for an hour', async () => {
    const {tries, sleeps, result} = await head([{status: 429, headers: {'retry-after': '3600'}}])
    expect([tries, sleeps, result]).toMatchObject([1, [], {status: 429}])
  })

  it('stops waiting when the run is cancelled', async () => {
    const stop = new AbortController()
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    const clock = {
      now: () => 0,
      sleep: (_: number, signal?: AbortSignal) => {
        stop.abort(cancelled)
        return Promise.reject(signal?.reason as Error)
      }
    }
    const limited = {status: 429, headers: {'retry-after': '3'}}
    const {result, tries} = await head([limited, limited], {signal: stop.signal, clock})
    expect(result).toBe(cancelled)
    expect(tries).toBe(1)
  })

  it('is not sent after the run was cancelled', async () => {
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    expect(await head([], {signal: AbortSignal.abort(cancelled)})).toMatchObject({
      tries: 0,
      result: cancelled
    })
  })

  it('is tried again where the way broke', async () => {
    const state = {tries: 0}
    const send = scriptedSend(() => {
      if (++state.tries < 3) throw new ReleaseError('REGISTRY_UNREACHABLE', 'HEAD x: no answer')
      return {status: 404}
    })
    expect(
      await openClient({host: 'registry.example'}, {send}).repository('o/a').findManifest(TAG)
    ).toBeUndefined()
    expect(state.tries).toBe(3)
  })

  it('that meets a defect is not tried again', async () => {
    const send = scriptedSend(() => {
      throw new TypeError('a defect')
    })
    const client = openClient({host: 'registry.example'}, {send})
    await expect(client.repository('o/a').findManifest(TAG)).rejects.toThrow('a defect')
    expect(client.sent).toHaveLength(1)
  })
})

it('failures are known by their type', async () => {
  expect(
    await failureOf(() => Promise.reject(errorOf({status: 404, body: codes('NAME_UNKNOWN')})))
  ).toMatchObject({
    name: 'RegistryError',
    code: 'REGISTRY_FAILED'
  })
  expect(errorOf({body: codes('NAME_UNKNOWN')}).has('NAME_UNKNOWN')).toBe(true)
  expect(errorOf({body: codes('NAME_UNKNOWN')}).has('DENIED')).toBe(false)
})

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
