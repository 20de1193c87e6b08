import {cpSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {spellOutOwnActions} from '../support/own-actions.js'
import {type ProjectCopy, copyProject} from '../support/project-copy.js'
import {type IndependentReader, independentReader} from '../support/readers.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  PUBLISHER,
  type RunningRegistry,
  startDistribution2,
  startDistribution3
} from '../support/registries.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'
import {type WorkflowEnd, runWorkflow} from '../support/run-workflow.js'

const PROGRAMS = ['act', 'buildah', 'crane', 'skopeo', 'git', ...DISTRIBUTION_2, ...DISTRIBUTION_3]
const FIXTURES = path.resolve(import.meta.dirname, '../fixtures/workflows')
const MINUTES = 60_000

describeWith([...new Set(PROGRAMS)], 'the workflows in a runner, from their own YAML', () => {
  let registries: RunningRegistry[]
  let service: ResultsService
  let storage: ContainerStorage
  let project: ProjectCopy
  let reader: IndependentReader

  beforeAll(async () => {
    registries = await Promise.all([startDistribution3(), startDistribution2({auth: 'token'})])
    service = await startResultsService()
    storage = makeContainerStorage()
    project = copyProject(file => /^(dist|[\w-]+\/action\.yml|examples|\.github)/.test(file), 'none')
    spellOutOwnActions(project.folder, action => `./${action}`)
    cpSync(path.join(FIXTURES, 'caller.yml'), path.join(project.folder, '.github/workflows/caller.yml'))
    reader = independentReader(registries)
  }, MINUTES)
  afterAll(async () => {
    reader.remove()
    project.dispose()
    storage.remove()
    await Promise.all([service.stop(), ...registries.map(registry => registry.stop())])
  })

  const imagesOf = (name: string): string[] => registries.map(({host}) => `${host}/octo/${name}`)

  /** Runs a workflow for a push. Each run has its own artifacts. */
  const push = (file: string, ref: string, images: readonly string[], number = 1): Promise<WorkflowEnd> => {
    const login = `${registries[1]?.host ?? ''}=${PUBLISHER.username}:${PUBLISHER.password}`
    return runWorkflow({
      folder: project.folder,
      file: `.github/workflows/${file}`,
      repository: 'octo/hello',
      event: {name: 'push', payload: {ref, repository: {full_name: 'octo/hello', default_branch: 'main'}}},
      variables: {IMAGES: images.join('\n'), EXAMPLE_IMAGES: images.join('\n')},
      secrets: {
        GITHUB_TOKEN: 'not-a-token-of-anything',
        REGISTRY_CREDENTIALS: login,
        EXAMPLE_REGISTRY_CREDENTIALS: login
      },
      env: {...storage.env, ...service.env(`${file}-${number}`)},
      standIns: {
        'docker/login-action': path.join(FIXTURES, 'nothing'),
        'docker/setup-buildx-action': path.join(FIXTURES, 'nothing'),
        'docker/setup-qemu-action': path.join(FIXTURES, 'nothing'),
        'sigstore/cosign-installer': path.join(FIXTURES, 'nothing'),
        'aquasecurity/setup-trivy': path.join(FIXTURES, 'nothing'),
        'anchore/scan-action': path.join(FIXTURES, 'nothing'),
        'anchore/sbom-action': path.join(FIXTURES, 'nothing')
      }
    })
  }

  /** The one digest that all these tags have on all registries. */
  async function digestOf(images: readonly string[], tags: readonly string[]): Promise<string> {
    const references = images.flatMap(image => tags.map(tag => ({image, tag})))
    const digests = await Promise.all(references.map(({image, tag}) => reader.digest(image, tag)))
    expect(new Set(digests).size).toBe(1)
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/)
    return digests[0] ?? ''
  }

  it(
    'example.yml releases the sample application: a plan, a matrix of builds, artifacts, merge, verify, clean-up',
    async () => {
      const images = imagesOf('example')
      await succeed(push('example.yml', 'refs/tags/v1.2.3', images))
      expect(service.artifacts().filter(({name}) => name.startsWith('digest-'))).toHaveLength(2)

      await digestOf(images, ['1.2.3', '1.2', 'latest'])
      for (const image of images) {
        expect(await reader.tags(image)).toEqual(['1.2', '1.2.3', 'latest'])
        for (const architecture of ['amd64', 'arm64'])
          expect(await reader.pull(image, '1.2.3', `linux/${architecture}`)).toMatchObject({architecture})
      }
    },
    2 * MINUTES
  )

  it(
    'release.yml does the same for a workflow that calls it, and deletes what it superseded',
    async () => {
      const images = imagesOf('called')
      await succeed(push('caller.yml', 'refs/heads/main', images))
      const superseded = await digestOf(images, ['main'])

      project.append('examples/hello/VERSION', '+second\n')
      const log = await succeed(push('caller.yml', 'refs/heads/main', images, 2))
      expect(await digestOf(images, ['main'])).not.toBe(superseded)
      for (const image of images) {
        expect(await reader.tags(image)).toEqual(['main'])
        expect(log).toContain(`${image}@${superseded}`)
      }
    },
    3 * MINUTES
  )
})

/** The log of a run that succeeded; one that failed shows it. */
async function succeed(run: Promise<WorkflowEnd>): Promise<string> {
  const {exitCode, log} = await run
  expect(exitCode === 0 ? 'succeeded' : log).toBe('succeeded')
  return log
}
