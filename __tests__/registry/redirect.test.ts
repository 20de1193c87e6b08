import {describe, expect, it} from '@jest/globals'
import type {HttpRequest} from '../../src/ports.js'
import {followRedirects} from '../../src/registry/transport/redirect.js'
import {bodyOf} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'
import {resolveLocation} from '../../src/registry/client/repository-client.js'

const START = 'https://registry.example/v2/o/a/blobs/x'

/** Follows redirects from the start; each URL answers as written down, all others with 200. */
async function follow(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  {url = START, method = 'GET'}: {url?: string; method?: HttpRequest['method']} = {}
) {
  const sent: HttpRequest[] = []
  const bodies: string[] = []
  const send = followRedirects(
    scriptedSend(async request => {
      sent.push(request)
      if (request.body !== undefined && 'open' in request.body)
        bodies.push(Buffer.concat(await request.body.open().toArray()).toString())
      return answers[request.url.href] ?? {}
    })
  )
  const headers = {authorization: 'Basic secret', accept: 'x'}
  const bytes = Buffer.from(`${method} bytes`)
  const response = await send({
    method,
    url: new URL(url),
    headers,
    ...(['POST', 'PUT', 'PATCH'].includes(method) ? {body: bodyOf(bytes)} : {})
  })
  return {response, bodies, hops: sent.map(one => [one.url.href, one.headers['authorization'] !== undefined])}
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

  it.each(
    (['POST', 'PUT', 'PATCH'] as const).flatMap(method => [307, 308].map(status => [method, status] as const))
  )(
    'of %s by %i is followed with its body, and its login stays behind on another host',
    async (method, status) => {
      const far = await follow({[START]: to('https://store.example/x', status)}, {method})
      expect(far.response.status).toBe(200)
      expect(far.hops).toEqual([
        [START, true],
        ['https://store.example/x', false]
      ])
      expect(far.bodies).toEqual([`${method} bytes`, `${method} bytes`])
      const near = await follow({[START]: to('/v2/other', status)}, {method})
      expect(near.hops.at(-1)).toEqual(['https://registry.example/v2/other', true])
    }
  )

  it.each(
    (['POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap(method =>
      [301, 302, 303].map(status => [method, status] as const)
    )
  )('of %s by %i is an answer: it would be another method', async (method, status) => {
    const {response, hops} = await follow({[START]: to('https://store.example/x', status)}, {method})
    expect(response.status).toBe(status)
    expect(hops).toHaveLength(1)
  })

  it.each([307, 308])('of DELETE by %i is followed on the host of the registry', async status => {
    const {hops} = await follow({[START]: to('/v2/other', status)}, {method: 'DELETE'})
    expect(hops.at(-1)).toEqual(['https://registry.example/v2/other', true])
  })

  it.each(['https://store.example/x', 'https://registry.example:8443/x', 'https://registry.example.evil/x'])(
    'of DELETE to another host is refused: %s',
    async location => {
      const failure = await failureOf(() => follow({[START]: to(location)}, {method: 'DELETE'}))
      expect(failure).toMatchObject({
        code: 'REGISTRY_FAILED',
        message: expect.stringContaining(`redirects to ${new URL(location).host}`),
        hint: expect.stringContaining('Nothing was deleted there')
      })
    }
  )

  it('leads a relative Location on from where it was answered (containerd/containerd#11949)', async () => {
    const begun = {status: 202, headers: {location: '/v2/o/a/blobs/uploads/1'}}
    const far = await follow(
      {[START]: to('https://b.example/x'), 'https://b.example/x': begun},
      {method: 'POST'}
    )
    expect(far.response.headers['location']).toBe('https://b.example/v2/o/a/blobs/uploads/1')
    const none = await follow({[START]: begun}, {method: 'POST'})
    expect(none.response.headers['location']).toBe('/v2/o/a/blobs/uploads/1')
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

const TLS = 'https://registry.example/v2/'
const TLS_PORT = 'https://registry.example:8443/v2/'
const PLAIN = 'http://127.0.0.1:5000/v2/'

describe('a Location', () => {
  it.each([
    [
      TLS,
      '/v2/o/a/blobs/uploads/1?_state=x%3D',
      'https://registry.example/v2/o/a/blobs/uploads/1?_state=x%3D'
    ],
    [TLS, 'https://registry.example/v2/o/a', 'https://registry.example/v2/o/a'],
    [TLS, 'https://store.example/x', 'https://store.example/x'],
    [TLS, '//store.example/x', 'https://store.example/x'],
    [TLS, 'http://registry.example/x?y=z', 'https://registry.example/x?y=z'],
    [TLS, 'http://registry.example:5000/x', 'https://registry.example/x'],
    [TLS_PORT, 'http://registry.example/x', 'https://registry.example:8443/x'],
    [PLAIN, '/v2/x', 'http://127.0.0.1:5000/v2/x'],
    [PLAIN, 'http://127.0.0.1:5001/x', 'http://127.0.0.1:5001/x'],
    [PLAIN, 'https://store.example/x', 'https://store.example/x']
  ])('of %s: %s is %s', (base, location, expected) => {
    expect(resolveLocation(location, new URL(base))).toBe(expected)
  })

  it.each([
    ['http://store.example/x', 'at plain HTTP on store.example'],
    ['', 'at ""'],
    ['http://[', 'at "http://["'],
    ['file:///etc/passwd', 'at "file:///etc/passwd"']
  ])('is refused: %p', async (location, fault) => {
    const error = await failureOf(() => resolveLocation(location, new URL(TLS)))
    expect(error.code).toBe('REGISTRY_FAILED')
    expect(error.message).toContain(fault)
  })
})
