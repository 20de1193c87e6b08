import {afterEach, describe, expect, it} from '@jest/globals'
import {
  type AuthOptions,
  type EmbeddedRegistry,
  type EmbeddedRegistryOptions,
  memoryStorage,
  startEmbeddedRegistry
} from '../../src/embedded-registry/embedded-registry.js'

const USERS = [
  {username: 'all', password: 'pä:ss'},
  {username: 'reader', password: 'r', rights: ['pull']},
  {username: 'writer', password: 'w', rights: ['pull', 'push']}
] as const
const NOTHING = `/v2/a/b/blobs/sha256:${'0'.repeat(64)}`
const running: EmbeddedRegistry[] = []

afterEach(async () => {
  for (const registry of running.splice(0)) await registry.close()
})

describe('Basic authentication', () => {
  it.each([
    ['nobody', undefined, 'GET', '/v2/', 401],
    ['a reader', 'reader:r', 'GET', '/v2/', 200],
    ['a wrong password', 'reader:x', 'GET', '/v2/', 401],
    ['an unknown user', 'x:r', 'GET', '/v2/', 401],
    ['a password with a colon and an umlaut', 'all:pä:ss', 'GET', '/v2/', 200],
    ['a reader', 'reader:r', 'GET', NOTHING, 404],
    ['a reader', 'reader:r', 'POST', '/v2/a/b/blobs/uploads/', 403],
    ['a writer', 'writer:w', 'POST', '/v2/a/b/blobs/uploads/', 202],
    ['a writer', 'writer:w', 'DELETE', NOTHING, 403],
    ['one with all rights', 'all:pä:ss', 'DELETE', NOTHING, 404],
    ['nobody', undefined, 'GET', NOTHING, 401],
    ['nobody', undefined, 'GET', '/v2/_catalog', 401],
    ['a reader', 'reader:r', 'GET', '/v2/_catalog', 200]
  ])('%s (%s) who sends %s %s gets %i', async (...[, user, method, path, status]) => {
    const registry = await start({kind: 'basic', users: USERS})
    expect((await send(registry, method, path, basic(user))).status).toBe(status)
  })

  it.each([
    ['may pull', 'GET', NOTHING, 404],
    ['may not push', 'POST', '/v2/a/b/blobs/uploads/', 401],
    ['is asked at /v2/, where clients look for a challenge', 'GET', '/v2/', 401]
  ])('nobody %s where pulling is free', async (_what, method, path, status) => {
    const registry = await start({kind: 'basic', users: USERS, anonymous: ['pull']})
    const answer = await send(registry, method, path)
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+"/)
  })

  it('refuses a wrong password also where pulling is free', async () => {
    const registry = await start({kind: 'basic', users: USERS, anonymous: ['pull']})
    expect((await send(registry, 'GET', NOTHING, basic('reader:wrong'))).status).toBe(401)
  })
})

