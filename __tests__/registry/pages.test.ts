import {describe, expect, it} from '@jest/globals'
import {listTags} from '../../src/registry/client/tag-list.js'
import type {HttpRequest} from '../../src/ports.js'
import {closedAfterEach} from '../support/closing.js'
import {openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const closing = closedAfterEach()

function scripted(answer: (request: HttpRequest, count: number) => ScriptedAnswer) {
  const state = {count: 0}
  const client = openClient(
    {host: 'registry.example'},
    {send: scriptedSend(request => answer(request, ++state.count))}
  )
  closing.push(() => client.close())
  return {repository: client.repository('virtual/o/a'), sent: client.sent}
}

/** A page of one tag, and the target of its Link. */
const page = (tag: string, target?: string): ScriptedAnswer => ({
  headers: target === undefined ? {} : {link: `<${target}>; rel="next"`},
  body: {name: 'a', tags: [tag]}
})

describe('a list in pages', () => {
  it.each([
    ['of the same path', '/v2/virtual/o/a/tags/list?n=1&last=1.0'],
    ['without the name of the virtual repository', '/v2/o/a/tags/list?n=1&last=1.0'],
    ['of a host behind a proxy', 'http://internal:8081/repository/o/a/tags/list?n=1&last=1.0'],
    ['of another host', 'https://evil.example/v2/virtual/o/a/tags/list?n=1&last=1.0'],
    ['of a query alone', '?n=1&last=1.0'],
    ['that is no URL before its query', 'https://[?n=1&last=1.0']
  ])('goes on by the query of a Link %s', async (_, target) => {
    const {repository, sent} = scripted(({url}) =>
      url.searchParams.has('last') ? page('2.0') : page('1.0', target)
    )
    expect(await listTags(repository)).toEqual(['1.0', '2.0'])
    expect(sent.map(({url}) => url.host + url.pathname)).toEqual(
      Array.from({length: 2}, () => 'registry.example/v2/virtual/o/a/tags/list')
    )
  })

  it.each<[string, (request: HttpRequest, count: number) => ScriptedAnswer, number]>([
    ['leads to itself', () => page('1.0', '/v2/virtual/o/a/tags/list?n=1000'), 1],
    ['leads to itself on its second page', () => page('1.0', '?last=1.0'), 2],
    [
      'leads round in a circle',
      ({url}) => page('1.0', url.searchParams.get('last') === 'a' ? '?last=b' : '?last=a'),
      3
    ],
    ['has a Link without a query', () => page('1.0', '/v2/virtual/o/a/tags/list'), 2],
    ['names the same for ever', (_, count) => page('1.0', `?last=${count}`), 22]
  ])('that %s is an error, not the beginning of a list', async (_, answer, most) => {
    const {repository, sent} = scripted(answer)
    const error = await failureOf(() => listTags(repository))
    expect(error).toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringContaining('never end'),
      hint: expect.stringContaining('lead nowhere new')
    })
    expect(sent.length).toBeLessThanOrEqual(most)
  })

  it('that never ends is left before it fills the memory', async () => {
    const {repository, sent} = scripted((_, count) => ({
      headers: {link: `<?last=${count}>; rel="next"`},
      body: {tags: Array.from({length: 30_000}, (_name, at) => `${'t'.repeat(90)}${count}-${at}`)}
    }))
    const error = await failureOf(() => listTags(repository))
    expect(error.message).toContain('never end')
    expect(sent.length).toBeLessThan(30)
  })

  it('whose second page fails, fails', async () => {
    const {repository} = scripted(({url}) =>
      url.searchParams.has('last') ? {status: 404} : page('1.0', '?last=1.0')
    )
    expect(await failureOf(() => listTags(repository))).toMatchObject({status: 404})
  })
})
