import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {parseTag} from '../../src/oci/reference.js'
import type {Credential, HttpRequest} from '../../src/ports.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {digestOf} from '../../src/oci/digest.js'
import {type TestClient, bodyOf, openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, bearerChallenge, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const HOST = 'registry.example'
const REALM = 'https://auth.example/token'
const alice: Credential = {username: 'alice', password: 'pass:wörd'}
const BASIC = `Basic ${Buffer.from('alice:pass:wörd').toString('base64')}`
const TAG = parseTag('1.0')

type Answer = (request: HttpRequest) => ScriptedAnswer

function clientOf(answer: Answer, credential: Credential = alice, host = HOST): TestClient {
  return openClient({host, credential}, {send: scriptedSend(answer), insecure: ['plain.example']})
}

/** A registry that answers 404 to whoever has the right authorization, and a challenge to all others. */
function guarded(challenge: ScriptedAnswer, isRight: (authorization: string) => boolean): Answer {
  return ({headers}) => (isRight(headers['authorization'] ?? '') ? {status: 404} : challenge)
}

/** The same, with a token server that gives out `token-1`, `token-2` and so on. */
function withTokens(
  registry: Answer,
  answerToken: Answer = () => ({})
): {answer: Answer; asked: HttpRequest[]} {
  const asked: HttpRequest[] = []
  return {
    asked,
    answer: request => {
      if (request.url.host !== 'auth.example') return registry(request)
      asked.push(request)
      return {body: {token: `token-${asked.length}`, expires_in: 300}, ...answerToken(request)}
    }
  }
}

const hosts = ({sent}: TestClient): string[] => sent.map(({url}) => url.host)
const authorizations = ({sent}: TestClient): (string | undefined)[] =>
  sent.map(({headers}) => headers['authorization'])

describe('a registry that asks nobody', () => {
  it('is told nothing, even where a login is known', async () => {
    const client = clientOf(() => ({status: 404}))
    expect(await client.repository('o/a').findManifest(TAG)).toBeUndefined()
    expect(authorizations(client)).toEqual([undefined])
  })
})

describe('a registry that asks for Basic', () => {
  const challenge = {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}}

  it('is told after its challenge, and then at once', async () => {
    const client = clientOf(guarded(challenge, text => text === BASIC))
    await client.repository('o/a').findManifest(TAG)
    await client.repository('o/b').findManifest(TAG)
    expect(authorizations(client)).toEqual([undefined, BASIC, BASIC])
  })

  it('is asked once where it refuses the login, and the error says so', async () => {
    const client = clientOf(() => challenge)
    const error = await failureOf(() => client.repository('o/a').findManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 401})
    expect(error.hint).toContain('lacks the permission')
    expect(client.sent).toHaveLength(2)
  })

  it('is asked once where no login is known, and the error says what to do', async () => {
    const client = openClient({host: HOST}, {send: scriptedSend(() => challenge)})
    const error = await failureOf(() => client.repository('o/a').findManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 401})
    expect(error.hint).toContain(`docker login ${HOST}`)
    expect(client.sent).toHaveLength(1)
  })
})