describe('token authentication', () => {
  it('says where a token is had, for what, and why one is needed', async () => {
    const registry = await start({kind: 'token', users: USERS})
    const answer = await send(
      registry,
      'POST',
      `/v2/a/b/blobs/uploads/?mount=sha256:${'0'.repeat(64)}&from=c/d`
    )
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="${registry.url}/token",service="image-release-registry",` +
        'scope="repository:a/b:pull,push repository:c/d:pull"'
    )
    expect(await answer.json()).toMatchObject({errors: [{code: 'UNAUTHORIZED'}]})
  })

  it('never puts what a client wrote into the challenge unchecked', async () => {
    const registry = await start({kind: 'token', users: USERS})
    const answer = await send(registry, 'POST', '/v2/a/b/blobs/uploads/?mount=x&from=%22%0d%0aevil')
    expect(answer.headers.get('www-authenticate')).toMatch(/scope="repository:a\/b:pull,push"$/)
  })

  it.each([
    [
      'all that is asked for',
      'all:pä:ss',
      ['repository:a/b:pull,push,delete'],
      'repository:a/b:pull,push,delete'
    ],
    ['no more than the rights', 'reader:r', ['repository:a/b:pull,push'], 'repository:a/b:pull'],
    ['nothing where there is no right', 'reader:r', ['repository:a/b:push'], 'repository:a/b:'],
    [
      'several scopes',
      'writer:w',
      ['repository:a:pull', 'repository:b:push'],
      'repository:a:pull repository:b:push'
    ],
    [
      'several scopes in one text',
      'writer:w',
      ['repository:a:pull repository:b:push'],
      'repository:a:pull repository:b:push'
    ],
    ['all actions for a star', 'writer:w', ['repository:a:*'], 'repository:a:pull,push'],
    ['the catalogue', 'reader:r', ['registry:catalog:*'], 'registry:catalog:*'],
    ['a class', 'reader:r', ['repository(plugin):a:pull'], 'repository:a:pull'],
    ['nothing for what is not understood', 'all:pä:ss', ['nonsense'], '']
  ])('grants %s', async (_what, user, scopes, granted) => {
    const registry = await start({kind: 'token', users: USERS})
    const query = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]))
    const answer = await send(registry, 'GET', `/token?service=x&${query.toString()}`, basic(user))
    expect([answer.status, ((await answer.json()) as {scope: string}).scope]).toEqual([200, granted])
  })

  it.each([
    ['the token of a writer', 'writer:w', 'repository:a/b:pull,push', 'POST', 202],
    ['the token of a reader', 'reader:r', 'repository:a/b:pull,push', 'POST', 401],
    ['a token for another repository', 'writer:w', 'repository:a/c:pull,push', 'POST', 401],
    ['a token for reading only', 'writer:w', 'repository:a/b:pull', 'POST', 401]
  ])('takes or refuses %s', async (...[, user, scope, method, status]) => {
    const registry = await start({kind: 'token', users: USERS})
    const token = await tokenOf(registry, user, scope)
    const answer = await send(registry, method, '/v2/a/b/blobs/uploads/', {authorization: `Bearer ${token}`})
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
  })

  it('lets any token pass at /v2/', async () => {
    const registry = await start({kind: 'token', users: USERS})
    const token = await tokenOf(registry, 'reader:r', '')
    expect((await send(registry, 'GET', '/v2/', {authorization: `Bearer ${token}`})).status).toBe(200)
  })

  it.each([
    ['not a token', () => 'abc'],
    [
      'a changed payload',
      (token: string) => token.replace(/\.(.)/, (_all, first: string) => `.${first === 'e' ? 'f' : 'e'}`)
    ],
    ['no signature', (token: string) => `${token.split('.').slice(0, 2).join('.')}.`]
  ])('refuses %s', async (_what, change) => {
    const registry = await start({kind: 'token', users: USERS})
    const token = change(await tokenOf(registry, 'all:pä:ss', 'repository:a/b:pull'))
    const answer = await send(registry, 'GET', NOTHING, {authorization: `Bearer ${token}`})
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it('refuses a token that is too old, and says how long one lives', async () => {
    let time = Date.parse('2026-01-02T03:04:05.900Z')
    const registry = await start({kind: 'token', users: USERS, tokenLifetimeSeconds: 60}, {now: () => time})
    const answer = await send(registry, 'GET', '/token?scope=repository:a/b:pull', basic('reader:r'))
    const {token, expires_in: lifetime} = (await answer.json()) as {token: string; expires_in: number}
    const use = async () => await send(registry, 'GET', NOTHING, {authorization: `Bearer ${token}`})
    time += 59_999
    const inTime = await use()
    time += 1001
    const late = await use()
    expect([lifetime, inTime.status, late.status]).toEqual([60, 404, 401])
    expect(late.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it('refuses the token of another registry', async () => {
    const [one, other] = [
      await start({kind: 'token', users: USERS}),
      await start({kind: 'token', users: USERS})
    ]
    const token = await tokenOf(one, 'reader:r', 'repository:a/b:pull')
    expect((await send(other, 'GET', NOTHING, {authorization: `Bearer ${token}`})).status).toBe(401)
  })

  it.each([
    ['a wrong password', 'reader:x'],
    ['an unknown user', 'x:y'],
    ['nobody', undefined]
  ])('gives no token to %s', async (_who, user) => {
    const registry = await start({kind: 'token', users: USERS})
    expect((await send(registry, 'GET', '/token', basic(user))).status).toBe(401)
  })

  it('gives everyone a token for pulling where that is free', async () => {
    const registry = await start({kind: 'token', users: USERS, anonymous: ['pull']})
    const token = await tokenOf(registry, undefined, 'repository:a/b:pull,push')
    const headers = {authorization: `Bearer ${token}`}
    expect((await send(registry, 'GET', NOTHING, headers)).status).toBe(404)
    expect((await send(registry, 'POST', '/v2/a/b/blobs/uploads/', headers)).status).toBe(401)
  })

  it('gives tokens for a form with a password, and then for the refresh token', async () => {
    const registry = await start({kind: 'token', users: USERS})
    const scope = 'repository:a/b:pull'
    const first = await form(registry, {
      grant_type: 'password',
      username: 'reader',
      password: 'r',
      scope,
      access_type: 'offline'
    })
    const {refresh_token: refresh} = (await first.json()) as {refresh_token: string}
    const second = await form(registry, {grant_type: 'refresh_token', refresh_token: refresh, scope})
    const {access_token: token} = (await second.json()) as {access_token: string}
    expect((await send(registry, 'GET', NOTHING, {authorization: `Bearer ${token}`})).status).toBe(404)
    expect((await send(registry, 'GET', NOTHING, {authorization: `Bearer ${refresh}`})).status).toBe(401)
  })

  it.each([
    [{grant_type: 'password', username: 'reader', password: 'x'}, 401],
    [{grant_type: 'refresh_token', refresh_token: 'x'}, 401],
    [{grant_type: 'client_credentials'}, 400],
    [{grant_type: 'password', username: 'x'.repeat(70_000)}, 413]
  ])('refuses the form %#', async (fields, status) => {
    expect((await form(await start({kind: 'token', users: USERS}), fields)).status).toBe(status)
  })

  it('has no token endpoint where no tokens are asked for', async () => {
    expect(
      (await send(await start({kind: 'basic', users: USERS}), 'GET', '/token', basic('reader:r'))).status
    ).toBe(404)
  })

  it('writes no password and no token into log or records', async () => {
    const lines: string[] = []
    const registry = await start({kind: 'token', users: USERS}, {log: line => lines.push(line)})
    const token = await tokenOf(registry, 'writer:w', 'repository:a/b:pull')
    await form(registry, {grant_type: 'password', username: 'all', password: 'pä:ss'})
    await send(registry, 'GET', NOTHING, {authorization: `Bearer ${token}`})
    const text = JSON.stringify([lines, registry.requests])
    expect(
      [token, 'pä:ss', Buffer.from('writer:w').toString('base64')].filter(secret => text.includes(secret))
    ).toEqual([])
    expect(lines).toEqual(['GET /token 200', 'POST /token 200', `GET ${NOTHING} 404`])
  })
})

async function start(
  auth: AuthOptions,
  options: Partial<EmbeddedRegistryOptions> = {}
): Promise<EmbeddedRegistry> {
  const registry = await startEmbeddedRegistry({storage: memoryStorage(), auth, ...options})
  running.push(registry)
  return registry
}

function send(
  registry: EmbeddedRegistry,
  method: string,
  path: string,
  headers: Record<string, string> = {}
): Promise<Response> {
  return fetch(`${registry.url}${path}`, {method, headers})
}

function form(registry: EmbeddedRegistry, fields: Record<string, string>): Promise<Response> {
  return fetch(`${registry.url}/token`, {method: 'POST', body: new URLSearchParams(fields)})
}

function basic(user: string | undefined): Record<string, string> {
  return user === undefined ? {} : {authorization: `Basic ${Buffer.from(user).toString('base64')}`}
}

async function tokenOf(registry: EmbeddedRegistry, user: string | undefined, scope: string): Promise<string> {
  const answer = await send(registry, 'GET', `/token?scope=${scope}`, basic(user))
  return ((await answer.json()) as {token: string}).token
}
