import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest} from '../../src/ports.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {askRight} from '../../src/registry/client/rights.js'
import {closedAfterEach} from '../support/closing.js'
import {bodyOf, indexOf, openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const closing = closedAfterEach()
const bytes = Buffer.from('layer')
const digest = digestOf(bytes)
const source = {digest, body: bodyOf(bytes)}

const said = (status: number, code: string): ScriptedAnswer => ({
  status,
  body: {errors: [{code, message: code}]}
})

function scripted(answer: (request: HttpRequest) => ScriptedAnswer) {
  const client = openClient({host: 'registry.example'}, {send: scriptedSend(answer)})
  closing.push(() => client.close())
  const lines = () =>
    client.sent.map(({method, url}) => `${method} ${url.pathname.replace(/^\/v2\/o\/a\//, '')}`)
  return {client, repository: client.repository('o/a'), lines}
}

describe('a registry that refuses HEAD of a blob', () => {
  const refusing = (status: number, isThere: boolean) => (request: HttpRequest) => {
    const {method, url} = request
    if (method === 'HEAD') return {status}
    if (method === 'POST') return {status: 202, headers: {location: '/v2/o/a/blobs/uploads/1'}}
    if (method === 'PUT') return {status: 201}
    return isThere && url.pathname.endsWith(digest)
      ? {headers: {'content-length': String(bytes.length)}, body: bytes.toString()}
      : said(404, 'BLOB_UNKNOWN')
  }

  it.each([400, 403, 405, 501])('with %i is asked by GET whether it has it', async status => {
    const {repository, lines} = scripted(refusing(status, true))
    expect(await repository.blobSize(digest)).toBe(bytes.length)
    expect(await uploadBlob(repository, source)).toBe('present')
    expect(lines().filter(line => /^(POST|PUT)/.test(line))).toEqual([])
  })

  it.each([400, 403, 405, 501])('with %i is sent what it does not have', async status => {
    const {repository} = scripted(refusing(status, false))
    expect(await repository.blobSize(digest)).toBeUndefined()
    expect(await uploadBlob(repository, source)).toBe('uploaded')
  })

  it('for want of a right is sent the blob, and the refusal of that is told', async () => {
    const {repository} = scripted(() => said(403, 'DENIED'))
    expect(await failureOf(() => repository.blobSize(digest))).toMatchObject({status: 403})
    expect(await failureOf(() => uploadBlob(repository, source))).toMatchObject({
      status: 403,
      message: expect.stringContaining('POST')
    })
  })
})

describe('a registry that shows late what it has', () => {
  it.each<[string, number]>([
    ['MANIFEST_BLOB_UNKNOWN', 400],
    ['MANIFEST_BLOB_UNKNOWN', 404],
    ['BLOB_UNKNOWN', 404]
  ])('%s (%i) for a manifest is no end: it is put again', async (code, status) => {
    const state = {puts: 0}
    const {repository} = scripted(() => (state.puts++ < 2 ? said(status, code) : {status: 201}))
    await repository.putManifest(indexOf(), parseTag('1.0'))
    expect(state.puts).toBe(3)
  })

  it('and never, is told as it was said, after as many tries as any', async () => {
    const {repository, lines} = scripted(() => said(400, 'MANIFEST_BLOB_UNKNOWN'))
    const error = await failureOf(() => repository.putManifest(indexOf(), parseTag('1.0')))
    expect(error).toMatchObject({message: expect.stringContaining('MANIFEST_BLOB_UNKNOWN')})
    expect(lines()).toHaveLength(3)
  })

  it('a config that a manifest names is asked for again', async () => {
    const state = {gets: 0}
    const {repository} = scripted(() =>
      state.gets++ < 2 ? said(404, 'BLOB_UNKNOWN') : {body: bytes.toString()}
    )
    expect(Buffer.from(await repository.getBlob({digest})).toString()).toBe('layer')
  })

  it('a blob of another repository is not mounted, and an upload of it is not begun thrice', async () => {
    const {client, repository, lines} = scripted(({method, url}) => {
      if (url.searchParams.has('mount')) return said(404, 'BLOB_UNKNOWN')
      if (method === 'POST') return {status: 202, headers: {location: '/v2/o/a/blobs/uploads/1'}}
      return {status: method === 'PUT' ? 201 : 404}
    })
    const mountFrom = client.repository('o/b').repository
    expect(await uploadBlob(repository, {...source, mountFrom})).toBe('uploaded')
    expect(lines().filter(line => line.startsWith('POST'))).toHaveLength(2)
  })
})

describe('an upload that is led elsewhere', () => {
  it('goes on there, without the login', async () => {
    const send = scriptedSend(({method, url, headers}) => {
      if (url.host === 'store.example')
        return method === 'POST'
          ? {status: 202, headers: {location: '/v2/o/a/blobs/uploads/7?state=x'}}
          : {status: 201}
      if (method === 'HEAD') return {status: 404}
      return headers['authorization'] === undefined
        ? {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}}
        : {status: 307, headers: {location: `https://store.example${url.pathname}${url.search}`}}
    })
    const credential = {username: 'u', password: 'p'}
    const own = openClient({host: 'registry.example', credential}, {send})
    closing.push(() => own.close())
    expect(await uploadBlob(own.repository('o/a'), source)).toBe('uploaded')
    const far = own.sent.filter(({url}) => url.host === 'store.example')
    expect(far.map(({method, url}) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'POST /v2/o/a/blobs/uploads/',
      `PUT /v2/o/a/blobs/uploads/7?state=x&digest=${encodeURIComponent(digest)}`
    ])
    expect(far.map(({headers}) => headers['authorization'])).toEqual([undefined, undefined])
  })

  it('is not called off there: a DELETE goes to the registry only', async () => {
    const {client, repository} = scripted(({method}) =>
      method === 'POST' ? {status: 202, headers: {location: 'https://store.example/upload/1'}} : {status: 204}
    )
    expect(await askRight(repository, 'push')).toEqual({answer: 'yes'})
    expect(client.sent.map(({method, url}) => `${method} ${url.host}`)).toEqual(['POST registry.example'])
  })
})