describe('a registry that asks for a token', () => {
  it('gets one for the repository and what is done there', async () => {
    const {answer, asked} = withTokens(guarded(bearerChallenge(REALM), text => text === 'Bearer token-1'))
    const client = clientOf(answer)
    await client.repository('o/a', 'pull').findManifest(TAG)
    expect(asked.map(({url}) => url.href)).toEqual([
      `${REALM}?service=registry.example&scope=repository%3Ao%2Fa%3Apull`
    ])
    expect(authorizations(client)).toEqual([undefined, BASIC, 'Bearer token-1'])
  })

  it('gets the same for everything in one repository, asked for once by all', async () => {
    const {answer, asked} = withTokens(guarded(bearerChallenge(REALM), text => text.startsWith('Bearer ')))
    const repository = clientOf(answer).repository('o/a')
    await Promise.all(Array.from({length: 20}, () => repository.findManifest(TAG)))
    await repository.findManifest(TAG)
    expect(asked).toHaveLength(1)
  })

  it('gets another for another repository and another right', async () => {
    const {answer, asked} = withTokens(guarded(bearerChallenge(REALM), text => text.startsWith('Bearer ')))
    const client = clientOf(answer)
    await client.repository('o/a', 'pull').findManifest(TAG)
    await client.repository('o/a', 'pull,push').findManifest(TAG)
    await client.repository('o/b', 'pull').findManifest(TAG)
    expect(asked.map(({url}) => url.searchParams.get('scope'))).toEqual([
      'repository:o/a:pull',
      'repository:o/a:pull,push',
      'repository:o/b:pull'
    ])
  })

  it('gets one with the scope of the origin for a mount', async () => {
    const {answer, asked} = withTokens(({method, url, headers}) => {
      if (headers['authorization'] === undefined) return bearerChallenge(REALM)
      return method === 'HEAD' ? {status: 404} : {status: url.search.includes('mount=') ? 201 : 500}
    })
    const client = clientOf(answer)
    const origin = client.repository('o/origin').repository
    const source = {digest: digestOf(new Uint8Array()), body: bodyOf(new Uint8Array()), mountFrom: origin}
    expect(await uploadBlob(client.repository('o/a', 'pull,push'), source)).toBe('mounted')
    expect(asked.at(-1)?.url.searchParams.getAll('scope')).toEqual([
      'repository:o/a:pull,push',
      'repository:o/origin:pull'
    ])
  })

  it('is told nothing of a password where Basic is offered beside it', async () => {
    const challenge = {status: 401, headers: {'www-authenticate': `Basic realm="x", Bearer realm="${REALM}"`}}
    const {answer} = withTokens(guarded(challenge, text => text.startsWith('Bearer ')))
    const client = clientOf(answer)
    await client.repository('o/a').findManifest(TAG)
    expect(authorizations(client)).toEqual([undefined, BASIC, 'Bearer token-1'])
    expect(hosts(client)).toEqual([HOST, 'auth.example', HOST])
  })

  it('gets one for nobody where no login is known', async () => {
    const {answer} = withTokens(guarded(bearerChallenge(REALM), text => text.startsWith('Bearer ')))
    const client = openClient({host: HOST}, {send: scriptedSend(answer)})
    await client.repository('o/a', 'pull').findManifest(TAG)
    expect(authorizations(client)).toEqual([undefined, undefined, 'Bearer token-1'])
  })

  it('gets one for a refresh token by POST', async () => {
    const {answer, asked} = withTokens(
      guarded(bearerChallenge(REALM), text => text === 'Bearer token-1'),
      () => ({body: {access_token: 'token-1'}})
    )
    const client = clientOf(answer, {username: '', password: '', identityToken: 'refresh me'})
    await client.repository('o/a', 'pull').findManifest(TAG)
    const [request] = asked
    expect(request?.method).toBe('POST')
    expect(request?.headers['authorization']).toBeUndefined()
    const form = new URLSearchParams(Buffer.from(request?.body as Uint8Array).toString())
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh me',
      service: 'registry.example',
      scope: 'repository:o/a:pull',
      client_id: 'image-release'
    })
  })

  it('gets a new one where it refuses the old one, once', async () => {
    const state = {valid: 'Bearer token-1'}
    const {answer, asked} = withTokens(guarded(bearerChallenge(REALM), text => text === state.valid))
    const client = clientOf(answer)
    await client.repository('o/a').findManifest(TAG)
    state.valid = 'Bearer token-2'
    await Promise.all(Array.from({length: 10}, () => client.repository('o/a').findManifest(TAG)))
    expect(asked).toHaveLength(2)
  })

  it('is not asked for ever where it refuses every token, and the error says what is lacking', async () => {
    const {answer, asked} = withTokens(() => bearerChallenge(REALM))
    const client = clientOf(answer)
    const error = await failureOf(() => client.repository('o/a', 'pull,push').findManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 401})
    expect(error.hint).toContain('lacks the permission')
    expect(asked.length).toBeLessThanOrEqual(2)
    expect(client.sent.length).toBeLessThanOrEqual(4)
  })

  it.each([
    [300, 200_000, 1],
    [300, 296_000, 2],
    [undefined, 50_000, 1],
    [undefined, 56_000, 2],
    [1, 500, 1],
    [1, 800, 2]
  ])('gets a new one in time: of %s s, after %s ms, %s were fetched', async (expires, later, count) => {
    const time = {now: 0}
    const body = {token: 'x', ...(expires === undefined ? {} : {expires_in: expires})}
    const {answer, asked} = withTokens(
      guarded(bearerChallenge(REALM), text => text !== ''),
      () => ({body})
    )
    const clock = {now: () => time.now, sleep: () => Promise.resolve()}
    const client = openClient({host: HOST, credential: alice}, {send: scriptedSend(answer), clock})
    await client.repository('o/a').findManifest(TAG)
    time.now = later
    await client.repository('o/a').findManifest(TAG)
    expect(asked).toHaveLength(count)
  })

  it.each([
    ['refuses', {status: 401}, 'auth.example rejected the credentials for registry.example (401)'],
    ['denies', {status: 403}, 'auth.example rejected the credentials for registry.example (403)'],
    ['is silent', {body: {}}, 'auth.example answered without a token for registry.example'],
    ['says null', {body: 'null'}, 'auth.example answered without a token for registry.example'],
    ['says HTML', {body: '<html>'}, 'auth.example answered without a token for registry.example'],
    ['gives an empty token', {body: {token: ''}}, 'auth.example answered without a token']
  ])('fails at once where the token server %s', async (_, answerToken: ScriptedAnswer, message) => {
    const {answer, asked} = withTokens(
      () => bearerChallenge(REALM),
      () => ({body: {}, ...answerToken})
    )
    const client = clientOf(answer)
    const error = await failureOf(() => client.repository('o/a').findManifest(TAG))
    expect(error.code).toBe('CREDENTIALS_INVALID')
    expect(error.message).toContain(message)
    expect(asked).toHaveLength(1)
    expect(JSON.stringify([error.message, error.hint, client.lines])).not.toMatch(/wörd|YWxpY2/)
  })

  it.each([429, 500, 502, 503])('tries again where the token server answers %s', async status => {
    const state = {failures: 2}
    const {answer, asked} = withTokens(
      guarded(bearerChallenge(REALM), text => text.startsWith('Bearer ')),
      () => (state.failures-- > 0 ? {status, headers: {'retry-after': '7'}} : {})
    )
    const client = clientOf(answer)
    expect(await client.repository('o/a').findManifest(TAG)).toBeUndefined()
    expect(asked).toHaveLength(3)
    expect(client.sleeps).toEqual([7000, 7000])
  })

  it('says which server failed where the token server answers 503 to the end', async () => {
    const {answer, asked} = withTokens(
      () => bearerChallenge(REALM),
      () => ({status: 503, body: ''})
    )
    const error = await failureOf(() => clientOf(answer).repository('o/a').findManifest(TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 503})
    expect(error.message).toBe('GET auth.example/token: 503')
    expect(asked).toHaveLength(3)
  })

  it('may answer a challenge that nobody understands', async () => {
    const client = clientOf(() => ({status: 401, headers: {'www-authenticate': 'Negotiate'}}))
    expect(await failureOf(() => client.repository('o/a').findManifest(TAG))).toMatchObject({status: 401})
    expect(client.sent).toHaveLength(1)
  })
})

