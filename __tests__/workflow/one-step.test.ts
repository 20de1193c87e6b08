import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {PULL_REQUEST_OPENED} from '../support/example-stand-ins.js'
import {
  EXAMPLE_PROGRAMS,
  type ExampleEvent,
  type ExampleWorld,
  openExample
} from '../support/example-world.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const MINUTES = 60_000
const NAME = 'acme/hello'
const IMAGE = `ghcr.io/${NAME}`
/** The workflow of the README in one job, as a newcomer copies it: and the root action as its only step of this project. */
describeWith(EXAMPLE_PROGRAMS, 'a whole release in one step of a workflow', () => {
  let folder: string
  let world: ExampleWorld

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'one-step-'))
    cpSync(path.join(ROOT, 'examples/hello'), folder, {recursive: true})
    mkdirSync(path.join(folder, '.github/workflows'), {recursive: true})
    writeFileSync(path.join(folder, '.github/workflows/release.yml'), workflowInOneJob())
    world = await openExample({
      name: folder,
      repository: NAME,
      workflow: 'release.yml',
      registries: ['ghcr.io'],
      bases: ['busybox:1.37'],
      builder: 'buildah'
    })
  }, MINUTES)
  afterAll(async () => {
    await world.stop()
    rmSync(folder, {recursive: true, force: true})
  })

  const manifests = (): readonly string[] => world.registries.get('ghcr.io')?.manifests(NAME) ?? []
  /** The steps of a release, as the log folds them. */
  const stepsOf = (log: string): string[] =>
    [...log.matchAll(/::group::(.*)/g)].map(([, title = '']) => title)

  it.each<[string, ExampleEvent]>([
    ['a pull request of the repository', PULL_REQUEST_OPENED],
    ['a pull request of a fork', {...PULL_REQUEST_OPENED, from: 'fork'}]
  ])(
    'only builds %s',
    async (_, event) => {
      const log = await world.succeed(world.run(event))
      expect(stepsOf(log)).toEqual(['Plan', 'Preflight', 'Build'])
      for (const platform of ['linux/amd64', 'linux/arm64']) expect(log).toContain(`Build ${platform}`)
      expect(log).toContain('this run publishes nothing')
      expect(manifests()).toEqual([])
    },
    2 * MINUTES
  )

  it(
    'moves no version tag for a push of main',
    async () => {
      const log = await world.succeed(world.run({name: 'push', ref: 'refs/heads/main'}))
      expect(stepsOf(log).slice(0, 3)).toEqual(['Plan', 'Preflight', 'Build'])
      expect(await world.view.tags(IMAGE)).toEqual([])
    },
    2 * MINUTES
  )

  it(
    'releases a Git tag on both platforms, and nothing new where the same run is started again',
    async () => {
      const log = await world.succeed(world.run({name: 'push', ref: 'refs/tags/v1.2.3'}))
      expect(stepsOf(log)).toEqual(['Plan', 'Preflight', 'Build', 'Merge', 'Verify', 'Notes', 'Clean up'])
      expect(await world.view.tags(IMAGE)).toEqual(['1', '1.2', '1.2.3', 'latest'])
      const digests = await Promise.all(
        ['1', '1.2', '1.2.3', 'latest'].map(tag => world.view.digest(`${IMAGE}:${tag}`))
      )
      expect(new Set(digests).size).toBe(1)
      expect(await world.view.platforms(`${IMAGE}:1.2.3`)).toEqual(['linux/amd64', 'linux/arm64'])
      const before = manifests()
      await world.succeed(world.run({name: 'push', ref: 'refs/tags/v1.2.3'}))
      expect(manifests()).toEqual(before)
    },
    3 * MINUTES
  )
})

function workflowInOneJob(): string {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)
  return blocks.find(text => text.includes('- uses: org/image-release@v1')) ?? ''
}
