import {afterAll, afterEach, describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {type GithubApiParts, openGithubApi} from '../../src/github/github-api.js'
import type {GithubAnswer, GithubApi, Send} from '../../src/ports.js'
import {openHttp} from '../../src/registry/transport/http.js'
import {recordingReporter} from '../support/ports.js'
import type {ScriptedAnswer} from '../support/scripted-send.js'
import {type ReceivedRequest, type ScriptedServer, startScriptedServer} from '../support/scripted-server.js'
import {failureOf} from '../support/thrown.js'

const state: {server?: ScriptedServer} = {}
const http = openHttp()
afterEach(async () => {
  await state.server?.close()
})
afterAll(() => http.close())

/** A clock that goes on only while something sleeps. */
function manualClock() {
  const start = Date.parse('2026-11-20T12:00:00Z')
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => start + sleeps.reduce((sum, one) => sum + one, 0),
    sleep: (milliseconds: number) => Promise.resolve(void sleeps.push(milliseconds))
  }
}

type Answer = (
  request: ReceivedRequest,
  nth: number
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>

async function open(answer: Answer, overrides: Partial<GithubApiParts> = {}) {
  const counter = {nth: 0}
  const server = await startScriptedServer(request => answer(request, ++counter.nth))
  state.server = server
  const clock = manualClock()
  const reporter = recordingReporter()
  const github = openGithubApi({
    environment: {GITHUB_API_URL: server.url, GITHUB_TOKEN: 'from-environment'},
    send: http.send,
    clock,
    reporter,
    signal: new AbortController().signal,
    ...overrides
  })
  return {github, api: github(), server, clock, reporter}
}

describe("GitHub's API", () => {
  it('gets a path with its escapes as it is, query, body and token', async () => {
    const {github, server} = await open(() => ({status: 201, body: {id: 7}, headers: {'x-thing': 'a'}}))
    const answer = await github('given')({
      method: 'POST',
      path: '/users/o/packages/container/a%2Fb%3Ac:{d}/versions',
      query: {per_page: 100, q: 'is:pr a+b&c'},
      body: {list: ['x']}
    })
    expect(answer).toMatchObject({status: 201, body: {id: 7}, headers: {'x-thing': 'a'}})
    expect(server.requests).toMatchObject([
      {
        target: '/users/o/packages/container/a%2Fb%3Ac%3A%7Bd%7D/versions?per_page=100&q=is%3Apr+a%2Bb%26c',
        body: {list: ['x']},
        headers: {authorization: 'token given', 'x-github-api-version': '2022-11-28'}
      }
    ])
  })

  it.each<[string, Record<string, string>, string | undefined, string]>([
    ['that was given', {GITHUB_TOKEN: 'a', GH_TOKEN: 'b'}, 'c', 'token c'],
    ['of GITHUB_TOKEN', {GITHUB_TOKEN: 'a', GH_TOKEN: 'b'}, '', 'token a'],
    ['of GH_TOKEN', {GITHUB_TOKEN: '', GH_TOKEN: 'b'}, undefined, 'token b']
  ])('takes the token %s', async (_, variables, given, sent) => {
    const {server, clock, reporter} = await open(() => ({status: 204}))
    const environment = {...variables, GITHUB_API_URL: `${server.url}/`}
    const parts = {environment, send: http.send, clock, reporter, signal: new AbortController().signal}
    expect(await openGithubApi(parts)(given)({method: 'DELETE', path: '/a'})).toMatchObject({
      status: 204,
      body: undefined
    })
    expect(server.requests).toMatchObject([{target: '/a', headers: {authorization: sent}}])
  })

  it('says that it needs a token', async () => {
    const {clock, reporter} = await open(() => ({}))
    const parts = {environment: {}, send: http.send, clock, reporter, signal: new AbortController().signal}
    expect(await failureOf(() => openGithubApi(parts)())).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: 'Give the input github-token, or set GITHUB_TOKEN or GH_TOKEN.'
    })
  })

  it.each([301, 304, 400, 401, 403, 404, 409, 422])('takes %i for an answer', async status => {
    const {api, server} = await open(() => ({status, body: {message: 'no'}}))
    expect((await api({method: 'GET', path: '/a'})).status).toBe(status)
    expect(server.requests).toHaveLength(1)
  })

  it('gives no body for what is no JSON', async () => {
    const {api} = await open(() => ({status: 200, headers: {'content-type': 'text/html'}, body: '<html>'}))
    expect((await api({method: 'GET', path: '/a'})).body).toBeUndefined()
  })
})

