import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {EXAMPLE_PROGRAMS, type ExampleWorld, openExample} from '../support/example-world.js'

const MINUTES = 60_000
const SERVICES = ['backend', 'frontend', 'gateway', 'worker']
const imageOf = (service: string): string => `ghcr.io/owner/mvpmvp-${service}`

describeWith([...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx'], '004-mvpmvp in a runner', () => {
  let world: ExampleWorld

  beforeAll(async () => {
    world = await openExample({
      name: '004-mvpmvp',
      repository: 'owner/mvpmvp',
      workflow: 'release.yml',
      registries: ['ghcr.io'],
      bases: ['node:24-alpine'],
      scanner: 'docker/buildkit-syft-scanner:stable-1',
      builder: 'buildx',
      isPrivate: true,
      // What semantic-release does of interest here: it finds a version, and says it.
      programs: {npx: 'if [ -n "$NEXT_VERSION" ]; then echo "version=$NEXT_VERSION" >> "$GITHUB_OUTPUT"; fi'}
    })
  }, MINUTES)
  afterAll(async () => {
    await world.stop()
  })
  beforeEach(() => world.internet.heal())

  const push = (version: string): ReturnType<ExampleWorld['run']> => {
    const body = 'What changed, as semantic-release writes it.\r\n'
    const tag = `v${version}`
    if (version !== '' && world.github.releases.every(({tag_name: name}) => name !== tag))
      world.github.releases.push({
        id: world.github.releases.length + 1,
        tag_name: tag,
        name: tag,
        body,
        draft: false,
        prerelease: false
      })
    return world.run({
      name: 'push',
      ref: 'refs/heads/main',
      env: {NEXT_VERSION: version}
    })
  }
  const tags = (): Promise<(readonly string[])[]> =>
    Promise.all(SERVICES.map(service => world.view.tags(imageOf(service)).then(all => all.filter(isRelease))))

  it(
    'only builds where it is started by hand, or no version is found',
    async () => {
      const log = await world.succeed(world.run({name: 'workflow_dispatch', ref: 'refs/heads/main'}))
      expect(log).toMatch(/Build worker/)
      expect(await world.succeed(push(''))).not.toMatch(/Build worker/)
      expect(await tags()).toEqual([[], [], [], []])
    },
    3 * MINUTES
  )

  it(
    'releases all services under one version, and says so in the notes of the release',
    async () => {
      await world.succeed(push('1.2.3'))
      expect(await tags()).toEqual(SERVICES.map(() => ['1', '1.2', '1.2.3', 'latest']))
      const [release] = world.github.releases
      expect(release?.body).toMatch(/^What changed, as semantic-release writes it\.\r\n/)
      for (const service of SERVICES) {
        const digest = await world.view.digest(`${imageOf(service)}:1.2.3`)
        expect(release?.body).toContain(`docker pull ${imageOf(service)}:1.2.3`)
        expect(release?.body).toContain(`docker pull ${imageOf(service)}@${digest ?? 'nothing'}`)
      }
    },
    3 * MINUTES
  )

  it(
    'finds its steps in the caches, and writes one section of the notes, where it is run again',
    async () => {
      const log = await world.succeed(push('1.2.3'))
      expect(log).toContain('CACHED')
      expect(world.github.releases[0]?.body?.match(/<!-- image-release:images -->/g)).toHaveLength(1)
    },
    3 * MINUTES
  )

  it(
    'publishes no service where one cannot be built',
    async () => {
      const containerfile = world.read('services/gateway/Containerfile')
      world.commit({'services/gateway/Containerfile': containerfile.replace('RUN test', 'RUN false && test')})
      const {exitCode, log} = await push('1.3.0')
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/Build gateway.*::error::/)
      expect(await tags()).toEqual(SERVICES.map(() => ['1', '1.2', '1.2.3', 'latest']))
      expect(world.github.releases.at(-1)?.body).not.toContain('docker pull')
      world.commit({'services/gateway/Containerfile': containerfile})
    },
    3 * MINUTES
  )
})

/** Leaves out the tags of caches, signatures and referrers. */
function isRelease(tag: string): boolean {
  return /^(latest|\d[\d.]*)$/.test(tag)
}
