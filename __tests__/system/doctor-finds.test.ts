import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import path from 'node:path'
import {readdirSync} from 'node:fs'
import {parseTag} from '../../src/oci/reference.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {type CommandLine, commandLine} from '../support/command-line.js'
import {type FaultBook, startFaultProxies} from '../support/fault-proxy.js'
import {image} from '../support/images.js'
import {testPorts} from '../support/ports.js'
import {clientOf} from '../support/releases.js'
import {World, ended} from '../support/release-folder.js'

const MERGE = ['merge-manifest', '--plan', 'plan.json', '--wait', '0', '--yes'] as const
const AGAIN = `image-release ${MERGE.join(' ')}`

interface Diagnosis {
  readonly state: string
  readonly command: string
  readonly diagnosis: string
}

describe('doctor, asked for nothing but what became of the last run in this folder', () => {
  let program: CommandLine
  let world: World
  beforeAll(() => {
    program = commandLine()
  })
  afterAll(() => program.remove())
  beforeEach(() => {
    world = new World(program)
  })
  afterEach(async () => await world.close())

  const doctor = async (): Promise<Diagnosis> => {
    const {exitCode, said, out} = await world.run('doctor', '--wait', '0', '--json')
    expect([exitCode, said]).toEqual([0, ''])
    return JSON.parse(out) as Diagnosis
  }
  const merge = async () => await world.run(...MERGE)
  /** What `doctor` proposed, done. */
  const follow = async ({command}: Diagnosis) => {
    const [name, ...args] = command.split(' ')
    expect(name).toBe('image-release')
    return await world.run(...args)
  }
  /** A registry in front of which requests can be held up. */
  const proxied = async (): Promise<{host: string; book: FaultBook}> => {
    const {book, proxies} = await startFaultProxies([(await world.registry()).host])
    const [proxy] = proxies
    if (proxy === undefined) throw new Error('there is no proxy')
    world.atEnd(() => proxy.stop())
    return {host: proxy.host, book}
  }
  /** Kills the merge when it is about to move the last tag. */
  const killed = async (book: FaultBook): Promise<void> => {
    const state: {child?: ChildProcess} = {}
    book.refuse(({method, url}) => {
      if (method === 'PUT' && url.endsWith('/manifests/latest')) {
        state.child?.kill('SIGKILL')
        return 100
      }
      return undefined
    })
    state.child = world.start(...MERGE)
    await ended(state.child)
    book.refuse(undefined)
  }

  it('says where no release was made', async () => {
    const {exitCode, said} = await world.run('doctor')
    expect(exitCode).toBe(2)
    expect(said).toContain('no release was made in this folder')
  }, 60_000)

  it('finds one that stands whole, and proposes nothing', async () => {
    await world.built([(await world.registry()).host])
    await merge()
    expect(await doctor()).toMatchObject({state: 'whole', command: ''})
  }, 60_000)

  it('finds a refusal before any tag moved, with its reason, though a journal of an earlier release is there', async () => {
    const {host} = await world.registry()
    await world.built([host])
    await merge()
    await world.built([host], {revision: 'b'.repeat(40)})
    await merge()
    const found = await doctor()
    expect(found).toMatchObject({state: 'refused', command: AGAIN})
    expect(found.diagnosis).toContain('merge-manifest failed: tags that must not change')
    expect(found.diagnosis).toContain('Release a new version')
  }, 60_000)

  it('finds one that was killed half way, twice, and proposes the call that finishes it', async () => {
    const {host, book} = await proxied()
    await world.built([host])
    await killed(book)
    expect(await doctor()).toMatchObject({state: 'half', command: AGAIN})
    await killed(book)
    const journals = readdirSync(path.join(world.folder, '.image-release/journal'))
    expect(journals.length).toBeGreaterThan(1)
    const found = await doctor()
    expect(found).toMatchObject({state: 'half', command: AGAIN})
    expect(found.diagnosis).toContain('was nothing')
    expect(found.diagnosis).toContain('merge-manifest was killed.')
    expect((await follow(found)).exitCode).toBe(0)
    expect(await doctor()).toMatchObject({state: 'whole', command: ''})
  }, 60_000)

  it('takes one for half done whose second try was refused before it could finish it', async () => {
    const {host, book} = await proxied()
    await world.built([host])
    await killed(book)
    book.refuse(({method}) => (method === 'GET' ? 0 : undefined))
    expect((await merge()).exitCode).toBe(1)
    book.refuse(undefined)
    expect(await doctor()).toMatchObject({state: 'half', command: AGAIN})
  }, 60_000)

  it('finds one that failed and was put back', async () => {
    const {host, book} = await proxied()
    await world.built([host])
    book.refuse(({method, url}) => (method === 'PUT' && url.endsWith('/latest') ? 0 : undefined))
    await merge()
    book.refuse(undefined)
    const found = await doctor()
    expect(found).toMatchObject({state: 'untouched', command: AGAIN})
    expect(found.diagnosis).toContain('merge-manifest failed: the release was not published')
  }, 60_000)

  it('knows a release that is under way', async () => {
    const {host, book} = await proxied()
    await world.built([host])
    const held = new Promise<void>(resolve => {
      book.refuse(() => {
        resolve()
        return 30_000
      })
    })
    const child = world.start(...MERGE)
    await held
    const found = await doctor()
    expect(found).toMatchObject({state: 'running', command: 'image-release doctor'})
    expect(found.diagnosis).toContain(`process ${child.pid ?? ''}`)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(await doctor()).toMatchObject({state: 'refused', command: AGAIN})
  }, 60_000)

  it('knows a rollback, by journal or by release, and proposes nothing that would undo it', async () => {
    const {host} = await world.registry()
    await world.built([host], {version: '1.0.0'})
    await merge()
    await world.built([host], {
      version: '1.0.1',
      revision: 'b'.repeat(40),
      tags: [{name: 'latest', class: 'forward', rule: 'latest'}]
    })
    const {release, journal} = JSON.parse((await merge()).out) as {release: object; journal: object}
    const kept = JSON.stringify(journal)
    world.write('release.json', JSON.stringify(release))
    const rolled = await world.run('rollback-release', '--release', 'release.json', '--wait', '0')
    expect((JSON.parse(rolled.out) as {tags: string[]}).tags).toEqual([`${host}/org/app:latest`])
    const found = await doctor()
    expect(found).toMatchObject({state: 'whole', command: ''})
    expect(found.diagnosis).toMatch(/^The rollback is in place\.$/m)
    expect(found.diagnosis).toContain('The last run was a rollback, and every tag is where it put it.')
    const both = await world.run('rollback-release', '--release', 'release.json', '--journal', kept)
    expect([both.exitCode, both.said]).toEqual([2, expect.stringContaining('give either')])
  }, 60_000)

  it('names what registries disagree about, and proposes nothing: somebody has moved a tag', async () => {
    const [one, other] = [(await world.registry()).host, (await world.registry()).host]
    await world.built([one, other])
    await merge()
    const ports = testPorts([])
    const client = clientOf(ports, `${other}/org/app`)
    const hand = image({content: 'by hand'})
    await pushImage(client, hand)
    await client.putManifest(hand.root, parseTag('latest'))
    ports.close()
    const found = await doctor()
    expect(found).toMatchObject({state: 'overtaken', command: ''})
    expect(found.diagnosis).toMatch(/The registries disagree:\n {2}latest: .* on 127\S+\/org\/app, .* on 127/)
  }, 60_000)
})