it.each([
  [204, {'content-type': 'application/json'}],
  [200, {'content-type': 'application/json', 'content-length': '0'}]
])('an answer of %i without content is whole', async (status, headers) => {
  const {api, server} = await open(() => ({status, headers}))
  expect(await api({method: 'DELETE', path: '/a'})).toMatchObject({status, body: undefined})
  expect(server.requests).toHaveLength(1)
})

describe('what fails in passing', () => {
  it.each<['GET' | 'PUT' | 'DELETE' | 'POST' | 'PATCH', number]>([
    ['GET', 3],
    ['PUT', 3],
    ['DELETE', 3],
    ['POST', 1],
    ['PATCH', 1]
  ])('is sent again where that does no harm: %s', async (method, times) => {
    const {api, server} = await open((_, nth) => ({status: [502, 503][nth - 1] ?? 200, body: {}}))
    expect((await api({method, path: '/a'})).status).toBe(times === 1 ? 502 : 200)
    expect(server.requests).toHaveLength(times)
  })

  it('is given out in the end', async () => {
    const {api, server, clock} = await open(() => ({status: 500, body: {message: 'no'}}))
    expect(await api({method: 'GET', path: '/a'})).toMatchObject({status: 500, body: {message: 'no'}})
    expect(server.requests).toHaveLength(5)
    expect(clock.sleeps.map(one => Math.floor(Math.log2(one / 1000)))).toEqual([0, 1, 2, 3])
  })

  it.each<[string, Answer]>([
    ['a connection that breaks', () => undefined],
    ['an answer that breaks off', () => ({status: 200, body: '{"a": [1'})]
  ])('is %s, and says so when it does not pass', async (_, failing) => {
    const {api, server} = await open((request, nth) => (nth === 1 ? failing(request, nth) : {body: {b: 2}}))
    expect((await api({method: 'GET', path: '/a'})).body).toEqual({b: 2})
    await server.close()
    const failure = await failureOf(async () => await api({method: 'GET', path: '/b'}))
    expect(failure).toMatchObject({
      code: 'GITHUB_UNREACHABLE',
      message: expect.stringContaining('GET /b at GitHub')
    })
  })

  it('says what to do about a certificate that is not trusted', async () => {
    const refused: Send = () =>
      Promise.reject(
        new ReleaseError('REGISTRY_UNREACHABLE', 'no answer', {hint: 'Put the certificate there.'})
      )
    const {api} = await open(() => ({}), {send: refused})
    expect(await failureOf(async () => await api({method: 'POST', path: '/a'}))).toMatchObject({
      code: 'GITHUB_UNREACHABLE',
      message: "POST /a at GitHub's API: no answer",
      hint: 'Put the certificate there.'
    })
  })

  it('ends with the reason of a cancellation', async () => {
    const [run, own] = [new AbortController(), new AbortController()]
    const {api, server} = await open(
      request => {
        const controller = request.target === '/own' ? own : run
        controller.abort(new Error(`stopped ${request.target}`))
        return new Promise(() => undefined)
      },
      {signal: run.signal}
    )
    await expect(api({method: 'GET', path: '/own', signal: own.signal})).rejects.toThrow('stopped /own')
    await expect(api({method: 'GET', path: '/run'})).rejects.toThrow('stopped /run')
    await expect(api({method: 'GET', path: '/late'})).rejects.toThrow('stopped /run')
    expect(server.requests).toHaveLength(2)
  })
})

