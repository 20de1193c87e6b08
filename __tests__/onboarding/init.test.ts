import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {computeTags} from '../../src/planning/compute-tags.js'
import {configure} from '../../src/planning/settings/settings.js'
import {init} from '../../src/onboarding/init.js'
import {readText} from '../../src/machine/system-ports.js'
import {parseInputs} from '../../src/command/input.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import {readGitRun} from '../../src/ci/git-run.js'
import type {Ports} from '../../src/ports.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {tagPush, testPorts} from '../support/ports.js'

const METADATA_WORKFLOW = `# Builds our image.
name: CI
on:
  push:
    tags: ['v*'] # releases
env:
  REGISTRY: ghcr.io
  IMAGE: acme/app
jobs:
  test:
    runs-on: ubuntu-24.04
    steps: [{run: make test}]
  docker:
    needs: test
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - uses: docker/login-action@v3
        with:
          registry: \${{ env.REGISTRY }}
          username: \${{ github.actor }}
          password: \${{ secrets.GITHUB_TOKEN }}
      - uses: docker/login-action@v3
        with:
          username: \${{ secrets.DOCKERHUB_USERNAME }}
          password: \${{ secrets.DOCKERHUB_TOKEN }}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            \${{ env.REGISTRY }}/\${{ env.IMAGE }}
            docker.io/acme/app
          tags: |
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: docker/Dockerfile
          platforms: linux/amd64,linux/arm64
          push: true
          build-args: |
            COLOUR=blue
          tags: \${{ steps.meta.outputs.tags }}
          cache-from: type=gha
          shm-size: 1g
  deploy:
    needs: [docker]
    runs-on: ubuntu-24.04
    steps: [{run: ./deploy}]
`

