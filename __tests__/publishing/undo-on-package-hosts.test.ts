import {Readable} from 'node:stream'
import {afterEach, describe, expect, it} from '@jest/globals'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {openGithubApi} from '../../src/github/github-api.js'
import {parseInputs} from '../../src/command/input.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {Credential, HttpRequest, Send} from '../../src/ports.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {deleteFreshTags} from '../../src/publishing/move/created-tags.js'
import {describeWith} from '../support/components.js'
import {HUB_LOGIN, type HubEmulator, startDockerHub} from '../support/docker-hub-emulator.js'
import {type GhcrEmulator, type GhcrOptions, startGhcr} from '../support/ghcr-emulator.js'
import {namedHosts} from '../support/named-hosts.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {newManifest} from '../support/registry-client.js'
import {
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution3,
  startEmbedded
} from '../support/registries.js'
import {buildAll, clientOf, digestAt, merge, publishRelease, releaseTags} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

/** ghcr.io, docker.io and a third registry, which may refuse tags. */
interface World {
  readonly ghcr: GhcrEmulator
  readonly hub: HubEmulator
  readonly ports: TestPorts
  readonly images: readonly string[]
  /** The third refuses this tag from now on. */
  refuse(tag: string | undefined): void
}

const open: {stop: () => Promise<void>}[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

interface WorldOptions extends GhcrOptions {
  readonly start?: () => Promise<RunningRegistry>
  readonly hubLogin?: Credential
}

async function openWorld({
  start = startEmbedded,
  hubLogin = HUB_LOGIN,
  ...options
}: WorldOptions = {}): Promise<World> {
  const [behindGhcr, behindHub, third] = [await start(), await start(), await startEmbedded()]
  const ghcr = await startGhcr({registry: behindGhcr, ...options})
  const hub = await startDockerHub({registry: behindHub})
  const refusals = {tag: undefined as string | undefined}
  const plain = testPorts([third])
  const {reporter, signal, clock} = plain
  const ports = testPorts([third], {
    send: byName(
      plain.send,
      {ghcr, hub},
      ({method, url}) =>
        method === 'PUT' && url.host === third.host && url.pathname.endsWith(`/manifests/${refusals.tag}`)
    ),
    github: openGithubApi({
      environment: {GITHUB_API_URL: ghcr.apiUrl},
      send: plain.send,
      reporter,
      signal,
      clock
    }),
    credentials: host => Promise.resolve(host === 'docker.io' ? hubLogin : third.credential)
  })
  open.push({
    stop: async () => {
      ports.close()
      plain.close()
      await Promise.all([ghcr.stop(), hub.stop()])
      await Promise.all([behindGhcr, behindHub, third].map(one => one.stop()))
      expect([...ghcr.faults, ...hub.faults]).toEqual([])
    }
  })
  const images = ['ghcr.io/org/app', 'docker.io/ada/app', `${third.host}/org/app`]
  return {ghcr, hub, ports, images, refuse: tag => void (refusals.tag = tag)}
}

/** Leads the hosts' own names to what emulates them, and refuses some requests. */
function byName(
  send: Send,
  {ghcr, hub}: Pick<World, 'ghcr' | 'hub'>,
  isRefused: (request: HttpRequest) => boolean
): Send {
  const named = namedHosts(send, {
    'ghcr.io': `http://${ghcr.host}`,
    'registry-1.docker.io': `http://${hub.host}`,
    'hub.docker.com': hub.apiUrl
  })
  return async request =>
    isRefused(request) ? {status: 403, headers: {}, body: Readable.from([])} : await named(request)
}

const VERSION_1 = {version: '1.0.0', revision: 'a'.repeat(40), tags: releaseTags('1.0.0')}
const VERSION_2 = {version: '1.1.0', revision: 'b'.repeat(40), tags: releaseTags('1.1.0')}
const TOKEN = {'github-token': 'admin'}

const tagsOf = ({ports, images}: World): Promise<string[][]> =>
  Promise.all(images.map(async image => [...(await listTags(clientOf(ports, image)))].sort()))

async function releaseOnce(world: World): Promise<void> {
  await publishRelease(world.ports, {images: world.images, ...VERSION_1})
}

/** The error of a second release that the third registry refuses. */
async function fail(world: World, texts: Readonly<Record<string, string>> = TOKEN) {
  const plan = await buildAll(world.ports, {images: world.images, ...VERSION_2})
  world.refuse('latest')
  return await failureOf(() => merge(world.ports, {plan: JSON.stringify(plan), ...texts}))
}

const OLD_TAGS = ['1.0', '1.0.0', 'latest']

function undoing(start: () => Promise<RunningRegistry>): void {
  it('leaves nothing of a release that one registry refuses on GHCR and Docker Hub', async () => {
    const world = await openWorld({start})
    await releaseOnce(world)
    const before = await Promise.all(world.images.map(image => digestAt(world.ports, image, 'latest')))
    const error = await fail(world)
    expect(error.hint).toContain('All tags are as they were before')
    expect(await tagsOf(world)).toEqual([OLD_TAGS, OLD_TAGS, OLD_TAGS])
    expect(await Promise.all(world.images.map(image => digestAt(world.ports, image, 'latest')))).toEqual(
      before
    )
    const placeholders = world.ghcr.state
      .list('org/app')
      .filter(({bytes}) => String(bytes).includes('"manifests":[]'))
    expect(placeholders).toEqual([])
  })

  it('publishes what was undone with the next run', async () => {
    const world = await openWorld({start})
    await releaseOnce(world)
    await fail(world)
    world.refuse(undefined)
    await publishRelease(world.ports, {images: world.images, ...VERSION_2})
    const all = ['1.0', '1.0.0', '1.1', '1.1.0', 'latest']
    expect(await tagsOf(world)).toEqual([all, all, all])
  })

  it('deletes by a rollback what was new in a release', async () => {
    const world = await openWorld({start})
    await releaseOnce(world)
    const {journal} = await publishRelease(world.ports, {images: world.images, ...VERSION_2})
    const texts = {journal, 'delete-new': 'true', ...TOKEN}
    const {deleted, left} = await rollbackRelease.run(parseInputs(rollbackRelease.inputs, texts), world.ports)
    expect(deleted.split('\n').sort()).toEqual(
      world.images.flatMap(image => [`${image}:1.1`, `${image}:1.1.0`]).sort()
    )
    expect(left).toBe('')
    expect(await tagsOf(world)).toEqual([OLD_TAGS, OLD_TAGS, OLD_TAGS])
  })
}

describe('the undoing of a release before embedded registries', () => undoing(startEmbedded))
describeWith(DISTRIBUTION_3, 'the undoing of a release before distribution 3', () =>
  undoing(startDistribution3)
)

describe('the undoing of a release on hosts of packages', () => {
  it('undoes a promotion', async () => {
    const world = await openWorld()
    await releaseOnce(world)
    const [ghcr = '', hub = '', third = ''] = world.images
    world.refuse('2.0.0')
    const texts = {from: `${third}:1.0.0`, to: world.images.join(','), tags: '2.0.0', ...TOKEN}
    const error = await failureOf(() =>
      promoteRelease.run(parseInputs(promoteRelease.inputs, texts), world.ports)
    )
    expect(error.hint).toContain('All tags are as they were before')
    expect(await digestAt(world.ports, ghcr, '2.0.0')).toBe(undefined)
    expect(await digestAt(world.ports, hub, '2.0.0')).toBe(undefined)
  })

  const released = async ({ports, images}: World, tag: string): Promise<boolean> =>
    (await digestAt(ports, images[0] ?? '', tag)) !== undefined

  it.each([
    ['no token is given', {}, {}, 'Give the input github-token'],
    ['the token has no right', {admins: ['owner']}, {'github-token': 'job'}, 'role Admin']
  ])('says which tag is left on GHCR, and how to delete it, where %s', async (_, options, texts, told) => {
    const tokens = {job: {kind: 'actions', repository: 'org/app', packages: 'write'}} as const
    const world = await openWorld({tokens, ...options})
    await releaseOnce(world)
    const error = await fail(world, texts)
    expect(error.hint).toContain('ghcr.io/org/app:1.1.0: ')
    expect(error.hint).toContain(told)
    expect(error.hint).not.toContain('docker.io/ada/app:1.1.0')
    expect(await released(world, '1.1.0')).toBe(true)
    expect(await tagsOf(world)).toEqual([[...OLD_TAGS, '1.1', '1.1.0'].sort(), OLD_TAGS, OLD_TAGS])
  })

  it('says which tag is left on Docker Hub where its API does not take the login', async () => {
    const world = await openWorld({hubLogin: {username: 'ada', password: 'other'}})
    await releaseOnce(world)
    const error = await fail(world)
    expect(error.hint).toContain('docker.io/ada/app:1.1.0: Docker Hub does not take the login of ada')
    expect(await tagsOf(world)).toEqual([OLD_TAGS, [...OLD_TAGS, '1.1', '1.1.0'].sort(), OLD_TAGS])
  })

  it('leaves the tags of the first release of a package whole, for GitHub deletes the last of no package', async () => {
    const world = await openWorld()
    const error = await fail(world)
    expect(error.hint).toContain('never deletes the last tags of a package')
    expect((await tagsOf(world))[0]).toEqual(['1.1', '1.1.0', 'latest'])
  })

  it('points the tags at the release again where GitHub fails between', async () => {
    const deletions = {count: 0}
    const world = await openWorld({
      interfere: method =>
        method === 'DELETE' && ++deletions.count > 1
          ? {when: 'before', answer: {status: 400, body: {message: 'Not today'}}}
          : undefined
    })
    await releaseOnce(world)
    const error = await fail(world)
    expect(error.hint).toContain('Not today')
    const [released, short] = await Promise.all(
      ['1.1.0', '1.1'].map(tag => clientOf(world.ports, 'ghcr.io/org/app').getManifest(parseTag(tag)))
    )
    expect(readManifest(released!).manifests).toHaveLength(2)
    expect(short?.digest).toBe(released?.digest)
  })

  it.each(['ghcr.io/org/app', 'docker.io/ada/app'])(
    'leaves alone on %s what was moved since',
    async image => {
      const world = await openWorld()
      await releaseOnce(world)
      const client = clientOf(world.ports, image)
      const [ours, theirs] = [await newManifest(client), await newManifest(client)]
      await client.putManifest(theirs, parseTag('other'))
      const host = async () => {
        const {openReleaseRegistries} = await import('../../src/publishing/release-registries.js')
        const inputs = {insecure: [], 'registry-credentials': [], wait: 0, ...TOKEN}
        return await openReleaseRegistries(inputs, world.ports).undoing().hostOf(client)
      }
      expect(await deleteFreshTags([{tag: parseTag('other'), digest: ours.digest}], client, host)).toEqual(
        new Map()
      )
      expect(await digestAt(world.ports, image, 'other')).toBe(theirs.digest)
    }
  )
})
