import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {
  type CommandLine,
  type ScriptResult,
  commandLine,
  plainEnvironment,
  runScript
} from '../support/command-line.js'
import {componentPath, describeWith, itWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type BareRepository, bareRepository} from '../support/git-server.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {runOnTerminal} from '../support/pseudo-terminal.js'
import {PUBLISHER, startEmbeddedWith} from '../support/registries.js'
import {digestAt} from '../support/releases.js'

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples')

/** A job of the GitLab file, as far as it is run here. */
interface GitlabJob {
  readonly stage: string
  readonly script: readonly string[]
  readonly needs?: readonly string[]
  readonly parallel?: {readonly matrix: readonly Readonly<Record<string, string>>[]}
  readonly rules?: readonly {readonly if?: string; readonly when?: string}[]
  readonly artifacts?: {readonly paths?: readonly string[]; readonly reports?: {readonly junit?: string}}
}

describeWith(['buildah', 'git'], 'the examples outside GitHub', () => {
  let program: CommandLine
  let registry: Awaited<ReturnType<typeof startEmbeddedWith>>
  let storage: ContainerStorage
  let ports: TestPorts
  let root: string
  let source: string
  let image: string
  let number = 0

  beforeAll(async () => {
    program = commandLine()
    storage = makeContainerStorage()
    registry = await startEmbeddedWith('basic')
    ports = testPorts([registry])
    root = mkdtempSync(path.join(tmpdir(), 'outside-'))
  })
  afterAll(async () => {
    ports.close()
    await registry.stop()
    storage.remove()
    program.remove()
    rmSync(root, {recursive: true, force: true})
  })
  beforeEach(() => {
    number += 1
    image = `${registry.host}/team/app${number}`
    source = path.join(root, `source-${number}`)
    cpSync(path.join(EXAMPLES, 'hello'), source, {recursive: true})
    writeFileSync(path.join(source, '.gitignore'), '.image-release/\n')
    git(source, 'init', '--quiet', '--initial-branch=main')
    git(source, 'add', '.')
    git(source, '-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--quiet', '-m', 'first')
  })

  const environment = () => ({
    ...storage.env,
    PATH: `${program.path}${path.delimiter}${componentPath}`,
    IMAGE_RELEASE: program.command,
    IMAGE_RELEASE_BUILDER: 'buildah',
    IMAGE_RELEASE_FORMAT: 'docker'
  })
  const login = () => `${registry.host}=${PUBLISHER.username}:${PUBLISHER.password}`
  /** All that holds a manifest, tagged or not. */
  const repositories = async (): Promise<string[]> => {
    const authorization = `Basic ${btoa(`${PUBLISHER.username}:${PUBLISHER.password}`)}`
    const answer = await fetch(`http://${registry.host}/v2/_catalog`, {headers: {authorization}})
    const {repositories: names} = (await answer.json()) as {repositories: string[]}
    return names.map(name => `${registry.host}/${name}`)
  }
  const commit = () => git(source, 'rev-parse', 'HEAD')
  /** What GitLab says of itself in a pipeline for the tag v1.2.3. */
  const gitlabVariables = () => ({
    GITLAB_CI: 'true',
    CI: 'true',
    CI_COMMIT_SHA: commit(),
    CI_COMMIT_REF_NAME: 'v1.2.3',
    CI_COMMIT_TAG: 'v1.2.3',
    CI_DEFAULT_BRANCH: 'main',
    CI_PIPELINE_ID: '1',
    CI_PIPELINE_SOURCE: 'push',
    CI_PROJECT_PATH: 'team/app',
    CI_PROJECT_URL: 'https://gitlab.example/team/app',
    CI_REGISTRY_IMAGE: image
  })

  it('local: releases local and local-<commit>, then the version of a Git tag, and asks nobody without a terminal', async () => {
    const script = path.join(EXAMPLES, 'local/release.sh')
    const env = {...environment(), IMAGE: image, IMAGE_RELEASE_REGISTRY_CREDENTIALS: login()}
    done(await runScript(`sh ${script} --yes`, {cwd: source, env}))
    const local = await digestAt(ports, image, 'local')
    expect(local).toMatch(/^sha256:/)
    expect(await digestAt(ports, image, `local-${commit().slice(0, 7)}`)).toBe(local)
    git(source, 'tag', 'v1.0.0')
    const {stdout} = done(await runScript(`sh ${script}`, {cwd: source, env}))
    expect(stdout.trim().split('\n').sort()).toEqual(
      [`${image}:1.0`, `${image}:1.0.0`, `${image}:latest`].sort()
    )
    expect(existsSync(path.join(source, '.image-release/journal/1.0.0.json'))).toBe(true)
  }, 120_000)

  itWith(['script'])(
    'local: asks once at a terminal, before the first byte goes out, and «no» leaves nothing',
    async () => {
      const script = path.join(EXAMPLES, 'local/release.sh')
      const env = {
        ...plainEnvironment(),
        ...environment(),
        IMAGE: image,
        IMAGE_RELEASE_REGISTRY_CREDENTIALS: login()
      }
      const answering = async (keys: string) =>
        await runOnTerminal(`sh ${script}`, {cwd: source, env, typing: {after: '[y/N]', keys}})
      const no = await answering('n\r')
      expect(no.exitCode).not.toBe(0)
      expect(no.screen).toMatch(/linux\/amd64, no tag yet; to come: local, local-\w{7}/)
      expect(await repositories()).not.toContain(image)
      const yes = await answering('y\r')
      expect(yes.exitCode === 0 ? 0 : yes.screen).toBe(0)
      expect(yes.screen.match(/\[y\/N\]/g)).toHaveLength(1)
      expect(await digestAt(ports, image, 'local')).toMatch(/^sha256:/)
    },
    120_000
  )

  it('in one command: releases for a Git tag and for a branch what the long forms release', async () => {
    const env = {...environment(), IMAGE: image, IMAGE_RELEASE_REGISTRY_CREDENTIALS: login()}
    const script = path.join(EXAMPLES, 'local/one-command.sh')
    done(await runScript(`sh ${script} --yes`, {cwd: source, env}))
    const local = await digestAt(ports, image, 'local')
    expect(local).toMatch(/^sha256:/)
    expect(await digestAt(ports, image, `local-${commit().slice(0, 7)}`)).toBe(local)

    const {release} = parse(readFileSync(path.join(EXAMPLES, 'gitlab/one-job.gitlab-ci.yml'), 'utf8')) as {
      release: GitlabJob
    }
    git(source, 'tag', 'v1.2.3')
    const gitlab = gitlabVariables()
    done(await runScript(release.script.join('\n'), {cwd: source, env: {...env, ...gitlab}, shell: 'bash'}))
    const exact = await digestAt(ports, image, '1.2.3')
    expect([exact, await digestAt(ports, image, 'latest')]).toEqual([
      expect.stringMatching(/^sha256:/),
      exact
    ])
    expect(existsSync(path.join(source, '.image-release/journal/1.2.3.json'))).toBe(true)

    const jenkins = {
      JENKINS_URL: 'https://jenkins.example/',
      BUILD_NUMBER: '7',
      JOB_NAME: 'team/app/main',
      BRANCH_NAME: 'main',
      BRANCH_IS_PRIMARY: 'true',
      GIT_COMMIT: commit(),
      NAME: PUBLISHER.username,
      WORD: PUBLISHER.password
    }
    const [, step = ''] = /sh '''\n([^]*?)'''/.exec(
      readFileSync(path.join(EXAMPLES, 'jenkins/Jenkinsfile.one-job'), 'utf8')
    ) ?? ['']
    const other = `${image}-jenkins`
    done(
      await runScript(`set -e\n${step.replaceAll('\\\n', '')}`, {
        cwd: source,
        env: {...environment(), ...jenkins, IMAGE: other}
      })
    )
    expect(await digestAt(ports, other, commit().slice(0, 7))).toBe(await digestAt(ports, other, 'latest'))
  }, 120_000)

  it('local: says what it needs', async () => {
    const {exitCode, stderr} = await runScript(`sh ${path.join(EXAMPLES, 'local/release.sh')}`, {
      cwd: source,
      env: environment()
    })
    expect([exitCode, stderr]).toEqual([expect.any(Number), expect.stringContaining('set IMAGE')])
    expect(exitCode).not.toBe(0)
  })

  it("GitLab: runs its jobs' scripts for a tag, each in a checkout of its own with the artifacts that it needs", async () => {
    const file = parse(readFileSync(path.join(EXAMPLES, 'gitlab/.gitlab-ci.yml'), 'utf8')) as Record<
      string,
      unknown
    >
    git(source, 'tag', 'v1.2.3')
    const variables = {
      ...gitlabVariables(),
      CI_REGISTRY: registry.host,
      CI_REGISTRY_USER: PUBLISHER.username,
      CI_REGISTRY_PASSWORD: PUBLISHER.password
    }
    const given = file['variables'] as Record<string, string>
    const own = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, expand(value, variables)])
    )
    const kept = new Map<string, string>()
    for (const name of ['plan', 'build', 'publish']) {
      const job = file[name] as GitlabJob
      for (const cell of job.parallel?.matrix ?? [{}]) {
        const checkout = path.join(
          root,
          `gitlab-${name}-${kept.size}-${Object.values(cell).join('').replaceAll('/', '')}`
        )
        git(root, 'clone', '--quiet', source, checkout)
        git(checkout, 'checkout', '--quiet', '--detach', 'v1.2.3')
        for (const [artifact, from] of kept) copy(path.join(from, artifact), path.join(checkout, artifact))
        const env = {...variables, ...own, ...environment(), ...cell}
        const script = ['set -eo pipefail', ...job.script].join('\n')
        done(await runScript(script, {cwd: checkout, env, shell: 'bash'}))
        for (const artifact of job.artifacts?.paths ?? [])
          for (const found of filesBelow(checkout, artifact)) kept.set(found, checkout)
        if (name === 'publish') {
          expect(readFileSync(path.join(checkout, '.image-release/verify.xml'), 'utf8')).toContain(
            'failures="0"'
          )
          expect(readFileSync(path.join(checkout, '.image-release/notes.md'), 'utf8')).toContain(
            `docker pull ${image}:1.2.3`
          )
        }
      }
    }
    expect([...kept.keys()].filter(one => one.includes('/records/'))).toHaveLength(2)
    const [exact, latest] = await Promise.all(['1.2.3', 'latest'].map(tag => digestAt(ports, image, tag)))
    expect(exact).toMatch(/^sha256:/)
    expect(latest).toBe(exact)
    const {rules} = file['publish'] as GitlabJob
    expect(rules?.[0]).toEqual({if: '$CI_PIPELINE_SOURCE == "merge_request_event"', when: 'never'})
  }, 120_000)

  it('Jenkins: runs the steps of its stages for the primary branch, up to the manifests', async () => {
    const text = readFileSync(path.join(EXAMPLES, 'jenkins/Jenkinsfile'), 'utf8')
    const manifests: BareRepository = await bareRepository({
      'overlays/staging/kustomization.yaml': `images:\n  - name: ${image}\n    newTag: old\n`
    })
    git(source, 'checkout', '--quiet', '--detach')
    const env = {
      ...environment(),
      JENKINS_URL: 'https://jenkins.example/',
      BUILD_NUMBER: '7',
      JOB_NAME: 'team/app/main',
      BRANCH_NAME: 'main',
      BRANCH_IS_PRIMARY: 'true',
      GIT_COMMIT: commit(),
      IMAGE: image,
      NAME: PUBLISHER.username,
      WORD: PUBLISHER.password,
      MANIFESTS: manifests.folder,
      IMAGE_RELEASE_AUTHOR: 'Jenkins <jenkins@example.com>'
    }
    const steps = [...text.matchAll(/sh '''\n([^]*?)'''/g)].map(([, script = '']) => script)
    expect(steps).toHaveLength(4)
    for (const step of steps)
      for (const ARCHITECTURE of step.includes('$ARCHITECTURE') ? ['amd64', 'arm64'] : ['amd64'])
        // Jenkins runs a step by `sh -xe`, and Groovy takes a backslash before a line break out.
        done(
          await runScript(`set -e\n${step.replaceAll('\\\n', '')}`, {
            cwd: source,
            env: {...env, ARCHITECTURE}
          })
        )
    const tag = commit().slice(0, 7)
    const digest = await digestAt(ports, image, tag)
    expect(digest).toMatch(/^sha256:/)
    expect(await digestAt(ports, image, 'latest')).toBe(digest)
    const expected = /^\d+(?:e\d+)?$/.test(tag) ? `"${tag}"` : tag
    expect(await manifests.read('main', 'overlays/staging/kustomization.yaml')).toContain(
      `newTag: ${expected}\n`
    )
    expect((await manifests.subjects('main'))[0]).toBe(`Update image to ${tag}`)
    await manifests.remove()
  }, 120_000)
})

/** The result, where all went well; else the test fails with what the script said. */
function done(result: ScriptResult): ScriptResult {
  if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode}\n${result.stdout}\n${result.stderr}`)
  return result
}

function git(folder: string, ...args: string[]): string {
  const {status, stdout, stderr} = spawnSync('git', ['-C', folder, ...args], {encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** As GitLab fills in variables within variables. */
function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? '')
}

function filesBelow(folder: string, wanted: string): string[] {
  const {stdout} = spawnSync('find', [wanted, '-type', 'f'], {cwd: folder, encoding: 'utf8'})
  return stdout.split('\n').filter(Boolean)
}

function copy(from: string, to: string): void {
  mkdirSync(path.dirname(to), {recursive: true})
  cpSync(from, to)
}
