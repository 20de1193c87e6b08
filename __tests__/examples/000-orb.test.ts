import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {HUB_LOGIN} from '../support/docker-hub-emulator.js'
import {PULL_REQUEST_OPENED} from '../support/example-stand-ins.js'
import {
  EXAMPLE_PROGRAMS,
  type ExampleEvent,
  type ExampleWorld,
  openExample
} from '../support/example-world.js'

const MINUTES = 60_000
const HOURS = 60 * MINUTES
const IMAGE = 'docker.io/netbox/orb'
/** The user name is a secret, and the namespace: logs hide it. */
const IN_LOG = 'docker.io/***/orb'
const PYTHONS = ['3.9', '3.10', '3.11', '3.12', '3.13']
/** What most events build, so that five variants for two platforms are built once. */
const FEW = ['3.10', '3.13']
/** What is built where the one that is recommended is all that is looked at. */
const RECOMMENDED = ['3.13']
const RELEASED = [
  '0.2.3',
  'latest',
  ...PYTHONS.flatMap(python => [`0.2.3-python${python}`, `python${python}`])
]
const PROGRAMS = [...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx', 'podman', 'jq']

describeWith(PROGRAMS, '000-orb in a runner', () => {
  let world: ExampleWorld

  beforeAll(async () => {
    world = await openExample({
      name: '000-orb',
      repository: 'netbox/orb',
      workflow: 'container.yml',
      registries: ['docker.io'],
      bases: PYTHONS.map(python => `python:${python}-slim`),
      builder: 'buildx',
      hubUsers: ['netbox'],
      secrets: {DOCKERHUB_USERNAME: 'netbox', DOCKERHUB_TOKEN: HUB_LOGIN.password},
      tools: {trivy: 'echo "trivy $*"'}
    })
  }, MINUTES)
  afterAll(async () => world.stop())
  beforeEach(() => world.internet.heal())

  const release = (): ReturnType<ExampleWorld['run']> =>
    world.run({
      name: 'release',
      ref: 'refs/tags/v0.2.3',
      payload: {action: 'published', release: {tag_name: 'v0.2.3', prerelease: false, draft: false}}
    })
  const build = (pythons: readonly string[]): string => {
    const settings = world.read('.github/image-release.yml')
    return world.commit({
      '.github/image-release.yml': settings.replace(/^  python: .*$/m, `  python: [${pythons.join(', ')}]`)
    })
  }
  const digestOf = (tag: string): Promise<string | undefined> => world.view.digest(`${IMAGE}:${tag}`)

  it.each<[string, ExampleEvent]>([
    ['a pull request', PULL_REQUEST_OPENED],
    ['a pull request of a fork, which has no secrets', {...PULL_REQUEST_OPENED, from: 'fork'}]
  ])(
    'builds every variant of %s, and publishes none',
    async (_, event) => {
      build(FEW)
      const log = await world.succeed(world.run(event))
      for (const python of FEW) expect(log).toContain(`Build orb-python${python}`)
      expect(await world.view.tags(IMAGE)).toEqual([])
    },
    5 * MINUTES
  )

  it(
    'publishes nothing where the test of one variant fails, and says so',
    async () => {
      const program = world.read('Containerfile')
      world.commit({
        Containerfile: program.replace(
          'USER',
          'RUN if [ "$PYTHON_VERSION" = 3.10 ]; then rm /usr/local/bin/python3; fi\nUSER'
        )
      })
      const {exitCode, log} = await release()
      world.commit({Containerfile: program})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/Build orb-python3\.10.*::error::/)
      expect(log).not.toMatch(/Build orb-python3\.13.*::error::/)
      expect(await world.view.tags(IMAGE)).toEqual([])
    },
    5 * MINUTES
  )

  it(
    'gives a release its tags of every variant, all for both platforms, and scans what stands for them',
    async () => {
      build(PYTHONS)
      const log = await world.succeed(release())
      build(FEW)
      expect(await world.view.tags(IMAGE)).toEqual([...RELEASED].sort())
      const latest = await digestOf('latest')
      for (const tag of ['0.2.3', 'python3.13', '0.2.3-python3.13']) expect(await digestOf(tag)).toBe(latest)
      for (const python of PYTHONS) {
        expect(await digestOf(`python${python}`)).toBe(await digestOf(`0.2.3-python${python}`))
        const platforms = await world.view.platforms(`${IMAGE}:python${python}`)
        expect(platforms.filter(platform => !platform.startsWith('unknown'))).toEqual([
          'linux/amd64',
          'linux/arm64'
        ])
      }
      expect(new Set(await Promise.all(PYTHONS.map(python => digestOf(`python${python}`)))).size).toBe(5)
      expect(log.match(/\| trivy config /g)).toHaveLength(1)
      expect(log).toContain(
        `trivy image --exit-code 1 --severity CRITICAL,HIGH,MEDIUM ${IN_LOG}@${latest ?? ''}`
      )
      expect(log).toContain(`--severity CRITICAL ${IN_LOG}@${(await digestOf('python3.9')) ?? ''}`)
    },
    5 * MINUTES
  )

  it(
    'gives main its two tags, published by a user of another name, and leaves the release alone',
    async () => {
      const latest = await digestOf('latest')
      world.commit({'orb.py': 'print("next")\n'})
      const secrets = {DOCKERHUB_USERNAME: HUB_LOGIN.username, DOCKERHUB_TOKEN: HUB_LOGIN.password}
      await world.succeed(world.run({name: 'push', ref: 'refs/heads/main', secrets}))
      expect(await world.view.tags(IMAGE)).toEqual([...RELEASED, 'dev', 'main'].sort())
      expect(await digestOf('main')).toBe(await digestOf('dev'))
      expect(await digestOf('latest')).toBe(latest)
    },
    5 * MINUTES
  )

  it(
    'deletes what main superseded a day later, and nothing that a tag of the release shares',
    async () => {
      const released = await Promise.all(RELEASED.map(digestOf))
      const superseded = (await digestOf('main')) ?? ''
      build(RECOMMENDED)
      world.commit({'orb.py': 'print("after next")\n'})
      const young = await world.succeed(world.run({name: 'push', ref: 'refs/heads/main'}))
      expect(young).toMatch(/stays  sha256:.* it may be too young/)
      expect(await digestOf('main')).not.toBe(superseded)
      expect(await world.view.digest(`${IMAGE}@${superseded}`)).toBe(superseded)
      world.commit({'orb.py': 'print("a day after")\n'})
      const env = world.laterBy(25 * HOURS)
      await world.succeed(world.run({name: 'push', ref: 'refs/heads/main', env}))
      expect(await world.view.digest(`${IMAGE}@${superseded}`)).toBe(undefined)
      expect(await Promise.all(RELEASED.map(digestOf))).toEqual(released)
      for (const tag of ['main', '0.2.3', 'python3.9'])
        for (const architecture of ['amd64', 'arm64'])
          expect(await world.view.config(`${IMAGE}:${tag}`, `linux/${architecture}`)).toMatchObject({
            architecture
          })
    },
    10 * MINUTES
  )

  it(
    'moves no tag where the registry refuses one of them, and says which',
    async () => {
      const before = await Promise.all(['main', 'dev'].map(digestOf))
      build(RECOMMENDED)
      world.commit({'orb.py': 'print("refused")\n'})
      world.internet.break({
        host: 'registry-1.docker.io',
        path: /\/manifests\/dev$/,
        method: 'PUT',
        status: 403
      })
      const {exitCode, log} = await world.run({name: 'push', ref: 'refs/heads/main'})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/::error::.*\*\*\*\/orb:dev/)
      world.internet.heal()
      expect(await Promise.all(['main', 'dev'].map(digestOf))).toEqual(before)
    },
    5 * MINUTES
  )
})
