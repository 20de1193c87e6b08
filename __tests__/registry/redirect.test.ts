import {describe, expect, it} from '@jest/globals'
import type {HttpRequest} from '../../src/ports.js'
import {followRedirects} from '../../src/registry/transport/redirect.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const START = 'https://registry.example/v2/o/a/blobs/x'

/** Follows redirects from the start; each URL answers as written down, all others with 200. */
async function follow(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  {url = START, method = 'GET'}: {url?: string; method?: HttpRequest['method']} = {}
) {
  const sent: HttpRequest[] = []
  const send = followRedirects(
    scriptedSend(request => {
      sent.push(request)
      return answers[request.url.href] ?? {}
    })
  )
  const headers = {authorization: 'Basic secret', accept: 'x'}
  const response = await send({method, url: new URL(url), headers})
  return {response, hops: sent.map(one => [one.url.href, one.headers['authorization'] !== undefined])}
}

const to = (location: string, status = 307): ScriptedAnswer => ({status, headers: {location}})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'by %s is followed, and its login stays behind on another host',
    async status => {
      const {response, hops} = await follow({[START]: to('https://store.example/x?sig=y', status)})
      expect(response.status).toBe(200)
      expect(hops).toEqual([
        [START, true],
        ['https://store.example/x?sig=y', false]
      ])
    }
  )

  it('on the same host keeps the login', async () => {
    const {hops} = await follow({[START]: to('/v2/other')})
    expect(hops.at(-1)).toEqual(['https://registry.example/v2/other', true])
  })

  it('to another port is one to another host', async () => {
    const {hops} = await follow({[START]: to('https://registry.example:8443/x')})
    expect(hops.at(-1)).toEqual(['https://registry.example:8443/x', false])
  })

  it('there and back does not bring the login back', async () => {
    const {hops} = await follow({
      [START]: to('https://store.example/x'),
      'https://store.example/x': to('https://registry.example/v2/back')
    })
    expect(hops.at(-1)).toEqual(['https://registry.example/v2/back', false])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('of %s is an answer', async method => {
    const {response, hops} = await follow({[START]: to('https://store.example/x')}, {method})
    expect(response.status).toBe(307)
    expect(hops).toHaveLength(1)
  })

  it('without a place to go to is an answer', async () => {
    expect((await follow({[START]: {status: 302}})).response.status).toBe(302)
  })

  it('of HEAD stays a HEAD', async () => {
    expect((await follow({[START]: to('/v2/other')}, {method: 'HEAD'})).hops).toHaveLength(2)
  })

  it.each([
    ['plain HTTP', 'http://store.example/x', 'redirects to plain HTTP at store.example'],
    ['plain HTTP on the same host', 'http://registry.example/x', 'redirects to plain HTTP'],
    ['no URL', 'https://[', 'redirects to "https://["'],
    ['a file', 'file:///etc/passwd', 'redirects to "file:///etc/passwd"'],
    ['itself', START, 'more than 10 redirects']
  ])('to %s is refused', async (_, location, fault) => {
    const error = await failureOf(() => follow({[START]: to(location)}))
    expect(error.code).toBe('REGISTRY_FAILED')
    expect(error.message).toContain(fault)
    expect(error.message).toContain('registry.example')
  })

  it('from plain HTTP may lead to TLS', async () => {
    const url = 'http://127.0.0.1:5000/x'
    const {hops} = await follow({[url]: to('https://store.example/x')}, {url})
    expect(hops.at(-1)).toEqual(['https://store.example/x', false])
  })

  it('takes the challenge of another host away', async () => {
    const challenge = {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}}
    const far = await follow({[START]: to('https://store.example/x'), 'https://store.example/x': challenge})
    expect(far.response.headers).toEqual({})
    const near = await follow({[START]: to('/x'), 'https://registry.example/x': challenge})
    expect(near.response.headers).toEqual(challenge.headers)
  })
})