describe("GitHub's limits", () => {
  const seconds = (clock: ReturnType<typeof manualClock>): number[] => clock.sleeps.map(one => one / 1000)
  const resetIn = (after: number): string => String(Date.parse('2026-11-20T12:00:00Z') / 1000 + after)

  it.each<[string, ScriptedAnswer, number]>([
    ['retry-after', {status: 403, headers: {'retry-after': '7'}, body: {}}, 7],
    ['retry-after with 429', {status: 429, headers: {'retry-after': '9'}, body: {}}, 9],
    ['a 429 that says nothing', {status: 429, body: {}}, 60],
    [
      'a secondary limit that says nothing',
      {status: 403, body: {message: 'You have exceeded a secondary rate limit. Please wait.'}},
      60
    ],
    [
      'an hour that is used up',
      {
        status: 403,
        headers: {'x-ratelimit-remaining': '0', 'x-ratelimit-reset': resetIn(100), date: ''},
        body: {}
      },
      101
    ],
    [
      'an hour that is used up, by the clock of GitHub',
      {
        status: 429,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': resetIn(1000),
          date: 'Fri, 20 Nov 2026 12:10:00 GMT'
        },
        body: {}
      },
      401
    ]
  ])('%s is waited for', async (_, refusal, wait) => {
    const {api, clock, reporter} = await open((_request, nth) => (nth === 1 ? refusal : {body: {done: true}}))
    expect(await api({method: 'POST', path: '/a'})).toMatchObject({status: 200, body: {done: true}})
    expect(seconds(clock)).toEqual([wait])
    expect(reporter.notices).toHaveLength(1)
  })

  it('nothing more is sent when the hour is about to be used up', async () => {
    const {api, clock, server} = await open((_, nth) => ({
      headers: {'x-ratelimit-remaining': String(3 - nth), 'x-ratelimit-reset': resetIn(1800), date: ''},
      body: {}
    }))
    for (const path of ['/1', '/2', '/3']) await api({method: 'GET', path})
    expect(server.requests).toHaveLength(3)
    expect(clock.sleeps).toEqual([])
    await api({method: 'GET', path: '/4'})
    expect(seconds(clock)).toEqual([1801])
  })

  it('of another part of the API say nothing of this one', async () => {
    const search = {
      'x-ratelimit-resource': 'search',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': resetIn(50)
    }
    const {api, clock} = await open(() => ({headers: search, body: {}}))
    for (const path of ['/1', '/2']) await api({method: 'GET', path})
    expect(clock.sleeps).toEqual([])
  })

  it('that ask for longer than an hour are given to the caller', async () => {
    const {api, clock} = await open(() => ({status: 403, headers: {'retry-after': '7200'}, body: {}}))
    expect((await api({method: 'GET', path: '/a'})).status).toBe(403)
    expect(clock.sleeps).toEqual([])
  })

  it('that never end are given to the caller', async () => {
    const {api, server} = await open(() => ({status: 429, headers: {'retry-after': '1'}, body: {}}))
    expect((await api({method: 'GET', path: '/a'})).status).toBe(429)
    expect(server.requests).toHaveLength(11)
  })

  it('are met once by many at a time, and then by one that tries', async () => {
    const world = {open: 0, widest: 0, refused: 0, done: 0}
    const {api, clock, reporter} = await open(async () => {
      world.widest = Math.max(world.widest, ++world.open)
      await new Promise(resolve => setTimeout(resolve, 5))
      world.open--
      // 50 go in each window, which is over as soon as somebody waits.
      if (world.done >= 50 * (clock.sleeps.length + 1)) {
        world.refused++
        return {status: 403, headers: {'retry-after': '60'}, body: {message: 'secondary rate limit'}}
      }
      world.done++
      return {body: {}}
    })
    const paths = Array.from({length: 200}, (_, at) => `/${at}`)
    const answers = await Promise.all(paths.map(path => api({method: 'DELETE', path})))
    expect(new Set(answers.map(({status}: GithubAnswer) => status))).toEqual(new Set([200]))
    expect(world.widest).toBeLessThanOrEqual(24)
    expect(world.refused).toBeLessThanOrEqual(24 + 12 + 6)
    expect(seconds(clock)).toEqual(Array.from({length: 3}, () => 60))
    expect(reporter.notices).toHaveLength(3)
  })

  it('are one for all that use one token', async () => {
    const {github, clock} = await open((_, nth) =>
      nth === 1 ? {status: 429, headers: {'retry-after': '30'}, body: {}} : {body: {}}
    )
    const apis: readonly GithubApi[] = [github(), github('from-environment'), github('other')]
    for (const [at, api] of apis.entries()) await api({method: 'GET', path: `/${at}`})
    expect(seconds(clock)).toEqual([30])
  })
})