describe('a password goes to a token server', () => {
  it.each([
    [HOST, 'https://auth.example/token', true],
    [HOST, `https://${HOST}/token`, true],
    [HOST, 'http://auth.example/token', false],
    [HOST, `http://${HOST}/token`, false],
    [HOST, 'http://127.0.0.1/token', false],
    [HOST, '/token', false],
    [HOST, '', false],
    [HOST, 'ftp://auth.example/token', false],
    [HOST, 'data:,x', false],
    ['plain.example', 'https://auth.example/token', true],
    ['plain.example', 'http://plain.example/token', true],
    ['plain.example', 'http://other.example/token', false],
    ['plain.example', 'http://plain.example:8080/token', false],
    ['plain.example', 'http://localhost/token', false],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/token', true],
    ['127.0.0.1:5000', 'http://localhost:5001/token', true],
    ['127.0.0.1:5000', 'http://10.0.0.1/token', false]
  ])('of %s at %s: %s', async (host, realm, isSafe) => {
    const client = clientOf(
      ({url, headers}) => {
        if (url.protocol === 'https:' && host !== HOST && url.host === host) throw notTls(url)
        if (url.pathname.startsWith('/v2/'))
          return headers['authorization'] === undefined ? bearerChallenge(realm) : {status: 404}
        return {body: {token: 'x'}}
      },
      alice,
      host
    )
    const work = client.repository('o/a').findManifest(TAG)
    if (isSafe) {
      expect(await work).toBeUndefined()
      expect(authorizations(client)).toContain(BASIC)
    } else {
      const error = await failureOf(() => work)
      expect(error).toMatchObject({code: 'CREDENTIALS_INVALID'})
      expect(error.message).toContain('not safe')
      expect(authorizations(client).every(text => text === undefined)).toBe(true)
    }
  })

  it('but not behind a redirect to another host', async () => {
    const client = clientOf(({url, headers}) => {
      if (url.host === 'auth.example') return {status: 307, headers: {location: 'https://evil.example/token'}}
      if (url.host === 'evil.example') return {body: {token: 'x'}}
      return headers['authorization'] === undefined ? bearerChallenge(REALM) : {status: 404}
    })
    await client.repository('o/a').findManifest(TAG)
    expect(hosts(client)).toEqual([HOST, 'auth.example', 'evil.example', HOST])
    expect(authorizations(client)).toEqual([undefined, BASIC, undefined, 'Bearer x'])
  })

  it('but not where a host asks for it that the registry only redirects to', async () => {
    const client = clientOf(({url}) => {
      if (url.host === HOST) return {status: 307, headers: {location: 'https://store.example/x'}}
      return bearerChallenge('https://evil.example/token')
    })
    const error = await failureOf(() => client.repository('o/a').findManifest(TAG))
    expect(error).toMatchObject({status: 401})
    expect(authorizations(client)).toEqual([undefined, undefined])
  })
})

