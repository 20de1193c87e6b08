import {Readable} from 'node:stream'
import {gzipSync} from 'node:zlib'
import {describe, expect, it} from '@jest/globals'
import {fetchOver} from '../../src/github/github-fetch.js'
import type {HttpRequest, Send} from '../../src/ports.js'
import {failureOf} from '../support/thrown.js'

const API = 'https://api.github.com'

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly bytes?: Uint8Array
}

/** A network that gives these answers one after the other, and the last one for ever. */
function network(...answers: readonly Answer[]) {
  const requests: HttpRequest[] = []
  const send: Send = request => {
    const {
      status,
      headers = {},
      bytes
    } = answers[Math.min(requests.length, answers.length - 1)] ?? {status: 0}
    requests.push(request)
    return Promise.resolve({status, headers, body: Readable.from(bytes === undefined ? [] : [bytes])})
  }
  return {requests, fetch: fetchOver(send)}
}

describe("the fetch of GitHub's client", () => {
  it('sends what it is given, and gives out status, headers, text and bytes', async () => {
    const {requests, fetch} = network({status: 201, headers: {a: 'b'}, bytes: Buffer.from('{"ä":1}')})
    const options = {method: 'POST', headers: {authorization: 'token t'}, body: '{"x":"ü"}'} as const
    const answer = await fetch(`${API}/a?b=c%2Fd`, options)
    expect(requests).toMatchObject([
      {method: 'POST', headers: {authorization: 'token t', 'accept-encoding': 'gzip'}}
    ])
    expect(requests[0]?.url.href).toBe(`${API}/a?b=c%2Fd`)
    expect(requests[0]?.body).toEqual(Buffer.from('{"x":"ü"}'))
    expect([answer.status, answer.url, [...answer.headers]]).toEqual([201, `${API}/a?b=c%2Fd`, [['a', 'b']]])
    expect(await answer.text()).toBe('{"ä":1}')
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe('{"ä":1}')
  })

  it('unpacks what comes packed', async () => {
    const headers = {'content-encoding': 'gzip'}
    const {fetch} = network({status: 200, headers, bytes: gzipSync('[1,2]')}, {status: 204, headers})
    expect(await (await fetch(`${API}/a`, {method: 'GET', headers: {}})).text()).toBe('[1,2]')
    expect(await (await fetch(`${API}/a`, {method: 'GET', headers: {}})).text()).toBe('')
  })

  it.each([301, 302, 307, 308])('makes the same request where a repository went: %i', async status => {
    const {requests, fetch} = network({status, headers: {location: '/repositories/1/a'}}, {status: 200})
    const headers = {authorization: 'token t'}
    const answer = await fetch(`${API}/repos/o/old/a`, {method: 'PATCH', headers, body: '{}'})
    expect([answer.status, answer.url]).toEqual([200, `${API}/repositories/1/a`])
    expect(requests[1]).toEqual({...requests[0], url: new URL(`${API}/repositories/1/a`)})
  })

  it.each(['https://elsewhere.example/a', 'http://api.github.com/a', 'https://api.github.com:8443/a'])(
    'takes no token to %s',
    async location => {
      const {requests, fetch} = network({status: 302, headers: {location}}, {status: 200})
      await fetch(`${API}/a`, {method: 'GET', headers: {authorization: 'token t', accept: 'x'}})
      expect(requests[1]?.headers).toEqual({accept: 'x', 'accept-encoding': 'gzip'})
    }
  )

  it('does not go round in a circle', async () => {
    const {requests, fetch} = network({status: 301, headers: {location: '/a'}})
    const failure = await failureOf(async () => await fetch(`${API}/a`, {method: 'GET', headers: {}}))
    expect(failure).toMatchObject({code: 'GITHUB_UNREACHABLE', message: 'more than 5 redirects'})
    expect(requests).toHaveLength(6)
  })
})
