import {type Socket, createServer} from 'node:net'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {checkPlan} from '../../src/planning/preview/plan-check.js'
import {parseTag} from '../../src/oci/reference.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import type {Plan, PlannedTag} from '../../src/contracts/plan.js'
import type {Exec, Send} from '../../src/ports.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {type TestRelease, clientOf, planOf, publishRelease, releaseTags} from '../support/releases.js'

const OPEN = {insecure: [], 'registry-credentials': []}
const OTHER = 'b'.repeat(40)
const BRANCH: PlannedTag = {name: 'main', class: 'moving', rule: 'ref'}

describe('what a plan expects of its tags', () => {
  let running: RunningRegistry[] = []
  let ports: TestPorts

  beforeEach(() => {
    running = []
  })
  afterEach(async () => {
    ports.close()
    await Promise.all(running.map(async registry => await registry.stop()))
  })

  async function start(...kinds: ('none' | 'basic' | 'token')[]) {
    const started = await Promise.all(
      kinds.map(async kind => await (kind === 'none' ? startEmbedded() : startEmbeddedWith(kind)))
    )
    running.push(...started)
    ports = testPorts(running)
    return started
  }

  const names = (): string[] => running.map(({host}) => `${host}/org/app`)
  const releaseOf = (version: string, more: Partial<TestRelease> = {}): TestRelease => ({
    images: names(),
    version,
    tags: releaseTags(version),
    ...more
  })
  const planned = (version: string, more: Partial<TestRelease> = {}): Plan =>
    planOf(releaseOf(version, {revision: OTHER, ...more}))
  const expected = ({targets}: Plan): Record<string, PlannedTag['expected']> =>
    Object.fromEntries(targets.flatMap(({tags}) => tags.map(tag => [tag.name, tag.expected])))

  it.each(['none', 'basic', 'token'] as const)(
    'shows from where to where each tag moves (%s)',
    async kind => {
      await start(kind)
      await publishRelease(ports, releaseOf('1.2.3'))
      const plan = await checkPlan(planned('1.2.4'), OPEN, ports)
      expect(expected(plan)).toEqual({
        '1.2.4': [{action: 'create'}],
        '1.2': [{action: 'move', from: '1.2.3'}],
        latest: [{action: 'move', from: '1.2.3'}]
      })
      expect(plan.notes).toEqual([])
      expect(parsePlan(formatPlan(plan))).toEqual(plan)
    }
  )

  it('shows what stays, and what would be refused', async () => {
    await start('none')
    await publishRelease(ports, releaseOf('1.9.1'))
    await publishRelease(ports, releaseOf('2.0.1'))
    const plan = await checkPlan(planned('1.9.1'), OPEN, ports)
    expect(expected(plan)).toEqual({
      '1.9.1': [{action: 'refuse', from: '1.9.1', note: expect.stringContaining('commit aaaaaaaaaaaa')}],
      '1.9': [{action: 'move', from: '1.9.1'}],
      latest: [{action: 'keep', from: '2.0.1', note: 'stays at 2.0.1, which is newer than 1.9.1'}]
    })
    expect(plan.targets[0]?.tags.find(({name}) => name === 'latest')?.newest).toBe('2.0.1')
    expect(plan.notes).toEqual([
      expect.stringMatching(/^1\.9\.1 is published from commit a+ .*; the release will be refused\.$/),
      'latest stays at 2.0.1, which is newer than 1.9.1.'
    ])
  })

  it('names the repositories where they differ, and leaves a new one without an old latest', async () => {
    const [first] = await start('none', 'none')
    await publishRelease(ports, releaseOf('2.0.1', {images: [`${first!.host}/org/app`]}))
    const plan = await checkPlan(planned('1.9.1'), OPEN, ports)
    const [one, other] = names()
    expect(expected(plan)['latest']).toEqual([
      {images: [one], action: 'keep', from: '2.0.1', note: 'stays at 2.0.1, which is newer than 1.9.1'},
      {images: [other], action: 'keep', note: 'is not set, for 2.0.1, which is newer, is released already'}
    ])
    expect(expected(plan)['1.9.1']).toEqual([{action: 'create'}])
  })

  it('shows moving tags by commit, and immutable ones of the same commit', async () => {
    await start('none')
    const tags: PlannedTag[] = [BRANCH, {name: 'sha-aaaaaaa', class: 'immutable', rule: 'sha'}]
    await publishRelease(ports, releaseOf('main', {tags, created: '2026-02-03T10:00:00Z'}))
    const older = {tags: [BRANCH], created: '2026-02-03T09:00:00Z'}
    expect(expected(await checkPlan(planned('main', older), OPEN, ports))['main']).toEqual([
      {
        action: 'keep',
        from: 'aaaaaaaaaaaa',
        note: expect.stringContaining('stays at a commit of 2026-02-03T10')
      }
    ])
    const again = releaseOf('main', {tags, created: '2026-02-03T10:00:00Z'})
    expect(expected(await checkPlan(planOf(again), OPEN, ports))).toEqual({
      main: [{action: 'move', from: 'aaaaaaaaaaaa'}],
      'sha-aaaaaaa': [{action: 'move', from: 'aaaaaaaaaaaa'}]
    })
  })

  it('asks every repository once, everything side by side', async () => {
    const [first] = await start('none')
    await publishRelease(ports, releaseOf('1.0.0'))
    const before = first!.registry.requests.length
    const plan = await checkPlan(planned('1.0.1'), OPEN, {...ports, send: together(4, ports.send)})
    expect(expected(plan)['latest']).toEqual([{action: 'move', from: '1.0.0'}])
    const asked = first!.registry.requests.slice(before).filter(({path}) => path.startsWith('/v2/org/'))
    expect(asked.map(({method, path}) => `${method} ${path}`).sort()).toEqual(
      ['1.0', '1.0.1', 'latest']
        .map(tag => `GET /v2/org/app/manifests/${tag}`)
        .concat('GET /v2/org/app/tags/list')
        .sort()
    )
  })

  it('leaves an image without annotations to the merge, which reads its labels', async () => {
    await start('none')
    const [name] = names()
    const local = image({labels: {'org.opencontainers.image.version': '2.0.1'}})
    await pushImage(clientOf(ports, name!), local)
    for (const tag of ['latest', '2.0.1']) await clientOf(ports, name!).putManifest(local.root, parseTag(tag))
    const plan = await checkPlan(planned('1.9.1'), OPEN, ports)
    expect(expected(plan)['latest']).toBeUndefined()
    expect(plan.targets[0]?.tags.find(tag => tag.name === 'latest')?.newest).toBe('2.0.1')
    expect(plan.notes).toEqual([
      'Whether a newer version is at latest already is decided when the tags are moved.'
    ])
  })

  it('knows from Git which versions there are', async () => {
    await start('none')
    const gitTags = 'v1.9.0\nv2.0.1\nv3.0.0-rc.1\nnightly\n'
    const exec: Exec = () => Promise.resolve({exitCode: 0, stdout: gitTags, stderr: ''})
    const plan = await checkPlan(planned('1.9.1'), OPEN, {...ports, exec})
    expect(expected(plan)).toEqual({
      '1.9.1': [{action: 'create'}],
      '1.9': [{action: 'create'}],
      latest: [{action: 'keep', note: 'is not set, for 2.0.1, which is newer, is released already'}]
    })
  })

  describe('where it cannot be asked', () => {
    const UNCHECKED = 'Whether a newer version is at 1.2, latest already is decided when the tags are moved.'

    async function checkUnanswered(limit = 400): Promise<Plan> {
      const plan = await checkPlan(planned('1.2.4'), {...OPEN, limit}, ports)
      expect(Object.values(expected(plan))).toEqual([undefined, undefined, undefined])
      expect(plan.notes[0]).toBe(UNCHECKED)
      return plan
    }

    it.each(['basic', 'token'] as const)('for it wants a login (%s): 401', async kind => {
      await start(kind)
      ports = {...ports, credentials: () => Promise.resolve(undefined)}
      const plan = await checkUnanswered()
      expect(plan.notes).toEqual([
        UNCHECKED,
        expect.stringMatching(/org\/app could not be asked for all tags: .*401/)
      ])
    })

    it('for a password is wrong', async () => {
      await start('basic')
      ports = {...ports, credentials: () => Promise.resolve({username: 'publisher', password: 'guessed'})}
      const plan = await checkUnanswered()
      expect(plan.notes.join()).not.toContain('guessed')
    })

    it('for the logins cannot be read', async () => {
      await start('basic')
      ports = {...ports, credentials: () => Promise.reject(new Error('the helper is broken'))}
      expect((await checkUnanswered()).notes[1]).toContain('the helper is broken')
    })

    it('for nobody answers', async () => {
      const [registry] = await start('none')
      await registry!.stop()
      running = [registry!]
      // Longer than this test may take: nothing waits for the limit.
      const plan = await checkUnanswered(600_000)
      expect(plan.notes[1]).toContain('no answer')
    })

    it('for it fails, without trying again', async () => {
      const [registry] = await start('none')
      registry!.registry.faults.add({path: '/v2/org/*', action: {kind: 'status', status: 503}})
      const plan = await checkUnanswered()
      expect(plan.notes[1]).toContain('503')
      expect(registry!.registry.requests.filter(({path}) => path.includes('/tags/list'))).toHaveLength(1)
    })

    it('for it is slow: within the limit', async () => {
      const [registry] = await start('none')
      registry!.registry.faults.add({action: {kind: 'delay', milliseconds: 1500}, path: '/v2/org/*'})
      const plan = await checkUnanswered(300)
      expect(plan.notes[1]).toContain('no answer within 0.3 s')
    })

    it('for it takes connections and says nothing', async () => {
      const sockets: Socket[] = []
      const server = createServer(socket => void sockets.push(socket))
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const silent = {
        name: 'silent',
        host: `127.0.0.1:${port}`,
        stop: () => Promise.resolve(void server.close())
      }
      running = [silent]
      ports = testPorts(running)
      expect((await checkUnanswered(300)).notes[1]).toContain('no answer within 0.3 s')
      for (const socket of sockets) socket.destroy()
    })

    it('for a helper hangs: a little later', async () => {
      await start('basic')
      ports = {...ports, credentials: () => new Promise(() => undefined)}
      const plan = await checkUnanswered(200)
      expect(plan.notes[1]).toContain('no answer within 0.2 s')
    })

    it('says what one registry answers where another does not', async () => {
      const [, second] = await start('none', 'none')
      await publishRelease(ports, releaseOf('1.2.3'))
      second!.registry.faults.add({path: '/v2/*', action: {kind: 'reset'}})
      const plan = await checkPlan(planned('1.2.4'), {...OPEN, limit: 500}, ports)
      const [first] = names()
      expect(expected(plan)['latest']).toEqual([{images: [first], action: 'move', from: '1.2.3'}])
      expect(plan.notes).toEqual([
        UNCHECKED,
        expect.stringContaining(`${second!.host}/org/app could not be asked`)
      ])
    })
  })
})

/** Holds the questions for content back until so many are asked: where one waits for another, none is answered. */
function together(count: number, send: Send): Send {
  const waiting: (() => void)[] = []
  return async request => {
    if (!request.url.pathname.startsWith('/v2/org/')) return await send(request)
    await new Promise<void>(resolve => {
      waiting.push(resolve)
      if (waiting.length === count) for (const go of waiting) go()
    })
    return await send(request)
  }
}