describe('init', () => {
  const home = process.cwd()
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'init-'))
    process.chdir(folder)
  })
  afterEach(() => {
    process.chdir(home)
    rmSync(folder, {recursive: true, force: true})
  })

  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(file), {recursive: true})
    writeFileSync(file, text)
  }
  const portsWith = (overrides: Partial<Ports> = {}) => {
    const run = {...tagPush('v1.0.0'), defaultBranch: 'trunk', source: {fullName: 'Acme/App'}}
    return testPorts([], {workflowRun: () => Promise.resolve(run), readText, ...overrides})
  }
  const run = async (texts: Readonly<Record<string, string>> = {}, ports = portsWith()) =>
    await init.run(parseInputs(init.inputs, texts), ports)
  const text = (file: string) => readFileSync(file, 'utf8')

  it('gives a repository settings and a workflow, and has nothing to do the second time', async () => {
    write('build/Containerfile', 'FROM scratch\n')
    write('VERSION', '1.2.3\n')
    const {files, written, diff} = await run({write: 'true'})
    expect([files.split('\n'), written]).toEqual([
      ['.github/image-release.yml', '.dockerignore', '.github/workflows/release.yml'],
      'true'
    ])
    expect(parse(text('.github/image-release.yml'))).toEqual({
      images: ['ghcr.io/acme/app'],
      file: 'build/Containerfile',
      'version-file': 'VERSION',
      strategy: 'release'
    })
    expect(parse(text('.github/workflows/release.yml'))).toMatchObject({
      on: {push: {branches: ['trunk'], tags: ['v*']}},
      permissions: {},
      jobs: {release: {uses: 'org/image-release/.github/workflows/release.yml@v1'}}
    })
    expect(diff).toContain('--- /dev/null\n+++ b/.github/image-release.yml\n@@ -0,0 +1,')
    expect(await run({write: 'true'})).toEqual({
      account: '',
      comparison: '',
      diff: '',
      files: '',
      written: 'false'
    })
  })

  it('writes nothing unless it is told to, or somebody says yes', async () => {
    write('Dockerfile', 'FROM scratch\n')
    expect(await run()).toMatchObject({written: 'false'})
    expect(existsSync('.github')).toBe(false)
    const questions: string[] = []
    const confirm = (question: string) => Promise.resolve(questions.push(question) > 0)
    expect(await run({}, portsWith({confirm}))).toMatchObject({written: 'true'})
    expect(questions[0]).toMatch(/\+ {2}release:\n[^]*Write this\?$/)
    expect(existsSync('.github/workflows/release.yml')).toBe(true)
  })

  it("translates a workflow of Docker's actions: its events and other jobs stay, with their comments", async () => {
    write('docker/Dockerfile', 'FROM scratch\n')
    write('.github/workflows/ci.yml', METADATA_WORKFLOW)
    const ports = portsWith()
    const {files} = await run({write: 'true'}, ports)
    expect(files.split('\n')).toEqual(['.github/image-release.yml', '.github/workflows/ci.yml'])
    expect(parse(text('.github/image-release.yml'))).toEqual({
      images: ['ghcr.io/acme/app', 'docker.io/acme/app'],
      tags: ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}'],
      file: 'docker/Dockerfile',
      'build-args': ['COLOUR=blue'],
      platforms: ['linux/amd64', 'linux/arm64'],
      'build-by-digest': {cache: ['gha'], 'shm-size': '1g'}
    })
    const workflow = text('.github/workflows/ci.yml')
    expect(workflow).toMatch(/^# Builds our image\.\nname: CI\n[^]*tags: \['v\*'\] # releases/)
    expect((parse(workflow) as {jobs: object}).jobs).toEqual({
      test: expect.anything(),
      docker: {
        uses: 'org/image-release/.github/workflows/release.yml@v1',
        permissions: {contents: 'read', packages: 'write'},
        needs: 'test',
        secrets: {
          REGISTRY_CREDENTIALS: 'docker.io=${{ secrets.DOCKERHUB_USERNAME }}:${{ secrets.DOCKERHUB_TOKEN }}'
        }
      },
      deploy: {needs: ['docker'], 'runs-on': 'ubuntu-24.04', steps: [{run: './deploy'}]}
    })
    expect(ports.reporter.notices).toEqual([
      expect.stringContaining('adds provenance unasked'),
      expect.stringContaining('Written: .github/image-release.yml, .github/workflows/ci.yml. ')
    ])
    expect(ports.reporter.lines.join('\n')).toContain(
      'jobs.docker.steps[5].with.shm-size: taken over: build-by-digest.shm-size in the settings'
    )
  })

  it('says where nothing tells the default branch, and takes it from the caller', async () => {
    write('Dockerfile', 'FROM scratch\n')
    const workflowRun = () =>
      Promise.resolve({
        ...tagPush('v1.0.0'),
        source: {fullName: 'Acme/App', url: 'https://github.com/Acme/App'}
      })
    const ports = portsWith({workflowRun})
    expect((await run({}, ports)).diff).toContain('branches: [main]')
    expect(ports.reporter.notices[0]).toContain('--default-branch NAME')
    const told = portsWith({workflowRun})
    expect((await run({'default-branch': 'trunk'}, told)).diff).toContain('branches: [trunk]')
    expect(told.reporter.notices.join(' ')).not.toContain('--default-branch')
  })

  it('compares the tags of the old rules and the new ones, and writes nothing then', async () => {
    write('docker/Dockerfile', 'FROM scratch\n')
    write('.github/workflows/ci.yml', METADATA_WORKFLOW)
    const {diff, comparison, written} = await run({compare: 'true', write: 'true'})
    expect([written, existsSync('.github/image-release.yml')]).toEqual(['false', false])
    expect(diff).toBe(comparison)
    expect(comparison.split('\n')[0]).toMatch(/^EVENT +TAG +OLD RULES +NEW RULES +REASON$/)
    expect(comparison).toMatch(/push of v1\.2\.3 +ghcr\.io\/acme\/app:1\.2\.3 +yes +yes\n/)
    const json: unknown = JSON.parse((await run({compare: 'true', json: 'true'})).comparison)
    expect(json).toMatchObject({
      file: '.github/workflows/ci.yml',
      events: expect.arrayContaining([expect.objectContaining({event: 'push of v1.2.3', differences: []})])
    })
  })

  it('gives the same tags as before: the settings that it wrote make this plan', async () => {
    write('docker/Dockerfile', 'FROM scratch\n')
    write('.github/workflows/ci.yml', METADATA_WORKFLOW)
    await run({write: 'true'})
    const ports = portsWith()
    const config = await configure({table: computeTags.inputs}, {ask: 'never'}, readText)
    const {plan} = await computeTags.run(parseInputs(computeTags.inputs, config.texts), ports)
    const [target] = parsePlan(plan).targets
    expect(target?.images).toEqual(['ghcr.io/acme/app', 'docker.io/acme/app'])
    expect(target?.tags.map(({name}) => name)).toEqual(['1.0.0', '1.0', 'latest'])
    expect(target?.build).toMatchObject({file: 'docker/Dockerfile', args: ['COLOUR=blue']})
  })

  it('keeps what a run decides in the workflow, and makes rules of tags that are written by hand', async () => {
    write(
      '.github/workflows/build.yaml',
      [
        'on: push',
        'jobs:',
        '  a:',
        '    runs-on: ubuntu-24.04',
        '    steps:',
        '      - uses: docker/build-push-action@v6',
        '        with:',
        '          push: true',
        '          tags: |',
        '            ghcr.io/${{ github.repository }}:latest',
        '            ghcr.io/${{ github.repository }}:${{ github.sha }}',
        ''
      ].join('\n')
    )
    await run({write: 'true'})
    const {jobs} = parse(text('.github/workflows/build.yaml')) as {jobs: {a: object}}
    expect(jobs.a).toMatchObject({
      permissions: {contents: 'read', packages: 'write'},
      with: {images: 'ghcr.io/${{ github.repository }}'}
    })
    expect(parse(text('.github/image-release.yml'))).toEqual({
      tags: ['type=raw,value=latest', 'type=sha,format=long,prefix='],
      flavor: ['latest=false'],
      platforms: ['linux/amd64']
    })
  })

  it('leaves settings that are there, and other workflows, alone', async () => {
    write('Dockerfile', 'FROM scratch\n')
    write('.github/image-release.yml', 'images: [ghcr.io/a/b]\n')
    write('.github/workflows/release.yml', 'on: push\njobs: {}\n')
    expect((await run({write: 'true'})).files).toBe('.github/workflows/image-release.yml')
    expect(text('.github/image-release.yml')).toBe('images: [ghcr.io/a/b]\n')
    expect(text('.github/workflows/release.yml')).toBe('on: push\njobs: {}\n')
  })

  it('looks at the repository, and writes into it, from any folder below its root', async () => {
    write('Dockerfile', 'FROM scratch\n')
    mkdirSync('.git')
    mkdirSync('src/deep', {recursive: true})
    process.chdir('src/deep')
    expect((await run({write: 'true'})).written).toBe('true')
    process.chdir(folder)
    expect(existsSync('.github/workflows/release.yml')).toBe(true)
    expect(existsSync('src/deep/.github')).toBe(false)
  })

  it.each([
    ['nothing', undefined, '.image-release\n'],
    ['a file', 'node_modules', 'node_modules\n.image-release\n'],
    ['a line for it', '/.image-release/\n', '/.image-release/\n'],
    ['nothing but what is named', '**\n!src\n', '**\n!src\n']
  ])('keeps what this program leaves behind out of builds, beside %s', async (_, before, after) => {
    write('Dockerfile', 'FROM scratch\nCOPY . .\n')
    if (before !== undefined) write('.dockerignore', before)
    await run({write: 'true'})
    expect(text('.dockerignore')).toBe(after)
    expect((await run({write: 'true'})).files).toBe('')
  })

  it('takes folders with Containerfiles for services, each with its image, and says so', async () => {
    write('services/api/Dockerfile', 'FROM scratch\n')
    write('services/Web/Containerfile', 'FROM scratch\n')
    for (const folder of ['node_modules/x', 'tests/app', '.devcontainer', 'a/b/c/d'])
      write(`${folder}/Dockerfile`, 'FROM scratch\n')
    const ports = portsWith()
    await run({write: 'true'}, ports)
    expect(ports.reporter.notices[0]).toContain(
      'services/Web, services/api: each folder with a Containerfile'
    )
    expect(parse(text('.github/image-release.yml'))).toEqual({
      images: ['ghcr.io/acme/app-{{service}}'],
      strategy: 'release',
      services: {web: {context: 'services/Web'}, api: {context: 'services/api'}}
    })
    const config = await configure({table: computeTags.inputs}, {ask: 'never'}, readText)
    const {plan} = await computeTags.run(parseInputs(computeTags.inputs, config.texts), portsWith())
    expect(parsePlan(plan).targets.map(({images, build}) => [images, build?.context])).toEqual([
      [['ghcr.io/acme/app-web'], 'services/Web'],
      [['ghcr.io/acme/app-api'], 'services/api']
    ])
    expect(existsSync('.dockerignore')).toBe(false)
  })

  it('takes the one folder with a Containerfile for the context, and tells apart folders of one name', async () => {
    write('app/Dockerfile', 'FROM scratch\n')
    const ports = portsWith()
    expect((await run({}, ports)).diff).toContain('+build-context: app\n')
    expect(ports.reporter.notices[0]).toContain('that folder is taken for the context')
    write('one/app/Dockerfile', 'FROM scratch\n')
    expect((await run()).diff).toContain('+  one-app:\n+    context: one/app\n')
    write('Dockerfile', 'FROM scratch\n')
    const beside = portsWith()
    expect((await run({}, beside)).diff).not.toContain('services')
    expect(beside.reporter.notices[0]).toContain(
      'services: {app: {context: app}, one-app: {context: one/app}}'
    )
  })

  it.each<[string, readonly (readonly string[])[]]>([
    ['without a commit', []],
    [
      'at a commit with several tags, which could be of two runs',
      [
        ['-c', 'user.name=A', '-c', 'user.email=a@mail.example', 'commit', '-qm', 'x', '--allow-empty'],
        ['tag', 'v1'],
        ['tag', 'v1.0.0'],
        ['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk']
      ]
    ]
  ])('knows the remote and the branch of a repository %s', async (_, commands) => {
    write('Dockerfile', 'FROM scratch\n')
    const git = (...args: readonly string[]): Buffer =>
      execFileSync('git', args, {env: {...process.env, GIT_CONFIG_GLOBAL: '/dev/null'}})
    git('init', '--quiet', '--initial-branch', 'trunk')
    git('remote', 'add', 'origin', 'git@github.com:Acme/Tool.git')
    for (const command of commands) git(...command)
    const exec = execWithEnvironment({GIT_CONFIG_GLOBAL: '/dev/null'})
    const clock = {now: () => 0, sleep: () => Promise.resolve()}
    const workflowRun = async () => await readGitRun({}, {exec, clock})
    const ports = portsWith({exec, workflowRun})
    await expect(workflowRun()).rejects.toThrow(/no commit|several tags/)
    const {diff} = await run({}, ports)
    expect(ports.reporter.notices).toEqual([])
    expect(diff).toContain('+  - ghcr.io/acme/tool\n')
    expect(diff).toContain('+    branches: [trunk]\n')
  })

  it('says what it did not find', async () => {
    const ports = portsWith()
    await run({}, ports)
    expect(ports.reporter.notices).toEqual([expect.stringContaining('No Containerfile or Dockerfile')])
  })
})
