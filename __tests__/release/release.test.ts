import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {release} from '../../src/release/release.js'
import {configure} from '../../src/planning/settings/settings.js'
import {readText} from '../../src/machine/system-ports.js'
import {openFolderStore} from '../../src/cli/folder-digest-store.js'
import {parseInputs} from '../../src/command/input.js'
import type {Ports} from '../../src/ports.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type TestPorts, tagPush, testPorts} from '../support/ports.js'
import {startEmbeddedWith} from '../support/registries.js'
import {parseDigest} from '../../src/oci/digest.js'
import {clientOf, digestAt} from '../support/releases.js'

const HELLO = path.resolve(import.meta.dirname, '../../examples/hello')

/** One repository, one machine, one command, on a registry with logins. */
describeWith(['buildah', 'git'], 'a release in one command', () => {
  let registry: Awaited<ReturnType<typeof startEmbeddedWith>>
  let storage: ContainerStorage
  let ports: TestPorts
  let event: {event: string; ref: string}
  let folder: string
  let image: string
  let number = 0

  beforeAll(async () => {
    storage = makeContainerStorage()
    registry = await startEmbeddedWith('basic')
    const exec = execWithEnvironment(storage.env)
    ports = testPorts([registry], {
      exec: async (command, args, options) => await exec(command, args, {cwd: folder, ...options}),
      readText
    })
  })
  afterAll(async () => {
    ports.close()
    await registry.stop()
    storage.remove()
  })
  beforeEach(() => {
    number += 1
    image = `${registry.host}/team/app${number}`
    folder = mkdtempSync(path.join(tmpdir(), 'one-command-'))
    cpSync(HELLO, folder, {recursive: true})
    writeFileSync(path.join(folder, '.gitignore'), '.image-release/\n')
    settings('')
    event = {event: 'push', ref: 'refs/tags/v1.0.0'}
    git('init', '--quiet', '--initial-branch=main')
    commit('first')
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  const config = (): string => path.join(folder, '.github/image-release.yml')
  const settings = (more: string): void => {
    mkdirSync(path.dirname(config()), {recursive: true})
    writeFileSync(
      config(),
      `images: ${image}\nstrategy: release\nbuild-context: ${folder}\nbuild-by-digest:\n  builder: buildah\n  format: docker\n${more}`
    )
  }
  const git = (...args: string[]): string => {
    const {status, stdout, stderr} = spawnSync('git', ['-C', folder, ...args], {encoding: 'utf8'})
    if (status !== 0) throw new Error(stderr)
    return stdout.trim()
  }
  const commit = (message: string): void => {
    git('add', '.')
    git('-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--quiet', '--message', message)
  }
  /** As main reads it, with records in files as on a command line. */
  const run = async (texts: Readonly<Record<string, string>> = {}, more: Partial<Ports> = {}) => {
    ports.reporter.lines.length = 0
    ports.reporter.notices.length = 0
    ports.reporter.summaries.length = 0
    const workflowRun: Ports['workflowRun'] = () =>
      Promise.resolve({...tagPush('v1.0.0', git('rev-parse', 'HEAD')), ...event})
    const digests = openFolderStore(() => path.join(folder, '.image-release/records'))
    const all = await configure({table: release.inputs}, {config: config(), ...texts}, readText)
    return await all.within(async () =>
      release.run(parseInputs(release.inputs, all.texts), {...ports, workflowRun, digests, ...more})
    )
  }
  const builtBy = async (texts: Readonly<Record<string, string>>): Promise<(Built & {digest: string})[]> =>
    (JSON.parse((await run({...texts, json: 'true'})).result) as {builds: (Built & {digest: string})[]})
      .builds
  const tagsOf = async (): Promise<[string, string][]> => {
    const names = ['1.0.0', '1.0.1', '1.0', '1', 'latest']
    const found = await Promise.all(names.map(async tag => [tag, await digestAt(ports, image, tag)] as const))
    return found.flatMap(([tag, digest]) => (digest === undefined ? [] : [[tag, digest]]))
  }
  const namesOf = async (): Promise<string[]> => (await tagsOf()).map(([tag]) => tag)

  it('plans, builds two platforms, moves all tags, verifies and cleans up, by the file of settings', async () => {
    const first = await run({json: 'true'})
    expect(JSON.parse(first.result)).toMatchObject({
      version: '1.0.0',
      push: true,
      builds: [
        {platform: 'linux/amd64', built: true},
        {platform: 'linux/arm64', built: true}
      ],
      steps: ['plan', 'check', 'build', 'merge', 'verify', 'notes', 'clean-up'].map(step => ({
        step,
        done: true
      }))
    })
    const before = await tagsOf()
    expect(before.map(([tag]) => tag)).toEqual(['1.0.0', '1.0', '1', 'latest'])
    expect(new Set(before.map(([, digest]) => digest)).size).toBe(1)
    expect(ports.reporter.summaries).toEqual([expect.stringMatching(/^# Release `1\.0\.0`\n\n\| Step/)])

    settings('cleanup-latest:\n  allow-deletion: true\n  min-age: 0s\n  keep-versions: 1\n')
    commit('second')
    event = {event: 'push', ref: 'refs/tags/v1.0.1'}
    const {result} = await run()
    expect(result).toMatch(
      new RegExp(`^Released 1.0.1 in [^]*docker pull ${image}:1.0.1\ndocker pull ${image}@sha256:`)
    )
    expect(await namesOf()).toEqual(['1.0.1', '1.0', '1', 'latest'])
    expect(await clientOf(ports, image).headManifest(parseDigest(before[0]?.[1] ?? ''))).toBeUndefined()
  }, 120_000)

  it('has released where it may not clean up and no setting asked for that; where one did, it fails', async () => {
    await run()
    const send: Ports['send'] = async request =>
      request.method === 'DELETE'
        ? {status: 403, headers: {}, body: Readable.from([])}
        : await ports.send(request)
    const state = {runs: 0}
    // Another image of the same commit: the one before it is reached by nothing then.
    const again = async () => {
      state.runs += 1
      writeFileSync(path.join(folder, 'VERSION'), `${state.runs}\n`)
      return await run({'min-age': '0s'}, {send})
    }
    expect((await again()).result).toMatch(/^Released 1\.0\.0 in /)
    expect(ports.reporter.warnings.join('\n')).toMatch(
      /Nothing was cleaned up: .*Or leave it out: skip: clean-up\./
    )
    settings('cleanup-latest:\n  allow-deletion: true\n  min-age: 0s\n')
    await expect(again()).rejects.toMatchObject({code: 'RIGHT_MISSING'})
  }, 120_000)

  it('shows in a dry run what it would do, and does nothing', async () => {
    const {result} = await run({'dry-run': 'true'})
    expect(result).toBe('Planned; nothing is built')
    expect(ports.reporter.lines.join('\n')).toMatch(/linux\/arm64 +buildah [\d.]+ +\S+ \(.*\) +127/)
    expect(await tagsOf()).toEqual([])
    expect(existsSync(path.join(folder, '.image-release'))).toBe(false)
  }, 60_000)

  it('stops after a step, goes on without building what stands in the registry, and builds again what does not', async () => {
    const {result} = await run({until: 'build'})
    expect(result).toMatch(/^Built in .*no tag is moved yet/)
    expect(await tagsOf()).toEqual([])
    writeFileSync(path.join(folder, 'untracked'), 'x')
    const changed = await builtBy({until: 'build', resume: 'true'})
    expect(changed).toMatchObject([{built: true}, {built: true}])
    await clientOf(ports, image).deleteManifest(parseDigest(changed[1]?.digest ?? ''))
    expect(await builtBy({until: 'build', resume: 'true'})).toMatchObject([{built: false}, {built: true}])
    expect(ports.reporter.notices.join('\n')).toMatch(
      /linux\/arm64.* is not wholly there, and is built again/
    )
    expect(await builtBy({resume: 'true'})).toMatchObject([{built: false}, {built: false}])
    expect(await namesOf()).toEqual(['1.0.0', '1.0', '1', 'latest'])
  }, 120_000)

  it('only builds where the event publishes nothing', async () => {
    event = {event: 'pull_request', ref: 'refs/pull/7/merge'}
    const {result} = await run()
    expect(result).toMatch(/^Built in .*; this run publishes nothing\n/)
    expect(await tagsOf()).toEqual([])
    expect(existsSync(path.join(folder, '.image-release'))).toBe(false)
  }, 60_000)

  it('says before the first step which setting is wrong, of any of them, by its line', async () => {
    settings('verify-release:\n  wait: soon\n')
    await expect(run()).rejects.toMatchObject({
      issues: [
        {input: expect.stringMatching(/image-release\.yml:8$/), message: expect.stringMatching(/^wait: /)}
      ]
    })
    expect(ports.reporter.lines).toEqual([])
  })

  it('builds nothing where a registry does not answer, and asks nobody', async () => {
    const questions: string[] = []
    const confirm: Ports['confirm'] = question => Promise.resolve(questions.push(question) > 0)
    await expect(run({images: '127.0.0.1:9/team/app'}, {confirm})).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE'
    })
    expect(questions).toEqual([])
    expect(ports.reporter.lines.join('\n')).not.toContain('STEP 1')
  }, 60_000)

  it('says on a branch that produces no tags how a version is released', async () => {
    event = {event: 'push', ref: 'refs/heads/main'}
    await run({until: 'plan'})
    expect(ports.reporter.notices).toContainEqual(expect.stringContaining('git tag v1.2.3'))
  })

  it('says that no tag was moved where a build fails, and how to go on', async () => {
    writeFileSync(path.join(folder, 'Containerfile'), 'FROM scratch\nCOPY nothing /\n')
    await expect(run()).rejects.toMatchObject({code: 'BUILD_FAILED'})
    expect(ports.reporter.notices).toContain('No tag was moved. Continue with the same call and --resume.')
    expect(ports.reporter.summaries.join('')).toMatch(/\| build \| \*\*stopped\*\*/)
    expect(await tagsOf()).toEqual([])
  }, 60_000)
})

interface Built {
  readonly platform: string
  readonly built: boolean
}
