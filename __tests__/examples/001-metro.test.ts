import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {HUB_LOGIN} from '../support/docker-hub-emulator.js'
import {EXAMPLE_PROGRAMS, type ExampleWorld, openExample} from '../support/example-world.js'

const MINUTES = 60_000
const NAME = 'metro/mcp-taipei-metro-month-price'
const IMAGES = [`docker.io/${NAME}`, `ghcr.io/${NAME}`]
const HUB_UPLOADS = {host: 'registry-1.docker.io', path: /\/manifests\//, method: 'PUT'}

describeWith([...EXAMPLE_PROGRAMS, 'buildah'], '001-metro in a runner', () => {
  let world: ExampleWorld

  beforeAll(async () => {
    world = await openExample({
      name: '001-metro',
      repository: NAME,
      workflow: 'build-images.yml',
      registries: ['ghcr.io', 'docker.io'],
      bases: ['busybox:1.37'],
      builder: 'buildah',
      hubUsers: ['metro'],
      secrets: {DOCKERHUB_USERNAME: 'metro', DOCKERHUB_TOKEN: HUB_LOGIN.password}
    })
  }, MINUTES)
  afterAll(async () => world.stop())
  beforeEach(() => world.internet.heal())

  const push = (ref: string): ReturnType<ExampleWorld['run']> => world.run({name: 'push', ref})
  const tagsOf = (): Promise<(readonly string[])[]> =>
    Promise.all(IMAGES.map(image => world.view.tags(image)))
  /** The one digest that both registries have at a tag. */
  const digestOf = async (tag: string): Promise<string | undefined> => {
    const digests = await Promise.all(IMAGES.map(image => world.view.digest(`${image}:${tag}`)))
    expect(new Set(digests).size).toBe(1)
    return digests[0]
  }

  it(
    'publishes nothing of a run by hand, which only builds, and needs no secrets for that',
    async () => {
      const {log, exitCode} = await world.run({
        name: 'workflow_dispatch',
        ref: 'refs/heads/main',
        secrets: {}
      })
      expect(exitCode === 0 ? 'succeeded' : log).toBe('succeeded')
      expect(log).toContain('Build linux/arm64')
      expect(await tagsOf()).toEqual([[], []])
    },
    2 * MINUTES
  )

  it(
    'publishes nothing where the secrets of one registry are missing, and says so',
    async () => {
      const {log, exitCode} = await world.run({name: 'push', ref: 'refs/heads/main', secrets: {}})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/::error::.*docker\.io/)
      expect(await tagsOf()).toEqual([[], []])
    },
    2 * MINUTES
  )

  it(
    'publishes main as latest on both registries, and of two builds in a row only the second is left',
    async () => {
      await world.succeed(push('refs/heads/main'))
      const first = await digestOf('latest')
      expect(await tagsOf()).toEqual([['latest'], ['latest']])
      const reference = `${IMAGES[0] ?? ''}:latest`
      expect(await world.view.platforms(reference)).toEqual(['linux/amd64', 'linux/arm64'])
      for (const architecture of ['amd64', 'arm64']) {
        const {config, architecture: found} = await world.view.config(reference, `linux/${architecture}`)
        expect(found).toBe(architecture)
        expect(config).toMatchObject({
          User: '65532:65532',
          Healthcheck: {Test: ['CMD', 'test', '-s', '/srv/prices.json']}
        })
      }

      world.commit({'prices.json': '{"currency": "TWD", "month": 1300}\n'})
      // By a user whose name is not that of the namespace.
      const secrets = {DOCKERHUB_USERNAME: HUB_LOGIN.username, DOCKERHUB_TOKEN: HUB_LOGIN.password}
      await world.succeed(world.run({name: 'push', ref: 'refs/heads/main', secrets}))
      expect(await digestOf('latest')).not.toBe(first)
      for (const host of ['docker.io', 'ghcr.io'])
        expect(world.registries.get(host)?.manifests(NAME)).toHaveLength(3)
    },
    4 * MINUTES
  )

  it(
    'publishes a version for its Git tag, and leaves latest alone',
    async () => {
      const latest = await digestOf('latest')
      await world.succeed(push('refs/tags/v1.2.3'))
      expect(await tagsOf()).toEqual([
        ['latest', 'v1.2.3'],
        ['latest', 'v1.2.3']
      ])
      expect(await digestOf('latest')).toBe(latest)
      expect(await digestOf('v1.2.3')).not.toBe(undefined)
    },
    2 * MINUTES
  )

  it(
    'refuses a Git tag that is no version before anything is built',
    async () => {
      const {exitCode, log} = await push('refs/tags/v1.2')
      expect(exitCode).not.toBe(0)
      expect(log).toContain('it has 2 numbers, a version has three')
      expect(log).not.toContain('STEP 1')
    },
    MINUTES
  )

  it(
    'publishes nothing where one platform fails, and says which',
    async () => {
      const before = await Promise.all([tagsOf(), digestOf('latest')])
      const containerfile = world.read('Containerfile')
      world.commit({
        Containerfile: containerfile.replace('RUN test', 'RUN test "$(uname -m)" = x86_64 && test')
      })
      const {exitCode, log} = await push('refs/tags/v1.2.4')
      world.commit({Containerfile: containerfile})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/Build linux\/arm64.*::error::/)
      expect(log).toMatch(/Build linux\/amd64.*Success - Main org\/image-release\/build-by-digest/)
      expect(await Promise.all([tagsOf(), digestOf('latest')])).toEqual(before)
    },
    2 * MINUTES
  )

  it(
    'publishes nothing on either registry where one refuses, and says which',
    async () => {
      const before = await Promise.all([tagsOf(), digestOf('latest')])
      world.internet.break({...HUB_UPLOADS, path: /\/manifests\/v1\.2\.5$/, status: 403})
      const {exitCode, log} = await push('refs/tags/v1.2.5')
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/::error::.*docker\.io\/\*\*\*/)
      expect(await Promise.all([tagsOf(), digestOf('latest')])).toEqual(before)

      world.internet.heal()
      await world.succeed(push('refs/tags/v1.2.5'))
      expect(await tagsOf()).toEqual(before[0].map(tags => [...tags, 'v1.2.5']))
    },
    3 * MINUTES
  )
})
