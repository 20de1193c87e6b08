import {existsSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {type Files, planned, tagLines} from '../support/planned.js'
import {SHA, on} from '../support/tag-plans.js'

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples')

/** The files at the top of an example, and its settings, as they stand in a repository. */
function filesOf(example: string): Files {
  const folder = path.join(EXAMPLES, example)
  const files = ['.github/image-release.yml', ...readdirSync(folder)].filter(file =>
    statSync(path.join(folder, file)).isFile()
  )
  return Object.fromEntries(files.map(file => [file, readFileSync(path.join(folder, file), 'utf8')]))
}

const release = (tag: string, changes: Partial<WorkflowRun> = {}): WorkflowRun =>
  on(tag, {event: 'release', ...changes})
const dispatch = (ref: string, inputs = {}): WorkflowRun => on(ref, {event: 'workflow_dispatch', inputs})
const schedule = on('main', {event: 'schedule', schedule: '0 3 * * 0'})

async function plan(
  example: string,
  run: WorkflowRun,
  texts: Readonly<Record<string, string>> = {},
  files: Files = {}
) {
  return await planned(run, texts, {...filesOf(example), ...files})
}

describe('000-orb: Python variants of one image', () => {
  const config = (version: string) => ({version})

  it('gives a release the tags of every variant, and those without a variant to the default', async () => {
    const {plan: made} = await plan('000-orb', release('v0.2.3'), config('0.2.3'))
    expect(tagLines(made, true)).toEqual([
      'orb-python3.9: 0.2.3-python3.9:immutable python3.9:forward',
      'orb-python3.10: 0.2.3-python3.10:immutable python3.10:forward',
      'orb-python3.11: 0.2.3-python3.11:immutable python3.11:forward',
      'orb-python3.12: 0.2.3-python3.12:immutable python3.12:forward',
      'orb-python3.13: 0.2.3:immutable latest:forward 0.2.3-python3.13:immutable python3.13:forward'
    ])
    expect(made).toMatchObject({version: '0.2.3', push: true})
  })

  it.each<[string, WorkflowRun, Record<string, string>, readonly [string, string, string]]>([
    [
      'a release',
      release('v0.2.3'),
      config('0.2.3'),
      [
        'latest,0.2.3',
        'python3.9,python3.10,python3.11,python3.12,python3.13',
        '0.2.3-python3.9,0.2.3-python3.10,0.2.3-python3.11,0.2.3-python3.12,0.2.3-python3.13'
      ]
    ],
    [
      'another release',
      release('1.0.0'),
      config('1.0.0'),
      [
        'latest,1.0.0',
        'python3.9,python3.10,python3.11,python3.12,python3.13',
        '1.0.0-python3.9,1.0.0-python3.10,1.0.0-python3.11,1.0.0-python3.12,1.0.0-python3.13'
      ]
    ],
    ['main', on('main'), config('0.2.3'), ['main,dev', '', '']],
    ['a pull request', on('pr:7'), config('0.2.3'), ['', '', '']],
    ['another branch', on('feature/x'), config('0.2.3'), ['', '', '']],
    [
      'a pre-release, which moves nothing that others share',
      release('v0.3.0-rc.1'),
      config('0.3.0-rc.1'),
      [
        '0.3.0-rc.1',
        '',
        '0.3.0-rc.1-python3.9,0.3.0-rc.1-python3.10,0.3.0-rc.1-python3.11,0.3.0-rc.1-python3.12,0.3.0-rc.1-python3.13'
      ]
    ]
  ])('lists the tags of %s', async (_, run, texts, [primary, python, precision]) => {
    const {outputs} = await plan('000-orb', run, texts)
    expect(outputs).toMatchObject({primary_tags: primary, python_tags: python, precision_tags: precision})
  })

  it('builds nothing but images on a pull request', async () => {
    expect((await plan('000-orb', on('pr:7'))).outputs['push']).toBe('false')
  })

  it('builds each variant for all platforms in one job, with its own argument', async () => {
    const {outputs, plan: made} = await plan('000-orb', release('v0.2.3'))
    const {include} = JSON.parse(outputs['build-matrix'] ?? '') as {
      include: {python: string; platform: string}[]
    }
    expect(include.map(({python, platform}) => `${python} ${platform}`)).toEqual(
      ['3.9', '3.10', '3.11', '3.12', '3.13'].map(version => `${version} linux/amd64,linux/arm64`)
    )
    expect(made.targets.map(({build}) => build?.args)).toEqual(
      ['3.9', '3.10', '3.11', '3.12', '3.13'].map(version => [`PYTHON_VERSION=${version}`])
    )
  })

  it('scans the default in full, the oldest for the worst, and the Containerfile once', async () => {
    const {outputs} = await plan('000-orb', release('v0.2.3'))
    expect(JSON.parse(outputs['scan-matrix'] ?? '')).toEqual({
      include: [
        {
          python: '3.13',
          target: 'orb-python3.13',
          images: 'docker.io/netbox/orb',
          level: 'full',
          dockerfile: true
        },
        {
          python: '3.9',
          target: 'orb-python3.9',
          images: 'docker.io/netbox/orb',
          level: 'basic',
          dockerfile: false
        }
      ]
    })
  })

  it('takes its versions and settings from an earlier job', async () => {
    const texts = {
      images: 'ghcr.io/o/orb',
      variants: 'python=["3.12", "3.13"]',
      'default-variant': 'python=3.12',
      version: '2.0.0'
    }
    const {plan: made} = await plan('000-orb', release('v2.0.0'), texts)
    expect(tagLines(made)).toEqual([
      'orb-python3.12: 2.0.0 latest 2.0.0-python3.12 python3.12',
      'orb-python3.13: 2.0.0-python3.13 python3.13'
    ])
  })
})

describe('001-metro: latest for main, strict versions for Git tags', () => {
  it.each<[string, WorkflowRun, string[], boolean]>([
    ['main', on('main'), ['mcp-taipei-metro-month-price: latest:moving'], true],
    ['a Git tag', on('v1.2.3'), ['mcp-taipei-metro-month-price: v1.2.3:immutable'], true],
    ['a run by hand', dispatch('main'), [], false],
    ['another branch', on('feature'), [], false],
    ['a pull request', on('pr:3'), [], false]
  ])('%s', async (_, run, tags, push) => {
    const {plan: made} = await plan('001-metro', run)
    expect(tagLines(made, true)).toEqual(tags)
    expect(made.push).toBe(push)
    expect(made.targets[0]?.images).toEqual([
      'docker.io/metro/mcp-taipei-metro-month-price',
      'ghcr.io/metro/mcp-taipei-metro-month-price'
    ])
  })

  it.each([
    ['v1.2', /it has 2 numbers, a version has three/, /v1\.2\.0/],
    ['v01.2.3', /the number 01 starts with a zero/, /v1\.2\.3/],
    ['v1.2.3.4', /it has 4 numbers/, /v1\.2\.3/]
  ])('refuses %s before anything is built, and names the nearest version', async (tag, fault, nearest) => {
    await expect(plan('001-metro', on(tag))).rejects.toMatchObject({
      code: 'VERSION_INVALID',
      message: expect.stringMatching(fault) as unknown,
      hint: expect.stringMatching(nearest) as unknown
    })
  })

  it.each(['1.2.3', 'v1.2.3-rc.1'])(
    'refuses %s, which is not of the form that its settings ask for',
    async tag => {
      await expect(plan('001-metro', on(tag.startsWith('v') ? tag : `tag:${tag}`))).rejects.toMatchObject({
        code: 'VERSION_INVALID',
        message: `the Git tag ${tag} is not of the form regex:v\\d+\\.\\d+\\.\\d+`,
        hint: expect.stringContaining('git-tag-pattern') as unknown
      })
    }
  )

  it('builds each platform on a runner of its own', async () => {
    const {plan: made} = await plan('001-metro', on('main'))
    expect(made.targets[0]?.builds.map(({platform, runner}) => [platform, runner])).toEqual([
      ['linux/amd64', 'ubuntu-24.04'],
      ['linux/arm64', 'ubuntu-24.04-arm']
    ])
  })
})

describe('002-opencrate: a repository for each variant, the version in a file', () => {
  const VARIANTS = ['cpu', 'cuda'].flatMap(runtime =>
    ['3.7', '3.8', '3.9', '3.10', '3.11', '3.12', '3.13'].map(python => `opencrate-${runtime}-py${python}`)
  )

  it.each<[string, WorkflowRun, string, {rebuild_flag: string; push: string}]>([
    [
      'a Git tag, pre-release or not',
      on('v0.1.0-rc'),
      'v0.1.0-rc:moving latest:forward',
      {rebuild_flag: 'false', push: 'true'}
    ],
    ['a schedule', schedule, 'v0.1.0-rc:moving', {rebuild_flag: 'true', push: 'true'}],
    [
      'a run by hand',
      dispatch('main', {REBUILD_BASE: 'false'}),
      'v0.1.0-rc:moving',
      {rebuild_flag: 'false', push: 'true'}
    ],
    [
      'a run by hand with REBUILD_BASE',
      dispatch('main', {REBUILD_BASE: 'true'}),
      'v0.1.0-rc:moving',
      {rebuild_flag: 'true', push: 'true'}
    ],
    ['a pull request', on('pr:7'), '', {rebuild_flag: 'false', push: 'false'}],
    ['a branch', on('main'), '', {rebuild_flag: 'false', push: 'false'}]
  ])('%s', async (_, run, tags, flags) => {
    const {plan: made, outputs} = await plan('002-opencrate', run)
    expect(tagLines(made, true)).toEqual(tags === '' ? [] : VARIANTS.map(name => `${name}: ${tags}`))
    expect(made.targets.map(({images}) => images)).toEqual(
      VARIANTS.map(name => [`docker.io/braindotai/${name}`])
    )
    expect(outputs).toMatchObject({version: 'v0.1.0-rc', ...flags})
  })

  it('gives out the list of the file', async () => {
    const {outputs} = await plan('002-opencrate', schedule)
    expect(outputs['python_versions_json']).toBe('["3.7","3.8","3.9","3.10","3.11","3.12","3.13"]')
    const {include} = JSON.parse(outputs['build-matrix'] ?? '') as {include: unknown[]}
    expect(include).toHaveLength(14)
    expect(include[3]).toMatchObject({runtime: 'cpu', python: '3.10', target: 'opencrate-cpu-py3.10'})
  })

  it('builds each variant from its own Containerfile', async () => {
    const {plan: made} = await plan('002-opencrate', schedule)
    expect(made.targets[3]?.build).toEqual({
      file: 'docker/dockerfiles/Dockerfile.cpu-py3.10',
      args: ['PYTHON_VERSION=3.10', 'RUNTIME=cpu']
    })
  })

  it.each(['v1.0.0', 'v2.3.1-beta', 'v1.1.0-rc1', 'v0.2.0'])('knows the version %s', async version => {
    const {plan: made} = await plan('002-opencrate', on(version), {}, {VERSION: `${version}\n`})
    expect(tagLines(made)[0]).toBe(`opencrate-cpu-py3.7: ${version} latest`)
  })

  it('moves latest to no pre-release where that is not asked for by name', async () => {
    const quiet = filesOf('002-opencrate')['.github/image-release.yml']?.replace(/tags:\n(  .*\n)+/, '') ?? ''
    const files = {'.github/image-release.yml': quiet}
    expect(tagLines((await plan('002-opencrate', on('v0.1.0-rc'), {}, files)).plan)[0]).toBe(
      'opencrate-cpu-py3.7: v0.1.0-rc'
    )
    const stable = {...files, VERSION: 'v0.1.0'}
    expect(tagLines((await plan('002-opencrate', on('v0.1.0'), {}, stable)).plan)[0]).toBe(
      'opencrate-cpu-py3.7: v0.1.0 latest'
    )
  })

  it('refuses a Git tag that the file does not name', async () => {
    await expect(plan('002-opencrate', on('v0.2.0'))).rejects.toMatchObject({
      code: 'VERSION_INVALID',
      message: 'the Git tag v0.2.0 and VERSION (v0.1.0-rc) are not the same version'
    })
  })
})

describe('003-inclusive-world-portal: environments', () => {
  const NAME = 'inclusive-world-portal'

  it.each<[string, WorkflowRun, string]>([
    ['develop', on('develop'), `develop-latest:moving develop-860c190:immutable ${SHA}:immutable`],
    ['staging', on('staging'), `staging-latest:moving staging-860c190:immutable ${SHA}:immutable`],
    ['main', on('main'), `main-latest:moving latest:moving ${SHA}:immutable`],
    [
      'main where the default branch is develop',
      on('main', {defaultBranch: 'develop'}),
      `main-latest:moving latest:moving ${SHA}:immutable`
    ],
    [
      'develop where that is the default branch',
      on('develop', {defaultBranch: 'develop'}),
      `develop-latest:moving develop-860c190:immutable ${SHA}:immutable`
    ],
    ['v1.0.0', on('v1.0.0'), `v1.0.0:immutable ${SHA}:immutable`],
    ['v2.0.0', on('v2.0.0'), `v2.0.0:immutable ${SHA}:immutable`],
    ['a pull request', on('pr:1'), '']
  ])('%s', async (_, run, tags) => {
    const {plan: made} = await plan('003-inclusive-world-portal', run)
    expect(tagLines(made, true)).toEqual(tags === '' ? [] : [`${NAME}: ${tags}`])
    expect(made.targets[0]?.build).toEqual({target: 'production', args: ['BUILDKIT_INLINE_CACHE=1']})
    expect(made.push).toBe(tags !== '')
  })

  it.each<[string, string, readonly [string, string, string?], string]>([
    ['as GitLab names them', 'main', ['type=sha,prefix=\ntype=ref,event=branch', '', '8'], 'main 860c1904'],
    [
      'as GitLab names them, on a Git tag',
      'v1.2.3',
      ['type=sha,prefix=\ntype=ref,event=tag', 'latest=false', '8'],
      'v1.2.3 860c1904'
    ],
    ['as Jenkins names them', 'feature/x', ['type=sha,prefix=', 'latest=true'], '860c190 latest'],
    ['for a laptop', 'main', ['type=raw,value=local-{{sha}}\nlocal', ''], 'local-860c190 local']
  ])('gives tags %s', async (_, ref, [tags, flavor, digits = '7'], expected) => {
    const texts = {images: 'a/b', tags, flavor, 'short-sha-length': digits}
    const {plan: made} = await planned(on(ref), texts)
    expect(made.targets[0]?.tags.map(({name}) => name).join(' ')).toBe(expected)
  })
})

describe('004-mvpmvp: four services', () => {
  it('releases all of them under one version', async () => {
    const {plan: made} = await plan('004-mvpmvp', on('v1.2.3'))
    const tags = '1.2.3:immutable 1.2:forward 1:forward latest:forward'
    expect(tagLines(made, true)).toEqual(
      ['backend', 'frontend', 'gateway', 'worker'].map(name => `${name}: ${tags}`)
    )
    expect(made.targets.map(({images}) => images[0])).toEqual(
      ['backend', 'frontend', 'gateway', 'worker'].map(name => `ghcr.io/owner/mvpmvp-${name}`)
    )
    expect(made.targets[3]).toMatchObject({
      build: {
        context: 'services/backend',
        file: 'services/backend/Containerfile.worker',
        args: ['QUEUE=default']
      },
      labels: {
        'org.opencontainers.image.title': 'worker',
        'org.opencontainers.image.description': 'The worker of mvpmvp',
        'org.opencontainers.image.version': '1.2.3'
      }
    })
  })

  it('only builds by hand', async () => {
    const {plan: made} = await plan('004-mvpmvp', dispatch('main'))
    expect(tagLines(made)).toEqual([])
    expect(made.push).toBe(false)
  })
})

describe('the plan of an example', () => {
  it.each([
    ['000-orb', release('v0.2.3')],
    ['001-metro', on('v1.2.3')],
    ['002-opencrate', on('v0.1.0-rc')],
    ['003-inclusive-world-portal', on('v1.2.3')],
    ['004-mvpmvp', on('v1.2.3')]
  ])('%s is the one that stands beside it', async (example, run) => {
    const {outputs} = await plan(example, run)
    const text = `${JSON.stringify(JSON.parse(outputs['plan'] ?? ''), undefined, 2)}\n`
    const file = path.join(EXAMPLES, example, 'plan.json')
    if (process.env['UPDATE_EXAMPLES'] === 'true' || !existsSync(file)) writeFileSync(file, text)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text))
  })
})
