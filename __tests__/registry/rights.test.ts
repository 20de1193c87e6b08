import {describe, expect, it} from '@jest/globals'
import {parseTag} from '../../src/oci/reference.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {REPOSITORY_RIGHTS, askRight, assertPushRights} from '../../src/registry/client/rights.js'
import type {RegistriesOptions} from '../../src/registry/client/registries.js'
import {digestOf} from '../../src/oci/digest.js'
import {closedAfterEach} from '../support/closing.js'
import {describeWith} from '../support/components.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  PUBLISHER,
  READER,
  type RunningRegistry,
  USERS,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith
} from '../support/registries.js'
import {type TestClient, bodyOf, newManifest, openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'

const TAG = parseTag('1.0')
/** How long a token of these registries lives. */
const LIFETIME_SECONDS = 300
const closing = closedAfterEach()

/** Starts a registry with one image in `pub/app`, and opens clients of it by their credential. */
async function setUp(start: () => Promise<RunningRegistry>) {
  const registry = await start()
  closing.push(() => registry.stop())
  const as = (
    credential?: {username: string; password: string},
    options: Partial<RegistriesOptions> = {}
  ): TestClient => {
    const client = openClient({host: registry.host, ...(credential ? {credential} : {})}, options)
    closing.push(() => client.close())
    return client
  }
  const repository = as(PUBLISHER).repository('pub/app')
  const manifest = await newManifest(repository)
  await repository.putManifest(manifest, TAG)
  return {as, manifest, host: registry.host}
}

/** How often a client asked for a token. */
const tokens = ({sent}: TestClient): number => sent.filter(({url}) => url.pathname === '/token').length

function rightsSuite(start: () => Promise<RunningRegistry>): void {
  it('a user who may only pull, pulls', async () => {
    const {as, manifest} = await setUp(start)
    const repository = as(READER).repository('pub/app', 'pull')
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('a user who may only pull, cannot push, upload or delete, and is told so', async () => {
    const {as, manifest, host} = await setUp(start)
    const repository = as(READER).repository('pub/app')
    const body = bodyOf(Buffer.from('x'))
    for (const work of [
      () => repository.putManifest(manifest, TAG),
      () => uploadBlob(repository, {digest: digestOf(Buffer.from('x')), body}),
      () => repository.deleteManifest(manifest.digest)
    ]) {
      const error = await failureOf(work)
      expect(error.code).toBe('REGISTRY_FAILED')
      expect(error.message).toMatch(/: (401 UNAUTHORIZED|403 DENIED)/)
      expect(error.hint).toContain(host)
      expect(error.hint).toContain('lacks the permission')
      expect(error.message + (error.stack ?? '')).not.toContain(READER.password)
    }
  })

  it('may be asked for before anything is done, and asking leaves nothing behind', async () => {
    const {as, manifest} = await setUp(start)
    const publisher = as(PUBLISHER)
    for (const name of ['pub/app', 'new/app'])
      for (const right of REPOSITORY_RIGHTS)
        expect(await askRight(publisher.repository(name, ACCESS[right]), right)).toEqual({answer: 'yes'})
    expect(
      await assertPushRights([publisher.repository('pub/app'), publisher.repository('new/app')])
    ).toEqual([])
    expect((await publisher.repository('pub/app').headManifest(TAG))?.digest).toBe(manifest.digest)
    const uploads = publisher.sent.filter(({url}) => url.pathname.includes('/blobs/uploads/'))
    const begun = uploads.filter(({method, headers}) => method === 'POST' && headers['authorization'])
    expect(uploads.filter(({method}) => method === 'DELETE').length).toBeGreaterThanOrEqual(4)
    expect(begun.length).toBeGreaterThanOrEqual(4)

    const reader = as(READER)
    const answers = await Promise.all(
      REPOSITORY_RIGHTS.map(async right => {
        const {answer, fault} = await askRight(reader.repository('pub/app', ACCESS[right]), right)
        return [right, answer, fault?.hint?.includes('lacks the permission')]
      })
    )
    expect(answers).toEqual([
      ['pull', 'yes', undefined],
      ['push', 'no', true],
      ['delete', 'no', true]
    ])
  })

  it('a wrong password is refused at once, and is not shown', async () => {
    const {as} = await setUp(start)
    const client = as({username: PUBLISHER.username, password: 'wrong-password'})
    const error = await failureOf(() => client.repository('pub/app').headManifest(TAG))
    expect(error.code).toMatch(/CREDENTIALS_INVALID|REGISTRY_FAILED/)
    expect(error.hint).toMatch(/Log in to .* again|is not accepted/)
    expect(error.message + (error.stack ?? '') + client.lines.join('\n')).not.toContain('wrong-password')
    expect(client.sent.filter(({url}) => url.pathname.startsWith('/v2/o')).length).toBeLessThanOrEqual(2)
  })
}

function expirySuite(start: () => Promise<RunningRegistry>): void {
  it('a token that ended is renewed in the middle of the work', async () => {
    const {as, manifest} = await setUp(start)
    let later = 0
    const clock = {now: () => Date.now() + later, sleep: () => Promise.resolve()}
    const client = as(PUBLISHER, {clock})
    const repository = client.repository('pub/app')
    const head = async () => (await repository.headManifest(TAG))?.digest
    await head()
    const before = tokens(client)
    expect(await head()).toBe(manifest.digest)
    expect(tokens(client)).toBe(before)
    later += LIFETIME_SECONDS * 1000
    expect(await head()).toBe(manifest.digest)
    expect(tokens(client)).toBe(before + 1)
  })
}

function anonymousSuite(start: () => Promise<RunningRegistry>): void {
  it('nobody in particular may pull what is public, and not push it', async () => {
    const {as, manifest, host} = await setUp(start)
    const client = as()
    expect((await client.repository('pub/app', 'pull').headManifest(TAG))?.digest).toBe(manifest.digest)
    const error = await failureOf(() => client.repository('pub/app').putManifest(manifest, TAG))
    expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 401})
    expect(error.hint).toBe(`Log in to ${host} before this step (docker login ${host}).`)
  })
}

/** What each right is asked with: no more than it needs. */
const ACCESS = {pull: 'pull', push: 'pull,push', delete: 'pull,push,delete'} as const

const withAnonymous = () => startEmbedded({auth: {kind: 'token', users: USERS, anonymous: ['pull']}})

describe('on the embedded registry with Basic', () => {
  rightsSuite(() => startEmbeddedWith('basic'))
})
describe('on the embedded registry with tokens', () => {
  rightsSuite(() => startEmbeddedWith('token'))
  expirySuite(() => startEmbeddedWith('token'))
  anonymousSuite(withAnonymous)

  it('each repository is asked for with the login for its part of the registry', async () => {
    const registry = await startEmbeddedWith('token')
    closing.push(() => registry.stop())
    const client = openClient(registry, {
      credentials: (_, repository) =>
        Promise.resolve(repository?.startsWith('mine/') === true ? PUBLISHER : READER)
    })
    closing.push(() => client.close())
    const mine = client.repository('mine/app')
    await mine.putManifest(await newManifest(mine), TAG)
    const error = await failureOf(() => newManifest(client.repository('theirs/app')))
    expect(error.message).toMatch(/: (401 UNAUTHORIZED|403 DENIED)/)
    expect(await mine.headManifest(TAG)).toBeDefined()
  })

  it('a token that the registry thinks ended is renewed, whatever its own clock says', async () => {
    let time = Date.parse('2026-01-02T03:04:05.900Z')
    const registry = await startEmbeddedWith('token', {now: () => time})
    closing.push(() => registry.stop())
    const clock = {now: () => 0, sleep: () => Promise.resolve()}
    const client = openClient(registry, {clock})
    closing.push(() => client.close())
    const repository = client.repository('o/a')
    await newManifest(repository)
    const before = tokens(client)
    time += (LIFETIME_SECONDS + 1) * 1000
    await Promise.all([1, 2, 3, 4, 5].map(async () => await newManifest(repository)))
    expect(tokens(client)).toBe(before + 1)
  })

  it('a refresh token does for a password', async () => {
    const registry = await startEmbeddedWith('token')
    closing.push(() => registry.stop())
    const login = Buffer.from(`${PUBLISHER.username}:${PUBLISHER.password}`).toString('base64')
    const answer = await fetch(`http://${registry.host}/token?offline_token=true&service=x`, {
      headers: {authorization: `Basic ${login}`}
    })
    const {refresh_token: identityToken} = (await answer.json()) as {refresh_token: string}
    const client = openClient({host: registry.host, credential: {username: '', password: '', identityToken}})
    closing.push(() => client.close())
    const repository = client.repository('o/a')
    await repository.putManifest(await newManifest(repository), TAG)
    expect(await repository.headManifest(TAG)).toBeDefined()
  })
})
describeWith(DISTRIBUTION_3, 'on distribution 3 with tokens', () => {
  rightsSuite(() => startDistribution3({auth: 'token'}))
  expirySuite(() => startDistribution3({auth: 'token'}))
  anonymousSuite(() => startDistribution3({auth: 'token'}))
})
describeWith(DISTRIBUTION_2, 'on distribution 2.8 with tokens', () => {
  rightsSuite(() => startDistribution2({auth: 'token'}))
  expirySuite(() => startDistribution2({auth: 'token'}))
  anonymousSuite(() => startDistribution2({auth: 'token'}))
})
