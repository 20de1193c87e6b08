import {PassThrough, Readable} from 'node:stream'
import {describe, expect, it} from '@jest/globals'
import {backendKindOf} from '../../src/cleanup/vendors/backend-choice.js'
import {readAnswer} from '../../src/cleanup/vendors/docker-hub-api.js'
import {heldStatus} from '../../src/cleanup/vendors/held-status.js'
import {retryWait} from '../../src/shared/retry-wait.js'

const NOW = Date.parse('2026-11-27T10:00:00Z')
const HERE = NOW / 1000

describe('how long an answer asks to wait', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['nothing', {}, undefined],
    ['seconds', {'retry-after': '7'}, 7000],
    ['seconds with a fraction', {'retry-after': ' 1.5 '}, 1500],
    ['no seconds', {'retry-after': '0'}, 0],
    ['a date', {'retry-after': 'Fri, 27 Nov 2026 10:00:30 GMT'}, 30_000],
    ['a date that is over', {'retry-after': 'Fri, 27 Nov 2026 09:00:00 GMT'}, 0],
    [
      'a date, by the clock of the answer',
      {'retry-after': 'Fri, 27 Nov 2026 11:00:30 GMT', date: 'Fri, 27 Nov 2026 11:00:00 GMT'},
      30_000
    ],
    ['a clock that cannot be read', {'retry-after': 'Fri, 27 Nov 2026 10:00:30 GMT', date: 'soon'}, 30_000],
    ['a time in seconds', {'x-retry-after': String(HERE + 12)}, 12_000],
    ['a time that is over', {'x-retry-after': String(HERE - 12)}, 0],
    ['the last number that is a span', {'retry-after': '999999999'}, 999_999_999_000],
    ['the first number that is a time', {'retry-after': '1000000000'}, 0],
    ['the end of a window, where nothing is left', reset(20, '0'), 20_000],
    ['the end of a window, where something is left', reset(20, '3'), undefined],
    [
      'the end of a window, where nobody says what is left',
      {'x-ratelimit-reset': String(HERE + 20)},
      undefined
    ],
    ['the longest of several', {'retry-after': '3', ...reset(20, '0')}, 20_000],
    ['a word', {'retry-after': 'soon'}, undefined],
    ['a number below zero', {'retry-after': '-5'}, undefined],
    ['a number in other words', {'retry-after': '5 seconds'}, undefined]
  ])('%s', (_, headers, wait) => {
    expect(retryWait(headers, NOW)).toBe(wait)
  })

  function reset(seconds: number, remaining: string): Record<string, string> {
    return {'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': String(HERE + seconds)}
  }
})

describe('the status of an error that another error holds', () => {
  it.each<[string, number | undefined]>([
    ['non-successful response (status=401 body="{\\"details\\":\\"incorrect\\"}")', 401],
    ['unexpected Status Code: 503', 503],
    ['status_code=429', 429],
    ['httperror 400: delete of image denied', 400],
    ['UNAUTHORIZED: authentication required', 401],
    ['errors: DENIED: requested access to the resource is denied', 403],
    ['TOOMANYREQUESTS: You have reached your pull rate limit', 429],
    ['status=500 body=UNAUTHORIZED', 500],
    ['the request was denied', undefined],
    ['status=4010', undefined],
    ['internal server error', undefined],
    ['', undefined]
  ])('%j', (message, status) => {
    expect(heldStatus(message)).toBe(status)
  })
})

describe('the host that a repository is cleaned by', () => {
  it.each<[string, string | undefined, string]>([
    ['ghcr.io', undefined, 'ghcr'],
    ['docker.io', undefined, 'docker-hub'],
    ['registry.example', undefined, 'registry'],
    ['containers.acme.ghe.com', undefined, 'ghcr'],
    ['containers.ghe.com', undefined, 'registry'],
    ['containers.acme.ghe.com.example', undefined, 'registry'],
    ['containers.git.example', 'git.example', 'ghcr'],
    ['containers.git.example:8443', 'git.example', 'ghcr'],
    ['containers.git.example', 'github.com', 'registry'],
    ['containers.git.example', undefined, 'registry'],
    ['docker.git.example', 'git.example', 'registry'],
    ['ghcr.io.example', undefined, 'registry']
  ])('%s, run on %s: %s', (registry, githubHost, kind) => {
    expect(backendKindOf({registry}, githubHost)).toBe(kind)
  })
})

describe('an answer of Docker Hub', () => {
  it('is read whole', async () => {
    expect(await readAnswer({body: Readable.from([Buffer.from('{"a'), Buffer.from('":1}')])})).toBe('{"a":1}')
  })

  it('that drips and has no end is given up', async () => {
    const body = new PassThrough()
    body.write('{')
    await expect(readAnswer({body}, 10)).rejects.toMatchObject({code: 'REGISTRY_UNREACHABLE'})
    expect(body.destroyed).toBe(true)
  })

  it('that is larger than any is given up', async () => {
    const body = Readable.from(Array.from({length: 300}, () => Buffer.alloc(65_536)))
    await expect(readAnswer({body})).rejects.toMatchObject({code: 'REGISTRY_FAILED'})
  })
})
