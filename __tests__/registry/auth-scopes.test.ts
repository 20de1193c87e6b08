import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {Credential, HttpRequest} from '../../src/ports.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {closedAfterEach} from '../support/closing.js'
import {bodyOf, openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const HOST = 'registry.example'
const REALM = 'https://auth.example/token'
const alice: Credential = {username: 'alice', password: 'secret'}
const TAG = parseTag('1.0')
const closing = closedAfterEach()

/** How a registry asks, and what its token server gives. */
interface Rules {
  /** The scopes that a request has to have, each as the challenge writes it. */
  readonly needs: (request: HttpRequest) => readonly string[]
  /** What the token server grants of the scopes that it was asked for, or the status by which it refuses. */
  readonly grants: (asked: readonly string[]) => readonly string[] | number
  readonly credential?: Credential
}

/** A registry whose tokens name the scopes that they are good for. */
function setUp({needs, grants, credential = alice}: Rules) {
  const asked: string[][] = []
  const answer = (request: HttpRequest): ScriptedAnswer => {
    if (request.url.host === 'auth.example') {
      const scopes = scopesIn(request)
      asked.push(scopes)
      const granted = grants(scopes)
      return typeof granted === 'number'
        ? {status: granted}
        : {body: {token: encodeURIComponent(granted.join(' ')) || 'none', expires_in: 300}}
    }
    const token = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1] ?? ''
    const had = decodeURIComponent(token).split(' ')
    const wanted = needs(request)
    if (wanted.every(scope => had.includes(scope))) return answerOf(request)
    const header = `Bearer realm="${REALM}",service="x",scope="${wanted.join(' ')}"`
    return {status: 401, headers: {'www-authenticate': header}}
  }
  const client = openClient({host: HOST, credential}, {send: scriptedSend(answer)})
  closing.push(() => client.close())
  return {client, repository: client.repository('o/a', 'pull,push'), asked}
}

function scopesIn({method, url, body}: HttpRequest): string[] {
  if (method !== 'POST') return url.searchParams.getAll('scope')
  const form = new URLSearchParams(Buffer.from(body as Uint8Array).toString())
  return (form.get('scope') ?? '').split(' ')
}

function answerOf({method, url}: HttpRequest): ScriptedAnswer {
  if (method === 'POST')
    return url.searchParams.has('mount')
      ? {status: 201}
      : {status: 202, headers: {location: '/v2/o/a/blobs/uploads/1'}}
  return {status: method === 'PUT' ? 201 : 404}
}

const bytes = Buffer.from('layer')
const source = {digest: digestOf(bytes), body: bodyOf(bytes)}
const OURS = 'repository:o/a:pull,push'

describe("the scope that a registry's challenge names", () => {
  const kinds: readonly [string, string][] = [
    ['of a proxy that puts a prefix before the name', 'repository:cache/o/a:pull'],
    ['of a proxy that takes one away', 'repository:a:pull'],
    ['that is opaque', 'tenant-7.read'],
    ['of another kind', 'registry:catalog:*']
  ]

  it.each(kinds)('%s is asked for beside our own', async (_, scope) => {
    const {repository, asked} = setUp({
      needs: () => [scope],
      grants: scopes => scopes.filter(one => one === scope)
    })
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(asked).toEqual([[scope, OURS]])
  })

  it.each(kinds)('%s is asked for alone where the token server takes one', async (_, scope) => {
    const {repository, asked} = setUp({
      needs: () => [scope],
      grants: scopes => (scopes.length > 1 ? 400 : scopes.filter(one => one === scope))
    })
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(asked).toEqual([[scope, OURS], [scope]])
  })

  it.each(kinds)('%s is asked for alone where the token server reads one only', async (_, scope) => {
    const {repository, asked} = setUp({
      needs: () => [scope],
      grants: scopes => scopes.slice(-1).filter(one => one === scope)
    })
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(asked).toEqual([[scope, OURS], [scope]])
  })

  it('is learned anew where a write needs more than a read', async () => {
    const needs = ({method}: HttpRequest) =>
      method === 'HEAD' ? ['repository:cache/o/a:pull'] : ['repository:cache/o/a:pull,push']
    const {repository, asked} = setUp({needs, grants: scopes => scopes})
    expect(await uploadBlob(repository, source)).toBe('uploaded')
    expect(asked).toEqual([
      ['repository:cache/o/a:pull', OURS],
      ['repository:cache/o/a:pull,push', OURS]
    ])
  })

  it('is asked for once by all requests of a repository', async () => {
    const {repository, asked} = setUp({needs: () => ['tenant-7.read'], grants: scopes => scopes})
    await repository.headManifest(TAG)
    await Promise.all(Array.from({length: 8}, () => repository.headManifest(TAG)))
    expect(asked).toHaveLength(1)
  })

  it('is not asked for where ours covers it', async () => {
    const {repository, asked} = setUp({
      needs: ({headers}) => (headers['authorization'] === undefined ? ['repository:o/a:pull'] : []),
      grants: scopes => scopes
    })
    await repository.headManifest(TAG)
    expect(asked).toEqual([[OURS]])
  })

  it('goes to a token server that takes refresh tokens, too', async () => {
    const {repository, asked} = setUp({
      needs: () => ['repository:cache/o/a:pull'],
      grants: scopes => scopes,
      credential: {username: '', password: '', identityToken: 'refresh'}
    })
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(asked).toEqual([['repository:cache/o/a:pull', OURS]])
  })

  it('that changes with each answer ends, and what the registry said is told', async () => {
    const state = {count: 0}
    const {repository, asked} = setUp({
      needs: () => [`never-${state.count++}`],
      grants: scopes => scopes
    })
    const error = await failureOf(() => repository.headManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 401})
    expect(asked.length).toBeLessThanOrEqual(2)
  })
})

