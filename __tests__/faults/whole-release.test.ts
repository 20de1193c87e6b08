import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {configure} from '../../src/planning/settings/settings.js'
import {release} from '../../src/release/release.js'
import {openFolderJournal} from '../../src/cli/folder-journal.js'
import {openFolderStore} from '../../src/cli/folder-digest-store.js'
import {readText} from '../../src/machine/system-ports.js'
import {errorLines} from '../../src/host/error-lines.js'
import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import {descriptorOf, readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {Ports} from '../../src/ports.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {partsOf, sampleImage, sampleIndex, writeLayout} from '../building/layouts.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {type CommandLine, commandLine, plainEnvironment} from '../support/command-line.js'
import {type FaultBook, type FaultProxy, type ProxyFault, startFaultProxies} from '../support/fault-proxy.js'
import {type TestPorts, tagPush, testPorts} from '../support/ports.js'
import {SEED, generatorOf} from '../support/random.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {clientOf, digestAt} from '../support/releases.js'

const IS_ALL = process.env['FAULTS'] === 'all'
/** How many moments are tried of each kind. */
const MOMENTS = IS_ALL ? 40 : 4
/** A process of its own takes seconds to start. */
const KILLS = IS_ALL ? 40 : 2
const TAGS = ['1.0.0', '1.1.0', '1.0', '1.1', '1', 'latest']

interface World {
  readonly name: string
  readonly folder: string
  readonly images: readonly string[]
  /** The rule of its tags; absent where they are those of versions. */
  readonly tags?: string
}

interface Told {
  readonly error?: unknown
  readonly notices: readonly string[]
}

describe('a whole release that is stopped, and gone on with', () => {
  let registries: RunningRegistry[]
  let proxies: FaultProxy[]
  let book: FaultBook
  let source: string
  let program: CommandLine
  let reading: TestPorts
  let expected: string[]
  let requests: number
  let number = 0

  beforeAll(async () => {
    registries = await Promise.all([startEmbedded(), startEmbedded()])
    ;({book, proxies} = await startFaultProxies(registries.map(({host}) => host)))
    program = commandLine()
    reading = testPorts([])
    source = mkdtempSync(path.join(tmpdir(), 'whole-release-'))
    git('init', '--quiet', '--initial-branch=main')
    writeFileSync(path.join(source, '.gitignore'), '*\n')
    for (const version of ['1.0.0', '1.1.0']) {
      git(...AUTHOR, 'commit', '--quiet', '--allow-empty', '--message', version)
      git('tag', `v${version}`)
      writeImage(version)
    }
    const world = await prepare()
    book.arm(0, 'call before')
    expect((await run(world, '1.1.0')).error).toBeUndefined()
    requests = book.disarm()
    expected = await stateOf(world)
  }, 120_000)
  afterAll(async () => {
    reading.close()
    program.remove()
    rmSync(source, {recursive: true, force: true})
    await Promise.all([...proxies, ...registries].map(one => one.stop()))
  })

  const AUTHOR = ['-c', 'user.name=x', '-c', 'user.email=x@example.com']
  const git = (...args: string[]): string => {
    const {status, stdout, stderr} = spawnSync('git', ['-C', source, ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_COMMITTER_DATE: '2026-02-03T04:05:06Z',
        GIT_AUTHOR_DATE: '2026-02-03T04:05:06Z'
      }
    })
    if (status !== 0) throw new Error(stderr)
    return stdout.trim()
  }
  /** An image for two platforms, as another tool has built it. */
  const writeImage = (version: string): void => {
    const labels = {'org.opencontainers.image.revision': git('rev-parse', 'HEAD')}
    const images = ['amd64', 'arm64'].map(architecture =>
      sampleImage({os: 'linux', architecture, config: {Labels: labels}})
    )
    const index = sampleIndex(
      images.map(({manifest}, at) => ({
        ...descriptorOf(manifest),
        platform: {os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64'}
      }))
    )
    writeLayout(path.join(source, `image-${version}`), [index], [index.bytes, ...images.flatMap(partsOf)])
  }
  const settings = ({folder, images, tags}: World, version: string): string => {
    const file = path.join(folder, `${version}.yml`)
    const layout = path.join(source, `image-${version}`)
    const lines = [
      `images: [${images.join(', ')}]`,
      tags === undefined ? 'strategy: release' : `tags: [${tags}]`,
      `build-by-digest: {source: ${layout}}`,
      'cleanup-latest: {allow-deletion: true, min-age: 0s}'
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    return file
  }
  /** A push of its Git tag, or of main: a tag that moves with commits. */
  const eventOf = ({tags}: World, version: string): WorkflowRun => {
    const ofTag = tagPush(`v${version}`, git('rev-parse', `v${version}`))
    const day = version === '1.0.0' ? '2026-02-03' : '2026-02-04'
    const dated = {startedAt: `${day}T04:05:06Z`, commitDate: `${day}T04:00:00Z`}
    return tags === undefined ? ofTag : {...ofTag, ...dated, ref: 'refs/heads/main'}
  }
  const run = async (
    world: World,
    version: string,
    more: Partial<Ports> = {},
    resume = false
  ): Promise<Told> => {
    const exec = execWithEnvironment({})
    const ports = testPorts([], {
      exec: async (command, args, options) => await exec(command, args, {cwd: source, ...options}),
      readText,
      workflowRun: () => Promise.resolve(eventOf(world, version)),
      digests: openFolderStore(() => path.join(world.folder, 'records')),
      journal: openFolderJournal(path.join(world.folder, 'journal')),
      ...more
    })
    try {
      const texts = {config: settings(world, version), ...(resume ? {resume: 'true'} : {})}
      const config = await configure({table: release.inputs}, texts, readText)
      await config.within(async () => release.run(parseInputs(release.inputs, config.texts), ports))
      return {notices: ports.reporter.notices}
    } catch (error) {
      return {error, notices: ports.reporter.notices}
    } finally {
      ports.close()
    }
  }
  /** A world in which 1.0.0 is released. */
  const prepare = async (tags?: string): Promise<World> => {
    number += 1
    git('checkout', '--quiet', 'v1.0.0')
    const folder = mkdtempSync(path.join(source, 'world-'))
    const world = {
      name: `w${number}`,
      folder,
      images: proxies.map(({host}) => `${host}/whole/w${number}`),
      ...(tags === undefined ? {} : {tags})
    }
    expect((await run(world, '1.0.0')).error).toBeUndefined()
    git('checkout', '--quiet', 'v1.1.0')
    return world
  }
  /** What is at every tag of both registries, without the names of these. */
  const stateOf = async ({name}: World): Promise<string[]> => {
    const places = registries.flatMap(({host}, at) => TAGS.map(tag => ({host, at, tag})))
    return await Promise.all(
      places.map(async ({host, at, tag}) => {
        const digest = await digestAt(reading, `${host}/whole/${name}`, tag)
        return `${at} ${tag} ${digest ?? 'free'}`
      })
    )
  }
  const moments = (count: number, kind: number): number[] => {
    const next = generatorOf(SEED + kind)
    return Array.from({length: count}, () => 1 + Math.floor(next() * requests))
  }

  it('leaves all tags as before or all moved when it is told to stop at any request, says which, and ends the same with resume', async () => {
    for (const nth of moments(MOMENTS, 1)) {
      const world = await prepare()
      const before = await stateOf(world)
      const controller = new AbortController()
      book.arm(nth, 'call before', () => controller.abort(new Error('SIGTERM')))
      const told = await run(world, '1.1.0', {signal: controller.signal})
      book.disarm()
      const after = await stateOf(world)
      const state =
        after.join() === before.join() ? 'before' : after.join() === expected.join() ? 'moved' : after
      const said = [...told.notices, ...(told.error === undefined ? [] : errorLines(told.error))].join('\n')
      const isSaid =
        state === 'moved'
          ? told.error === undefined || said.includes('All tags of this release are moved')
          : /No tag was moved|All tags are as they were before/.test(said)
      expect({nth, state, said: isSaid ? '' : said}).toEqual({
        nth,
        state: expect.stringMatching(/^(?:before|moved)$/),
        said: ''
      })
      expect((await run(world, '1.1.0', {}, true)).error).toBeUndefined()
      expect([nth, await stateOf(world)]).toEqual([nth, expected])
    }
  }, 600_000)

  it('cleans up with resume what an earlier call took the tags from, wherever that ended', async () => {
    const EDGE = '"type=raw,value=edge"'
    /** The image at the tag, and its parts, as each registry has them. */
    const partsAt = async ({name}: World): Promise<Digest[]> => {
      const client = clientOf(reading, `${registries[0]?.host ?? ''}/whole/${name}`)
      const index = await client.getManifest(parseTag('edge'))
      return [index.digest, ...readManifest(index).manifests.map(({digest}) => digest)]
    }
    const leftOf = async ({name}: World, digests: readonly Digest[]): Promise<string[]> => {
      const found = registries.flatMap(({host}) =>
        digests.map(async digest => {
          const head = await clientOf(reading, `${host}/whole/${name}`).headManifest(digest)
          return head === undefined ? [] : [`${host} ${digest}`]
        })
      )
      return (await Promise.all(found)).flat()
    }
    const whole = await prepare(EDGE)
    const old = await partsAt(whole)
    book.arm(0, 'call before')
    expect((await run(whole, '1.1.0')).error).toBeUndefined()
    const count = book.disarm()
    expect(await leftOf(whole, old)).toEqual([])
    const [digest] = await partsAt(whole)
    for (let nth = 1; nth <= count; nth += IS_ALL ? 1 : Math.ceil(count / 4)) {
      const world = await prepare(EDGE)
      // Nothing more goes through, as after a kill: what was begun cannot be undone.
      book.arm(nth, 'call before', () => book.refuse(() => 0))
      await run(world, '1.1.0')
      book.refuse(undefined)
      book.disarm()
      expect([nth, (await run(world, '1.1.0', {}, true)).error]).toEqual([nth, undefined])
      expect([nth, (await partsAt(world))[0], await leftOf(world, old)]).toEqual([nth, digest, []])
    }
  }, 600_000)

  it.each<ProxyFault>(['403 for ever', '500 for ever', 'reset after'])(
    'ends the same with resume where a request of any step fails: %s',
    async fault => {
      for (const nth of moments(IS_ALL ? MOMENTS : 3, fault.length)) {
        const world = await prepare()
        book.arm(nth, fault)
        await run(world, '1.1.0')
        book.disarm()
        expect([nth, (await run(world, '1.1.0', {}, true)).error]).toEqual([nth, undefined])
        expect([nth, await stateOf(world)]).toEqual([nth, expected])
      }
    },
    600_000
  )

  /** Releases 1.1.0 by a process of its own, which finds its facts in Git. */
  const start = (world: World, ...more: string[]): ChildProcess => {
    const [word = '', ...args] = program.command.split(' ')
    const records = path.join(world.folder, 'records')
    const all = [
      ...args,
      'release',
      '--config',
      settings(world, '1.1.0'),
      '--records-folder',
      records,
      ...more
    ]
    return spawn(word, all, {cwd: source, stdio: 'ignore', env: plainEnvironment()})
  }
  const end = async (child: ChildProcess): Promise<number | null> =>
    ((await once(child, 'exit')) as [number | null])[0]

  it('ends the same with resume where the process is killed at any request', async () => {
    const whole = await prepare()
    expect(await end(start(whole))).toBe(0)
    const expected = await stateOf(whole)
    for (const nth of moments(KILLS, 3)) {
      const world = await prepare()
      const before = await stateOf(world)
      const state: {child?: ChildProcess} = {}
      book.arm(nth, 'call before', async () => {
        const gone = state.child === undefined ? undefined : once(state.child, 'exit')
        state.child?.kill('SIGKILL')
        await gone
      })
      state.child = start(world)
      await end(state.child)
      const isHit = book.isHit
      book.disarm()
      const found = await stateOf(world)
      for (const [at, one] of found.entries()) expect([before[at], expected[at]]).toContain(one)
      expect([nth, await end(start(world, '--resume'))]).toEqual([nth, 0])
      expect([nth, isHit, await stateOf(world)]).toEqual([nth, true, expected])
    }
  }, 3_600_000)
})
