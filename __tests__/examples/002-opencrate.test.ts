import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {HUB_LOGIN} from '../support/docker-hub-emulator.js'
import {PULL_REQUEST_OPENED, TRIVY} from '../support/example-stand-ins.js'
import {
  EXAMPLE_PROGRAMS,
  type ExampleEvent,
  type ExampleWorld,
  openExample
} from '../support/example-world.js'

const MINUTES = 60_000
const PYTHONS = ['3.7', '3.8', '3.9', '3.10', '3.11', '3.12', '3.13']
/** What most events build, so that fourteen images are built once: two, of which one may fail. */
const FEW = ['3.11']
const variantsOf = (pythons: readonly string[]): string[] =>
  ['cpu', 'cuda'].flatMap(runtime => pythons.map(python => `${runtime}-py${python}`))
const VARIANTS = variantsOf(PYTHONS)
const imageOf = (variant: string): string => `docker.io/braindotai/opencrate-${variant}`
const PROGRAMS = [...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx', 'podman', 'make', 'python3']

describeWith(PROGRAMS, '002-opencrate in a runner', () => {
  let world: ExampleWorld

  beforeAll(async () => {
    world = await openExample({
      name: '002-opencrate',
      repository: 'braindotai/opencrate',
      workflow: 'docker-build-test-and-push.yml',
      registries: ['docker.io'],
      bases: PYTHONS.map(python => `python:${python}-slim`),
      builder: 'buildx',
      hubUsers: ['braindotai'],
      secrets: {DOCKERHUB_USERNAME: 'braindotai', DOCKERHUB_TOKEN: HUB_LOGIN.password},
      tools: {trivy: TRIVY}
    })
  }, MINUTES)
  afterAll(async () => world.stop())
  beforeEach(() => world.internet.heal())

  const tags = async (): Promise<(readonly string[])[]> =>
    await Promise.all(VARIANTS.map(variant => world.view.tags(imageOf(variant))))
  const of = (names: readonly string[]): (readonly string[])[] => VARIANTS.map(() => names)
  const digests = (tag: string, variants = VARIANTS): Promise<(string | undefined)[]> =>
    Promise.all(variants.map(variant => world.view.digest(`${imageOf(variant)}:${tag}`)))
  const build = (pythons: readonly string[]): string =>
    world.commit({PYTHON_VERSIONS: pythons.map(python => `${python}\n`).join('')})
  const TAG: ExampleEvent = {name: 'push', ref: 'refs/tags/v0.1.0-rc'}

  it(
    'publishes no image where the test of one fails, and keeps the log of all',
    async () => {
      const tests = world.read('tests/run.sh')
      build(FEW)
      world.commit({'tests/run.sh': tests.replace('set -eu', 'set -eu\ntest "$1" != cuda-py3.11')})
      const {exitCode, log} = await world.run(TAG)
      world.commit({'tests/run.sh': tests})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/Build and test opencrate-cuda-py3\.11.*::error::/)
      expect(await tags()).toEqual(of([]))
      const names = world.service.artifacts().map(({name}) => name)
      expect(variantsOf(FEW).filter(variant => !names.includes(`test-logs-${variant}`))).toEqual([])
    },
    10 * MINUTES
  )

  it(
    'publishes version and latest of all fourteen images for a Git tag',
    async () => {
      build(PYTHONS)
      await world.succeed(world.run(TAG))
      build(FEW)
      expect(await tags()).toEqual(of(['latest', 'v0.1.0-rc']))
      expect(await digests('latest')).toEqual(await digests('v0.1.0-rc'))
      const {config} = await world.view.config(`${imageOf('cuda-py3.10')}:latest`, 'linux/amd64')
      expect(config.User).toBe('65532:65532')
      const fingerprints = world.service
        .artifacts()
        .filter(({name}) => /^digest-[0-9a-f]{12}-.*cuda-py3\.10/.test(name))
      expect(fingerprints.length).toBeGreaterThan(0)
    },
    10 * MINUTES
  )

  it.each<[string, ExampleEvent]>([
    [
      'a schedule, with a user of another name',
      {
        name: 'schedule',
        ref: 'refs/heads/main',
        payload: {schedule: '0 3 * * 0'},
        secrets: {DOCKERHUB_USERNAME: HUB_LOGIN.username, DOCKERHUB_TOKEN: HUB_LOGIN.password}
      }
    ],
    [
      'a run by hand with REBUILD_BASE',
      {name: 'workflow_dispatch', ref: 'refs/heads/main', payload: {inputs: {REBUILD_BASE: 'true'}}}
    ]
  ])(
    'builds the version anew by %s, and leaves latest where it is',
    async (_, event) => {
      const latest = await digests('latest')
      world.commit({'src/opencrate.sh': `echo opencrate ${event.name}\n`})
      await world.succeed(world.run(event))
      expect(await digests('latest')).toEqual(latest)
      const versions = await digests('v0.1.0-rc')
      const built = VARIANTS.filter((_, index) => versions[index] !== latest[index])
      expect(built).toEqual(variantsOf(FEW))
    },
    10 * MINUTES
  )

  it(
    'builds and tests a pull request of a fork without secrets, reads and writes no cache, and publishes nothing',
    async () => {
      const before = [await digests('v0.1.0-rc'), await digests('latest')]
      const start = world.internet.seen.length
      await world.succeed(world.run({...PULL_REQUEST_OPENED, from: 'fork'}))
      expect([await digests('v0.1.0-rc'), await digests('latest')]).toEqual(before)
      const caches = world.internet.seen
        .slice(start)
        .filter(({path: at}) => at.includes('opencrate-build-cache'))
      expect(caches).toEqual([])
    },
    10 * MINUTES
  )

  it(
    'refuses a Git tag that the VERSION file does not name, before anything is built',
    async () => {
      const {exitCode, log} = await world.run({name: 'push', ref: 'refs/tags/v0.2.0'})
      expect(exitCode).not.toBe(0)
      expect(log).toContain('the Git tag v0.2.0 and VERSION (v0.1.0-rc) are not the same version')
    },
    2 * MINUTES
  )
})