describe('an upload whose Location is plain HTTP, as behind a proxy that ends TLS', () => {
  const upload = async (location: string): Promise<TestClient> => {
    const client = clientOf(({method, headers}) => {
      if (headers['authorization'] === undefined)
        return {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}}
      if (method === 'HEAD') return {status: 404}
      return method === 'POST' ? {status: 202, headers: {location}} : {status: 201}
    })
    await uploadBlob(client.repository('o/a'), {
      digest: digestOf(new Uint8Array()),
      body: bodyOf(new Uint8Array())
    })
    return client
  }

  it('goes on over TLS, for neither login nor layers may be read on the way', async () => {
    const {sent} = await upload(`http://${HOST}/v2/o/a/blobs/uploads/1?state=x`)
    expect(sent.at(-1)?.url.href).toMatch(
      /^https:\/\/registry\.example\/v2\/o\/a\/blobs\/uploads\/1\?state=x&digest=/
    )
    expect(sent.every(({url}) => url.protocol === 'https:')).toBe(true)
  })

  it('is refused where that is another host', async () => {
    const error = await failureOf(() => upload('http://store.example/upload'))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED'})
    expect(error.message).toContain('plain HTTP')
  })
})

/** What the transport says where a TLS handshake is answered in plain text. */
function notTls(url: URL): ReleaseError {
  const cause = Object.assign(new Error('wrong version number'), {code: 'EPROTO'})
  return new ReleaseError('REGISTRY_UNREACHABLE', `GET ${url.host}: no answer`, {cause})
}
