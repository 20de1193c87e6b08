import {cpSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {SEEN_TAG} from '../../src/cleanup/policy/inventory.js'
import {describeWith} from '../support/components.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from '../support/docker-daemon.js'
import {type HostedGit, githubSite, hostedGit} from '../support/hosted/hosted-git.js'
import {type HostedMachines, hostedMachines} from '../support/hosted/hosted-machines.js'
import {type Internet, startInternet} from '../support/internet.js'
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

const PROGRAMS = [
  ...['act', 'buildah', 'crane', 'skopeo', 'git'],
  ...DOCKER_DAEMON,
  ...DISTRIBUTION_2,
  ...DISTRIBUTION_3
]
const OWN = 'org/image-release'
const FIXTURES = path.resolve(import.meta.dirname, '../fixtures/workflows')
const MINUTES = 60_000
/** A secret that is the namespace, as user names are. */
const NAMESPACE = {NAMESPACE: 'octo'}
/** As many variants as make a plan that no variable of Linux can hold. */
const VARIANTS = `number=${Array.from({length: 120}, (_, at) => at + 100).join(',')}`

describeWith([...new Set(PROGRAMS)], 'the workflows in a runner, from their own YAML', () => {
  let registries: RunningRegistry[]
  let service: ResultsService
  let project: ProjectCopy
  let git: HostedGit
  let internet: Internet
  let docker: DockerDaemon
  let machines: HostedMachines
  let reader: IndependentReader
  const root = mkdtempSync(path.join(tmpdir(), 'workflows-'))

  beforeAll(async () => {
    registries = await Promise.all([startDistribution3(), startDistribution2({auth: 'token'})])
    service = await startResultsService()
    project = copyProject(file => /^(dist|[\w-]+\/action\.yml|examples|\.github)/.test(file), 'none')
    spellOutOwnActions(project.folder, action => `${OWN}/${action}@v1`)
    for (const file of ['caller.yml', 'callers.yml', 'large.yml'])
      cpSync(path.join(FIXTURES, file), path.join(project.folder, '.github/workflows', file))
    rmSync(path.join(project.folder, '.git'), {recursive: true})
    const clone = path.join(root, 'clone')
    for (const one of ['.github', 'examples'])
      cpSync(path.join(project.folder, one), path.join(clone, one), {recursive: true})
    git = hostedGit(clone, path.join(root, 'hello.git'))
    internet = await startInternet({'github.com': githubSite(git, 'octo/hello', false)})
    docker = await startDockerDaemon(internet.env)
    machines = hostedMachines({docker: docker.address})
    reader = independentReader(registries)
  }, MINUTES)
  afterAll(async () => {
    reader.remove()
    project.dispose()
    machines.stop()
    await Promise.all([
      service.stop(),
      docker.stop(),
      internet.stop(),
      ...registries.map(registry => registry.stop())
    ])
    rmSync(root, {recursive: true, force: true})
  })

  const imagesOf = (name: string): string[] => registries.map(({host}) => `${host}/octo/${name}`)

  /** Runs a workflow for a push. Each run has its own artifacts. */
  const push = (
    file: string,
    ref: string,
    images: readonly string[],
    {number = 1, secrets = {}}: {readonly number?: number; readonly secrets?: Record<string, string>} = {}
  ): Promise<WorkflowEnd> => {
    const login = `${registries[1]?.host ?? ''}=${PUBLISHER.username}:${PUBLISHER.password}`
    return runWorkflow({
      git,
      machines,
      file: `.github/workflows/${file}`,
      repository: 'octo/hello',
      event: {name: 'push', ref, payload: {}},
      variables: {IMAGES: images.join('\n'), EXAMPLE_IMAGES: images.join('\n'), VARIANTS: VARIANTS},
      secrets: {REGISTRY_CREDENTIALS: login, EXAMPLE_REGISTRY_CREDENTIALS: login, ...secrets},
      env: {...internet.env, ...service.env(`${file}-${number}`)},
      actions: {[OWN]: project.folder}
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
        expect(await reader.tags(image)).toEqual(['1.2', '1.2.3', SEEN_TAG, 'latest'])
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

      git.commit({'examples/hello/VERSION': '1.2.3+second\n'})
      const log = await succeed(push('caller.yml', 'refs/heads/main', images, {number: 2}))
      expect(await digestOf(images, ['main'])).not.toBe(superseded)
      for (const image of images) {
        expect(await reader.tags(image)).toEqual(['main'])
        expect(log).toContain(`${image}@${superseded}`)
      }
    },
    3 * MINUTES
  )

  it(
    'release.yml is called three times in one run, and each call keeps to its own, whatever outputs are dropped',
    async () => {
      const images = imagesOf('many')
      const before = service.artifacts().length
      const log = await succeed(push('callers.yml', 'refs/heads/main', images, {secrets: NAMESPACE}))
      // The namespace is the value of a secret: no output with it arrives anywhere.
      expect(log.match(/Skip output 'release' since it may contain/g)).toHaveLength(3)
      for (const tag of ['one', 'two', 'three']) await digestOf(images, [tag])
      expect(log).toMatch(/fact verified \S+\/\*\*\*\/many:one/)
      const kept = service
        .artifacts()
        .slice(before)
        .map(({name}) => name)
      const count = (pattern: RegExp): number => kept.filter(name => pattern.test(name)).length
      expect(count(/^plan-[0-9a-f]{12}-/)).toBe(3)
      expect(count(/^release-[0-9a-f]{12}-/)).toBe(3)
      // Of each call what verify-release found, the page with its data, and the page as browsers show it.
      expect(count(/^report-/)).toBe(9)
      expect(count(/^report-.*\.html$/)).toBe(3)
      expect(count(/^metrics-[0-9a-f]{12}-/)).toBe(6)
      expect(count(/^release-journal-1(-[23])?$/)).toBe(3)
    },
    5 * MINUTES
  )

  it(
    'hands a plan on that no output can carry, and says why a release arrives empty',
    async () => {
      const {log} = await push('large.yml', 'refs/heads/main', imagesOf('{{variant}}'), {secrets: NAMESPACE})
      expect(log).toMatch(/::set-output:: plan=artifact:plan-[0-9a-f]{12}-/)
      expect(log).toContain('Success - Main org/image-release/preflight@v1')
      expect(log).not.toContain('argument list too long')
      expect(log).toContain("Skip output 'none' since it may contain")
      expect(log).not.toContain("Skip output 'plan'")
      expect(log).toMatch(
        /::error::.*If the workflow gives release and it arrived empty: GitHub drops an output/
      )
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
