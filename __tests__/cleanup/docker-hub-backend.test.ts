import {afterEach, describe, expect, it} from '@jest/globals'
import {registryBackend} from '../../src/cleanup/vendors/registry-backend.js'
import {systemClock} from '../../src/machine/clock.js'
import type {Digest} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {type DockerHubParts, dockerHubBackend} from '../../src/cleanup/vendors/docker-hub-backend.js'
import type {Credential} from '../../src/ports.js'
import {HUB_LOGIN, type HubEmulator, type HubOptions, startDockerHub} from '../support/docker-hub-emulator.js'
import {type HostedRepository, listVersions, pushTagged} from '../support/hosted-repository.js'
import {testPorts} from '../support/ports.js'
import {indexOf, newManifest, openClient} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'

const state: {emulator?: HubEmulator} = {}
afterEach(async () => {
  const {emulator} = state
  delete state.emulator
  await emulator?.stop()
  expect(emulator?.faults ?? []).toEqual([])
})

interface HubWorld extends HostedRepository {
  readonly emulator: HubEmulator
}

async function world(options: HubOptions = {}, overrides: Partial<DockerHubParts> = {}): Promise<HubWorld> {
  const emulator = await startDockerHub(options)
  state.emulator = emulator
  const {send, clock, signal} = testPorts([])
  const client = openClient({host: emulator.host}).repository('ada/app')
  const backend = dockerHubBackend({
    repository: parseRepository('ada/app'),
    registry: registryBackend(client),
    digestAt: async tag => (await client.headManifest(tag))?.digest,
    credential: () => Promise.resolve<Credential | undefined>(HUB_LOGIN),
    send: request =>
      send({...request, url: new URL(request.url.pathname + request.url.search, emulator.apiUrl)}),
    clock,
    signal,
    ...overrides
  })
  return {emulator, backend, client}
}

const refusing = (status: number, body: unknown, when: 'before' | 'after' = 'before', times = 99) => {
  const left = {times}
  return (method: string) =>
    method === 'DELETE' && left.times-- > 0 ? {when, answer: {status, body}} : undefined
}

describe('a repository of Docker Hub', () => {
  it.each([true, false])(
    'is listed by digest, with tags and times, digests named: %s',
    async namesDigests => {
      const here = await world({namesDigests})
      const [one, other] = await pushTagged(here, ['v1', 'latest'], ['v0'])
      expect(await here.backend.capabilities()).toEqual({
        tagDeletion: 'alone',
        versionDeletion: 'untagged-only',
        listsUntagged: false,
        knowsAges: true
      })
      const versions = await listVersions(here)
      const time = Date.parse('2026-11-01T10:00:00Z')
      expect(new Map(versions.map(version => [version.digest, version]))).toEqual(
        new Map([
          [one, {digest: one, tags: ['latest', 'v1'], pushed: time, size: 1234}],
          [other, {digest: other, tags: ['v0'], pushed: time, size: 1234}]
        ])
      )
    }
  )

  it('is listed whole, however many pages there are', async () => {
    const here = await world()
    await pushTagged(
      here,
      Array.from({length: 120}, (_, at) => `t${at}`)
    )
    const [version] = await listVersions(here)
    expect(version?.tags).toHaveLength(120)
    expect(here.emulator.calls.filter(call => call.startsWith('GET'))).toHaveLength(2)
    expect(here.emulator.calls.filter(call => call.startsWith('POST'))).toHaveLength(1)
  })

  it('has nothing listed where there is none', async () => {
    expect(await listVersions(await world())).toEqual([])
  })

  it('loses one tag of several, and an image once nothing names it', async () => {
    const here = await world()
    const child = await newManifest(here.client)
    await here.client.putManifest(child)
    const index = indexOf(child)
    for (const tag of ['v1', 'v1.0']) await here.client.putManifest(index, parseTag(tag))
    const remove = async (digest: Digest) => (await here.backend.deleteVersion({digest, tags: []})).state
    expect(await here.backend.deleteTag?.(parseTag('v1'), index.digest)).toEqual({state: 'done'})
    expect(await here.client.headManifest(parseTag('v1.0'))).toBeDefined()
    expect([await remove(index.digest), await remove(child.digest)]).toEqual(['referenced', 'referenced'])
    expect(await here.backend.deleteTag?.(parseTag('v1.0'), index.digest)).toEqual({state: 'done'})
    expect([await remove(index.digest), await remove(child.digest), await remove(child.digest)]).toEqual([
      'done',
      'done',
      'gone'
    ])
    expect(await here.backend.deleteTag?.(parseTag('v1.0'), index.digest)).toEqual({state: 'gone'})
  })
})

