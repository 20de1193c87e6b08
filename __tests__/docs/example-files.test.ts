import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {readDocument} from './documents.js'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly needs?: string | readonly string[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly concurrency?: {
    readonly group: string
    readonly 'cancel-in-progress': unknown
    readonly queue?: string
  }
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
  readonly with?: Readonly<Record<string, unknown>>
  readonly 'timeout-minutes'?: number
}
interface Workflow {
  readonly name: string
  readonly on: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
  readonly concurrency?: Job['concurrency']
  readonly jobs: Readonly<Record<string, Job>>
}

const WORKFLOWS = {
  '000-orb': 'container.yml',
  '001-metro': 'build-images.yml',
  '002-opencrate': 'docker-build-test-and-push.yml',
  '003-inclusive-world-portal': 'build-and-deploy.yml',
  '004-mvpmvp': 'release.yml'
} as const
type Example = keyof typeof WORKFLOWS
const EXAMPLES = Object.keys(WORKFLOWS) as Example[]

const textOf = (example: Example, file: string): string =>
  readDocument(path.posix.join('examples', example, file)) ?? ''
const workflowText = (example: Example): string => textOf(example, `.github/workflows/${WORKFLOWS[example]}`)
const workflowOf = (example: Example): Workflow => parse(workflowText(example)) as Workflow
const settingsOf = (example: Example): Record<string, unknown> =>
  parse(textOf(example, '.github/image-release.yml')) as Record<string, unknown>
const stepsOf = (job: Job | undefined, action: string): readonly Step[] =>
  (job?.steps ?? []).filter(({uses = ''}) => uses.includes(action))
const jobsWith = (example: Example, action: string): string[] =>
  Object.entries(workflowOf(example).jobs).flatMap(([name, job]) =>
    stepsOf(job, action).length > 0 ? [name] : []
  )

describe.each(EXAMPLES)('the files of %s', example => {
  it('have a page that names every secret, variable and permission that they use', () => {
    const page = textOf(example, 'README.md')
    const all = workflowText(example)
    const names = [...all.matchAll(/\b(?:secrets|vars)\.([A-Z][A-Z_]*)/g)].map(([, name = '']) => name)
    const writes = [...all.matchAll(/^ +([a-z-]+): write\b/gm)].map(([, name = '']) => `${name}: write`)
    expect([...new Set([...names, ...writes])].filter(name => !page.includes(`${name}\``))).toEqual([])
    for (const event of Object.keys(workflowOf(example).on))
      expect(page).toMatch(
        {
          push: /push/,
          pull_request: /pull request/,
          schedule: /Sunday/,
          release: /release published/,
          workflow_dispatch: /by hand/
        }[event] ?? /no such event/
      )
    expect(page).toMatch(/fork/)
  })

  it('move tags in one job only, which waits in line', () => {
    const publishing = jobsWith(example, 'merge-manifest@')
    if (example === '004-mvpmvp') expect(publishing).toEqual([])
    else expect(publishing).toHaveLength(1)
    for (const name of publishing.filter(() => example !== '001-metro'))
      expect(workflowOf(example).jobs[name]?.concurrency).toMatchObject({
        'cancel-in-progress': false,
        queue: 'max'
      })
  })

  it('keep layers from run to run', () => {
    const {cache} = settingsOf(example)['build-by-digest'] as {cache?: readonly string[]}
    expect(cache?.length).toBeGreaterThan(0)
  })
})

describe('000-orb', () => {
  it('makes all tags in container-manifest, after all builds and before the scan', () => {
    const {jobs} = workflowOf('000-orb')
    expect(Object.keys(jobs)).toEqual([
      'get-config',
      'container-build',
      'container-manifest',
      'container-security',
      'container-cleanup'
    ])
    expect(jobs['container-manifest']?.needs).toEqual(['get-config', 'container-build'])
    expect(jobs['container-security']?.needs).toEqual(['get-config', 'container-manifest'])
  })

  it('names the recommended variant in one place', () => {
    expect(settingsOf('000-orb')['default-variant']).toEqual({python: 3.13})
    const elsewhere = ['README.md', '.github/workflows/container.yml'].map(file => textOf('000-orb', file))
    for (const text of elsewhere) expect(text).not.toContain('3.13')
  })
})

