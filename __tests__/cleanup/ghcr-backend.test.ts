import {afterEach, describe, expect, it} from '@jest/globals'
import {RegistryError} from '../../src/errors.js'
import {openGithubApi} from '../../src/github/github-api.js'
import {systemClock} from '../../src/machine/clock.js'
import type {Digest} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {type GhcrParts, ghcrBackend} from '../../src/cleanup/vendors/ghcr-backend.js'
import type {Clock} from '../../src/ports.js'
import {GHCR_ADMIN, type GhcrEmulator, type GhcrOptions, startGhcr} from '../support/ghcr-emulator.js'
import type {GhcrToken} from '../support/ghcr-state.js'
import {type HostedRepository, listVersions, pushTagged} from '../support/hosted-repository.js'
import {testPorts} from '../support/ports.js'
import {openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'

const state: {emulator?: GhcrEmulator} = {}
afterEach(async () => {
  const {emulator} = state
  delete state.emulator
  await emulator?.stop()
  expect(emulator?.faults ?? []).toEqual([])
})

interface World extends HostedRepository {
  readonly emulator: GhcrEmulator
}

async function world(
  options: GhcrOptions & {repository?: string; token?: GhcrToken; clock?: Clock} = {},
  overrides: Partial<GhcrParts> = {}
): Promise<World> {
  const {repository = 'org/app', token, ...rest} = options
  const emulator = await startGhcr({...(token === undefined ? {} : {tokens: {admin: token}}), ...rest})
  state.emulator = emulator
  const {reporter, signal, ...ports} = testPorts([])
  const clock = options.clock ?? ports.clock
  const environment = {GITHUB_API_URL: emulator.apiUrl, GITHUB_TOKEN: 'admin'}
  const github = openGithubApi({environment, send: ports.send, clock, reporter, signal})()
  const backend = ghcrBackend({
    github,
    repository: parseRepository(`ghcr.io/${repository}`),
    runsIn: 'org/app',
    isInRegistry: () => Promise.resolve(emulator.state.packages.has(repository)),
    purpose: 'delete',
    clock,
    signal,
    ...overrides
  })
  return {emulator, backend, client: openClient({host: emulator.host}).repository(repository)}
}

const classic = (...scopes: readonly string[]): GhcrToken => ({kind: 'classic', user: 'owner', scopes})
const other: GhcrToken = {kind: 'classic', user: 'other', scopes: ['read:packages', 'delete:packages']}
const stranger: GhcrToken = {kind: 'classic', user: 'stranger', scopes: ['read:packages', 'delete:packages']}
const actionsOf = (repository: string, packages: 'none' | 'read' | 'write' = 'write'): GhcrToken => ({
  kind: 'actions',
  repository,
  packages
})

describe('a package of GHCR', () => {
  it.each(['org/app', 'org/deep/er/app', 'owner/app'])(
    'is listed with tags, ids and times: %s',
    async repository => {
      const here = await world({repository})
      const before = Date.now()
      const [old, tagged] = await pushTagged(here, [], ['v1', 'latest'])
      expect(await here.backend.capabilities()).toMatchObject({
        listsUntagged: true,
        tagDeletion: 'placeholder'
      })
      const versions = await listVersions(here)
      expect(versions).toMatchObject([
        {digest: tagged, tags: ['v1', 'latest'], id: expect.stringMatching(/^\d+$/)},
        {digest: old, tags: []}
      ])
      for (const {pushed} of versions) expect(Math.abs((pushed ?? 0) - before)).toBeLessThan(60_000)
      expect(here.emulator.calls.at(-1)).toContain(
        `container/${encodeURIComponent(repository.replace(/^\w+\//, ''))}/versions`
      )
    }
  )

  it.each<[string, GhcrToken, string]>([
    ['by its user below /user', GHCR_ADMIN, '/user/packages/container/app'],
    ['by a run below /users', actionsOf('owner/app'), '/users/owner/packages/container/app'],
    ['by another user below /users', other, '/users/owner/packages/container/app']
  ])('of a user is read %s', async (_, token, path) => {
    const here = await world({repository: 'owner/app', token, admins: ['owner', 'owner/app', 'other']})
    const [, gone = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    await here.backend.capabilities()
    expect(await here.backend.deleteVersion({digest: gone, tags: []})).toEqual({state: 'done'})
    expect(here.emulator.calls.at(-1)).toBe(`DELETE ${path}/versions/1001`)
  })

  it('is looked at one by one: a version with its tags, nothing where it is gone, and no other answer is believed', async () => {
    let status = 0
    const here = await world({
      interfere: (_, path) =>
        status > 0 && /versions\/\d+$/.test(path) ? {when: 'before', answer: {status, body: {}}} : undefined
    })
    const [one = '' as Digest] = await pushTagged(here, ['v1'], [])
    const [, version] = await listVersions(here)
    expect(await here.backend.lookAt?.(version!)).toMatchObject({digest: one, tags: ['v1']})
    status = 404
    expect(await here.backend.lookAt?.(version!)).toBeUndefined()
    status = 403
    expect(await failureOf(async () => await here.backend.lookAt?.(version!))).toMatchObject({
      code: 'RIGHT_MISSING'
    })
  })

  it('is not back where GitHub refuses to restore a version', async () => {
    const here = await world({
      interfere: (_, path) =>
        path.endsWith('/restore') ? {when: 'before', answer: {status: 403, body: {}}} : undefined
    })
    const [one = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    await here.backend.deleteVersion({digest: one, tags: []})
    expect(await failureOf(async () => await here.backend.restoreVersion?.(one))).toMatchObject({
      code: 'RIGHT_MISSING'
    })
    expect((await listVersions(here)).map(({digest}) => digest)).not.toContain(one)
  })

  it('is listed in the order of the host, however many pages there are', async () => {
    const here = await world()
    const name = 'org/app'
    for (let at = 0; at < 345; at++)
      here.emulator.state.put(
        name,
        `t${at}`,
        'application/vnd.oci.image.manifest.v1+json',
        Buffer.from(String(at))
      )
    expect((await listVersions(here)).map(({tags}) => tags[0])).toEqual(
      Array.from({length: 345}, (_, at) => `t${344 - at}`)
    )
    const pages = () => here.emulator.calls.filter(call => call.includes('/versions?')).length
    expect(pages()).toBe(4)
    for await (const {versions} of here.backend.versions()) if (versions.length > 0) break
    expect(pages()).toBe(5)
  })

  it('has nothing listed where there is none', async () => {
    const {backend} = await world()
    await backend.capabilities()
    expect(await listVersions({backend})).toEqual([])
  })

  it('loses a version, its tags and its manifest, and gets them back', async () => {
    const here = await world()
    const [gone = '' as Digest, kept = '' as Digest] = await pushTagged(here, ['v1', 'old'], ['v2'])
    expect(await here.backend.deleteVersion({digest: gone, tags: []})).toEqual({state: 'done'})
    expect((await listVersions(here)).map(({digest}) => digest)).toEqual([kept])
    expect(await here.client.findManifest(gone)).toBeUndefined()
    expect(await here.client.headManifest(parseTag('old'))).toBeUndefined()
    expect(await here.backend.restoreVersion?.(gone)).toEqual({state: 'done'})
    expect((await here.client.headManifest(parseTag('old')))?.digest).toBe(gone)
    expect(await here.backend.restoreVersion?.(gone)).toEqual({state: 'done'})
  })

  it('finds what was put after the listing, and says where something is gone already', async () => {
    const here = await world()
    await pushTagged(here, ['v1'])
    await listVersions(here)
    const [late = '' as Digest] = await pushTagged(here, ['v2'])
    expect(await here.backend.deleteVersion({digest: late, tags: []})).toEqual({state: 'done'})
    expect(await here.backend.deleteVersion({digest: late, tags: [], id: '1001'})).toEqual({state: 'gone'})
    expect(
      await here.backend.deleteVersion({digest: `sha256:${'0'.repeat(64)}` as Digest, tags: []})
    ).toEqual({
      state: 'gone'
    })
  })

  it('says how a version is brought back by hand', async () => {
    const here = await world()
    const [digest = '' as Digest] = await pushTagged(here, ['v1'])
    await listVersions(here)
    expect(here.backend.restoreHint?.([digest])).toBe(
      'gh api -X POST /orgs/org/packages/container/app/versions/1000/restore'
    )
  })

  it('cannot bring back what GitHub does not have any more', async () => {
    const here = await world()
    const [gone = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    await here.backend.deleteVersion({digest: gone, tags: []})
    const version = here.emulator.state.packages.get('org/app')?.find(({digest}) => digest === gone)
    here.emulator.state.packages.set('org/app', here.emulator.state.list('org/app'))
    expect(version).toBeDefined()
    expect(await here.backend.restoreVersion?.(gone)).toMatchObject({
      state: 'undeletable',
      reason: 'it is not among the versions that GitHub can bring back'
    })
  })
})

describe('what GitHub deletes for nobody is told from what went wrong', () => {
  it('the last tagged version', async () => {
    const here = await world()
    const [only = '' as Digest] = await pushTagged(here, ['v1'], [])
    expect(await here.backend.deleteVersion({digest: only, tags: []})).toEqual({
      state: 'undeletable',
      isForNobody: true,
      reason: 'it is the last tagged version of the package',
      hint: 'Tag another version first, or delete the whole package.'
    })
  })

  it('more than 5,000 downloads of a public package', async () => {
    const here = await world()
    const [pulled = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    const version = here.emulator.state.find('org/app', 'v1')
    if (version !== undefined) version.downloads = 5001
    expect(await here.backend.deleteVersion({digest: pulled, tags: []})).toMatchObject({
      state: 'undeletable',
      reason: 'it has more than 5,000 downloads, and the package is public'
    })
  })
})

interface Missing {
  readonly options: GhcrOptions & {readonly token: GhcrToken}
  readonly runsIn?: string
  readonly says: string
  readonly hint: string
}

const PAGE = 'https://github.com/orgs/org/packages/container/app/settings'
const CLASSIC = 'Use a classic personal access token with the scopes read:packages and delete:packages'

describe('a right that is missing is named with the setting that gives it', () => {
  const missing: Readonly<Record<string, Missing>> = {
    'a token without the scope to delete': {
      options: {token: classic('read:packages', 'write:packages')},
      says: 'the token lacks the scope delete:packages',
      hint: CLASSIC
    },
    'a token without the scope to read': {
      options: {token: classic('delete:packages')},
      says: 'the token lacks the scope read:packages',
      hint: CLASSIC
    },
    'a fine-grained token': {
      options: {token: {kind: 'fine-grained'}},
      says: "GitHub's packages do not take fine-grained personal access tokens",
      hint: CLASSIC
    },
    'a package of another owner': {
      options: {token: actionsOf('other/tool')},
      runsIn: 'other/tool',
      says: 'the package belongs to org, and this run to other',
      hint: "GITHUB_TOKEN deletes only packages of its own repository's owner"
    },
    'a package that is linked to no repository': {
      options: {token: actionsOf('org/tool'), linkedTo: ''},
      runsIn: 'org/tool',
      says: 'the package is not linked to a repository',
      hint: `At ${PAGE} choose "Connect repository" org/tool`
    },
    'a package that is linked to another repository': {
      options: {token: actionsOf('org/tool')},
      runsIn: 'org/tool',
      says: 'the package is linked to org/app, and org/tool has no role Admin on it',
      hint: `At ${PAGE} add org/tool under "Manage Actions access" with the role Admin.`
    },
    'a repository without the role Admin': {
      options: {token: actionsOf('org/app'), admins: []},
      says: 'the token has no role Admin on the package',
      hint: `Give the job the permission packages: write, and at ${PAGE} the repository org/app the role Admin`
    },
    'a job without the permission': {
      options: {token: actionsOf('org/app', 'read')},
      says: 'the token has no role Admin on the package',
      hint: 'Give the job the permission packages: write'
    },
    'a user without the role Admin': {
      options: {token: stranger},
      says: "the token's user has no role Admin on the package",
      hint: `At ${PAGE} give the user the role Admin under "Manage access".`
    }
  }
  const rows = Object.entries(missing).flatMap(([name, row]) =>
    ([403, 404] as const).map(refusesWith => ({name, row, refusesWith}))
  )

  it.each(rows)('$name, said by $refusesWith', async ({row: {options, runsIn, says, hint}, refusesWith}) => {
    const here = await world({refusesWith, ...options}, runsIn === undefined ? {} : {runsIn})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    const failure = await failureOf(async () => {
      await here.backend.capabilities()
      await here.backend.deleteVersion({digest, tags: []})
    })
    expect(failure).toMatchObject({
      code: 'RIGHT_MISSING',
      message: `ghcr.io/org/app: ${failure.message.slice(17)}`
    })
    expect(failure.message).toContain(says)
    expect(failure.hint).toContain(hint)
    expect(await here.client.headManifest(parseTag('v1'))).toBeDefined()
  })

  it('a private package that the API does not show, and the registry does', async () => {
    const here = await world({token: actionsOf('other/tool'), visibility: 'private'}, {runsIn: 'org/tool'})
    await pushTagged(here, ['v1'])
    expect(await failureOf(async () => await here.backend.capabilities())).toMatchObject({
      code: 'RIGHT_MISSING',
      message: 'ghcr.io/org/app: the registry has it, and the API does not show it to this token'
    })
  })

  it('is asked for only where deletion is meant', async () => {
    const here = await world({token: classic('read:packages')}, {purpose: 'list'})
    await pushTagged(here, ['v1'])
    await here.backend.capabilities()
    expect(await listVersions(here)).toHaveLength(1)
  })

  it('a token that GitHub does not know', async () => {
    const here = await world({tokens: {}})
    expect(await failureOf(async () => await here.backend.capabilities())).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringContaining('github-token')
    })
  })

  it('an owner that GitHub does not know', async () => {
    const {backend} = await world({repository: 'nobody/app'})
    expect(await failureOf(async () => await backend.capabilities())).toMatchObject({
      code: 'REFERENCE_INVALID',
      message: 'ghcr.io/nobody/app: GitHub knows no account nobody'
    })
  })
})

describe('failures of the API', () => {
  const failing = (status: number, when: 'before' | 'after', times: number) => {
    const left = {times}
    return (method: string) =>
      method === 'DELETE' && left.times-- > 0
        ? {when, answer: {status, body: {message: 'Server Error'}}}
        : undefined
  }

  it.each([
    ['before', 'done'],
    ['after', 'gone']
  ] as const)('that pass are tried again: %s the deletion', async (when, outcome) => {
    const here = await world({interfere: failing(502, when, 2)})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    expect(await here.backend.deleteVersion({digest, tags: []})).toEqual({state: outcome})
    expect(await here.client.findManifest(digest)).toBeUndefined()
  })

  it('that stay are given out', async () => {
    const here = await world({interfere: failing(500, 'before', 99)})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'], ['v2'])
    const failure = await failureOf(async () => await here.backend.deleteVersion({digest, tags: []}))
    expect(failure).toBeInstanceOf(RegistryError)
    expect(failure.message).toContain("at GitHub's API: 500: Server Error")
  })

  it('for its limits are waited for as the answers say, and met by few', async () => {
    const limits = {secondary: {points: 100, windowSeconds: 1}, primary: {requests: 42, windowSeconds: 1}}
    const here = await world({limits, clock: systemClock})
    const digests = await pushTagged(here, ...Array.from({length: 30}, () => []), ['v1'])
    await listVersions(here)
    const outcomes = await Promise.all(
      digests.slice(0, 30).map(async digest => await here.backend.deleteVersion({digest, tags: []}))
    )
    expect(new Set(outcomes.map(({state: outcome}) => outcome))).toEqual(new Set(['done']))
    expect(here.emulator.limiter.refused).toBeLessThanOrEqual(24)
  })
})