describe('a token server that refuses two scopes', () => {
  it.each([400, 401, 403, 404, 422])('with %i is asked for one, and the layer is sent', async status => {
    const {client, asked} = setUp({
      needs: ({url}) => (url.searchParams.has('mount') ? [OURS, 'repository:o/b:pull'] : [OURS]),
      grants: scopes => (scopes.length > 1 ? status : scopes)
    })
    const repository = client.repository('o/a', 'pull,push')
    const mountFrom = client.repository('o/b').repository
    expect(await uploadBlob(repository, {...source, mountFrom})).toBe('uploaded')
    expect(asked.filter(scopes => scopes.length > 1)).toHaveLength(1)
  })

  it('is asked for one only from then on', async () => {
    const {client, asked} = setUp({
      needs: () => [OURS],
      grants: scopes => (scopes.length > 1 ? 400 : scopes)
    })
    const repository = client.repository('o/a', 'pull,push')
    for (const from of ['b', 'c', 'd']) {
      const mountFrom = client.repository(`o/${from}`).repository
      expect(await uploadBlob(repository, {...source, mountFrom})).toBe('mounted')
    }
    expect(asked).toEqual([[OURS], [OURS, 'repository:o/b:pull']])
  })

  it('and one, refuses for good, and the refusal is told', async () => {
    const {client} = setUp({needs: () => [OURS], grants: () => 403})
    const repository = client.repository('o/a', 'pull,push')
    const error = await failureOf(() => uploadBlob(repository, source))
    expect(error).toMatchObject({code: 'CREDENTIALS_INVALID', message: expect.stringContaining(OURS)})
  })
})

describe('the answer of a token server', () => {
  it.each<[string, Record<string, unknown>]>([
    ['token', {token: 'good'}],
    ['access_token', {access_token: 'good'}],
    ['both', {token: 'good', access_token: 'good'}],
    ['an empty token beside it', {token: '', access_token: 'good'}],
    ['token: null beside it', {token: null, access_token: 'good'}],
    ['an empty access_token beside it', {token: 'good', access_token: ''}]
  ])('gives the token as %s', async (_, document) => {
    const client = openClient(
      {host: HOST, credential: alice},
      {
        send: scriptedSend(({url, headers}) => {
          if (url.host === 'auth.example') return {body: document}
          return headers['authorization'] === 'Bearer good'
            ? {status: 404}
            : {status: 401, headers: {'www-authenticate': `Bearer realm="${REALM}"`}}
        })
      }
    )
    closing.push(() => client.close())
    expect(await client.repository('o/a').headManifest(TAG)).toBeUndefined()
  })

  it.each<[Record<string, unknown>]>([[{}], [{token: ''}], [{token: 7, access_token: ''}], [{token: ['a']}]])(
    'without a token in either field is an error: %j',
    async document => {
      const client = openClient(
        {host: HOST, credential: alice},
        {
          send: scriptedSend(({url}) =>
            url.host === 'auth.example'
              ? {body: document}
              : {status: 401, headers: {'www-authenticate': `Bearer realm="${REALM}"`}}
          )
        }
      )
      closing.push(() => client.close())
      const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
      expect(error).toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringContaining('without a token')
      })
    }
  )
})