describe('what Docker Hub refuses', () => {
  it.each<[string, unknown, string, string]>([
    [
      'a personal access token',
      {detail: 'access to the resource is forbidden with personal access token'},
      'docker.io/ada/app: Docker Hub does not let this access token delete tags',
      'Read, Write, Delete'
    ],
    [
      'a token without the right to delete',
      {message: 'access denied: insufficient scope'},
      'docker.io/ada/app: the access token lacks the right to delete',
      'Read, Write, Delete'
    ],
    [
      'a user without the permission',
      {detail: 'You do not have permission to perform this action.'},
      'docker.io/ada/app: the user may not do this in the repository',
      'permission Admin'
    ]
  ])('is named with the setting that gives it: %s', async (_, body, message, hint) => {
    const here = await world({interfere: refusing(403, body)})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'])
    const failure = await failureOf(async () => await here.backend.deleteTag?.(parseTag('v1'), digest))
    expect(failure).toMatchObject({code: 'RIGHT_MISSING'})
    expect(failure.message).toContain(message)
    expect(failure.hint).toContain(hint)
  })

  it('is a login that is missing', async () => {
    const here = await world({}, {credential: () => Promise.resolve(undefined)})
    await pushTagged(here, ['v1'])
    expect(await failureOf(async () => await listVersions(here))).toMatchObject({
      code: 'RIGHT_MISSING',
      message: 'docker.io/ada/app: Docker Hub wants a login (authentication required)'
    })
  })

  it('is a login that is wrong, and no secret is told', async () => {
    const wrong = {username: 'ada', password: 'hunter2'}
    const here = await world({}, {credential: () => Promise.resolve(wrong)})
    const failure = await failureOf(async () => await listVersions(here))
    expect(failure).toMatchObject({code: 'CREDENTIALS_INVALID'})
    expect(`${failure.message} ${failure.hint}`).not.toContain('hunter2')
  })

  it('is an immutable tag: it stays, and the rest goes on', async () => {
    const here = await world({interfere: refusing(400, {message: 'tag is immutable'})})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'])
    expect(await here.backend.deleteTag?.(parseTag('v1'), digest)).toEqual({
      state: 'undeletable',
      reason: 'tag is immutable'
    })
  })
})

describe('failures of Docker Hub', () => {
  it.each([
    ['before', 2, 'done'],
    ['after', 2, 'gone'],
    ['after', 99, 'done'],
    ['before', 99, 'undeletable']
  ] as const)('that come %s the deletion, %i times, end as %s', async (when, times, outcome) => {
    const here = await world({interfere: refusing(500, {message: 'internal'}, when, times)})
    const [digest = '' as Digest] = await pushTagged(here, ['v1'])
    expect(await here.backend.deleteTag?.(parseTag('v1'), digest)).toMatchObject({state: outcome})
  })

  it.each([
    [0, 'done', 0],
    [1, 'called-off', 1]
  ])(
    'that come %i times: it is asked whether it is still to go after a wait alone',
    async (times, outcome, asked) => {
      const here = await world({interfere: refusing(500, {message: 'internal'}, 'before', times)})
      const [digest = '' as Digest] = await pushTagged(here, ['v1'])
      const questions: string[] = []
      const isStillWanted = () => Promise.resolve(questions.push('') === 0)
      expect(await here.backend.deleteTag?.(parseTag('v1'), digest, isStillWanted)).toEqual({state: outcome})
      expect(questions).toHaveLength(asked)
    }
  )

  it('for its limits are waited for as the answers say', async () => {
    const here = await world({limit: {requests: 5, windowSeconds: 1}}, {clock: systemClock})
    const [digest = '' as Digest] = await pushTagged(
      here,
      Array.from({length: 8}, (_, at) => `t${at}`)
    )
    for (let at = 0; at < 8; at++)
      expect(await here.backend.deleteTag?.(parseTag(`t${at}`), digest)).toEqual({state: 'done'})
    expect(here.emulator.calls.filter(call => call.startsWith('DELETE'))).toHaveLength(8)
  })
})