describe('001-metro', () => {
  it('has exactly two permissions, and the three secrets of its registries', () => {
    const granted = Object.values(workflowOf('001-metro').jobs).flatMap(({permissions = {}}) =>
      Object.entries(permissions).map(([name, access]) => `${name}: ${access}`)
    )
    expect([...new Set(granted)].sort()).toEqual(['contents: read', 'packages: write'])
    const names = [...workflowText('001-metro').matchAll(/secrets\.(\w+)/g)].map(([, name]) => name)
    expect([...new Set(names)].sort()).toEqual(['DOCKERHUB_TOKEN', 'DOCKERHUB_USERNAME', 'GITHUB_TOKEN'])
  })

  it('is one workflow for main, tags and runs by hand, of which the newer cancels the older', () => {
    const {on, concurrency} = workflowOf('001-metro')
    expect(on).toEqual({push: {branches: ['main'], tags: ['v*', '[0-9]*']}, workflow_dispatch: null})
    expect(concurrency).toEqual({group: 'build-images-${{ github.ref }}', 'cancel-in-progress': true})
  })

  it('gives digest and tags out, and ends a build after 15 minutes', () => {
    const {build, publish} = workflowOf('001-metro').jobs
    expect(Object.keys(publish?.outputs ?? {})).toEqual(['digest', 'tags'])
    expect(build?.['timeout-minutes']).toBe(15)
  })
})

describe('002-opencrate', () => {
  it('has five jobs in a row under the name that the system has', () => {
    const {name, jobs} = workflowOf('002-opencrate')
    expect(name).toBe('Build, Test, and Push Docker Registry')
    const names = Object.keys(jobs)
    expect(names).toEqual([
      'static-checks',
      'generate-dockerfiles',
      'build-and-test-images',
      'build-and-push-images',
      'release-latest'
    ])
    for (const [at, one] of names.entries())
      if (at > 0) expect([jobs[one]?.needs].flat()).toContain(names[at - 1])
    expect(jobs['static-checks']?.['timeout-minutes']).toBe(5)
  })

  it('has its platforms in one setting, and no other place that names one', () => {
    expect(settingsOf('002-opencrate')['platforms']).toBe('linux/amd64')
    expect(workflowText('002-opencrate')).not.toMatch(/amd64/)
  })

  it('runs its tests by the program that has the image', () => {
    expect(textOf('002-opencrate', 'Makefile')).toMatch(/^\t\$\(ENGINE\) run /m)
  })
})

describe('003-inclusive-world-portal', () => {
  it('has the name and triggers of the workflow that it takes the place of', () => {
    const {name, on} = workflowOf('003-inclusive-world-portal')
    expect(name).toBe('Build and deploy')
    expect(on).toEqual({
      push: {branches: ['main', 'develop', 'staging'], tags: ['v*.*.*']},
      pull_request: {branches: ['main']}
    })
  })

  it('logs in to each cloud by the identity of the job, before it asks that cloud for a password', () => {
    const {runs} = parse(textOf('003-inclusive-world-portal', '.github/actions/login/action.yml')) as {
      runs: {steps: readonly Step[]}
    }
    const at = (text: string): number =>
      runs.steps.findIndex(({uses = '', run = ''}) => uses.startsWith(text) || run.includes(text))
    for (const [login, use] of [
      ['aws-actions/configure-aws-credentials@', 'aws ecr get-login-password'],
      ['azure/login@', 'az acr login']
    ] as const) {
      expect(at(login)).toBeGreaterThanOrEqual(0)
      expect(at(use)).toBeGreaterThan(at(login))
    }
    expect(at('google-github-actions/auth@')).toBeGreaterThanOrEqual(0)
    for (const job of ['build', 'publish'])
      expect(workflowOf('003-inclusive-world-portal').jobs[job]?.permissions).toMatchObject({
        'id-token': 'write'
      })
  })
})

describe('004-mvpmvp', () => {
  it('checks out only what its builds need', () => {
    expect(workflowOf('004-mvpmvp').jobs['images']?.with).toMatchObject({'sparse-checkout': 'services'})
  })

  it('has no group around the whole run, which would keep outdated builds from being cancelled', () => {
    const {concurrency, jobs} = workflowOf('004-mvpmvp')
    expect([concurrency, jobs['images']?.concurrency]).toEqual([undefined, undefined])
    const called = parse(readDocument('.github/workflows/release.yml') ?? '') as Workflow
    expect(called.jobs['build']?.concurrency?.group).toContain('${{ github.ref }}')
    expect(called.jobs['build']?.concurrency?.['cancel-in-progress']).toBe(
      "${{ !startsWith(github.ref, 'refs/tags/') }}"
    )
    expect(called.jobs['publish']?.concurrency?.['cancel-in-progress']).toBe(false)
  })

  it('has its three guides, and README leads to them', () => {
    const readme = readDocument('README.md') ?? ''
    for (const page of ['docs/reference.md', 'docs/guides/services-and-notes.md']) {
      expect(readme).toContain(`](${page}`)
      expect(readDocument(page)).toBeDefined()
    }
    const table = textOf('004-mvpmvp', 'README.md').split('## Before and after')[1] ?? ''
    for (const row of ['caches', 'builds', 'tags', 'release notes'])
      expect(table).toMatch(new RegExp(`^\\| ${row} +\\|`, 'm'))
  })

  it('has the four tiers of caches in their order', () => {
    expect(settingsOf('004-mvpmvp')['build-by-digest']).toMatchObject({
      cache: ['gha', 'registry', 'previous', 'inline']
    })
  })
})
