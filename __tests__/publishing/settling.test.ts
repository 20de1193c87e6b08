import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {describe, expect, it} from '@jest/globals'
import type {ReleaseError} from '../../src/errors.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest, Ports, Send} from '../../src/ports.js'
import {deleteTag, placeholderIndex} from '../../src/registry/client/tag-deletion.js'
import {closedAfterEach} from '../support/closing.js'
import {type Showing, type VirtualClock, showing, virtualClock} from '../support/lagging-send.js'
import {testPorts} from '../support/ports.js'
import {random} from '../support/random.js'
import {
  type TestRelease,
  buildAll,
  clientOf,
  digestAt,
  merge,
  publishRelease,
  releaseTags
} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

/** What a way to registries does with a request: its own answer, or undefined to let it pass. */
type Answer = Awaited<ReturnType<Send>>
type Hook = (
  request: HttpRequest,
  pass: () => ReturnType<Send>
) => Answer | undefined | Promise<Answer | undefined>

const answer = (status: number) => ({status, headers: {}, body: Readable.from([])})
const isPut = ({method, url}: HttpRequest, tag: string): boolean =>
  method === 'PUT' && url.pathname.endsWith(`/manifests/${tag}`)
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

describe('a release, when all its tags are written', () => {
  const lab = suiteRegistries('settling', twoEmbedded)

  const releaseOf = (version: string, tags = releaseTags(version)): TestRelease => ({
    images: lab.images,
    version,
    revision: version.replaceAll('.', '').padEnd(40, '0'),
    tags
  })
  const hooked = (send: Send, hook: Hook): Send => {
    return async request => (await hook(request, () => send(request))) ?? (await send(request))
  }
  const read = async (tag: string) =>
    await Promise.all(lab.images.map(async image => await digestAt(lab.ports, image, tag)))
  /** What an independent reader finds at a tag: by GET, and by nothing of ours. */
  const found = async (image: string, tag: string): Promise<string | undefined> => {
    const [host, ...name] = image.split('/')
    const url = new URL(`http://${host ?? ''}/v2/${name.join('/')}/manifests/${tag}`)
    const accept = ['index', 'manifest'].map(kind => `application/vnd.oci.image.${kind}.v1+json`).join()
    const {status, body} = await lab.ports.send({method: 'GET', url, headers: {accept}})
    const bytes = await buffer(body)
    return status === 200 ? digestOf(bytes) : undefined
  }

  interface Run {
    readonly digest: string | undefined
    readonly error: ReleaseError | undefined
    readonly clock: VirtualClock
    readonly kept: string
  }

  /** Publishes 1.0.0, then another through a way of its own. */
  async function run(
    version: string,
    how: Showing,
    hook: Hook,
    {clock = virtualClock(), ...texts}: {readonly clock?: VirtualClock; readonly wait?: string} = {}
  ): Promise<Run> {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf(version)))
    const send = hooked(
      showing(lab.ports.send, clock, () => how),
      hook
    )
    const ports = {...lab.ports, clock, send} satisfies Ports
    try {
      const {digest, kept} = await merge(ports, {plan, ...texts})
      return {digest, error: undefined, clock, kept}
    } catch (error) {
      return {digest: undefined, error: error as ReleaseError, clock, kept: ''}
    }
  }

  const SHOWINGS: readonly [string, Showing][] = [
    ['at once', {}],
    ['300 ms late', {lag: 300}],
    ['1 s late', {lag: 1000}],
    ['3 s late', {lag: 3000}],
    ['by GET only, HEAD 404', {head: 404}],
    ['by GET only, HEAD 405', {head: 405}],
    ['3 s late and by GET only', {lag: 3000, head: 404}]
  ]

  it.each(SHOWINGS)('is published where tags are shown %s', async (_, how) => {
    const {digest, error} = await run('1.1.0', how, () => Promise.resolve(undefined))
    expect(error).toBeUndefined()
    for (const tag of ['1.1.0', '1.1', 'latest']) expect(await read(tag)).toEqual([digest, digest])
  })

  it.each(SHOWINGS)('is undone wholly where tags are shown %s, and latest is refused', async (_, how) => {
    const refusal: Hook = request =>
      Promise.resolve(
        isPut(request, 'latest') && request.url.host === lab.registries[1].host ? answer(403) : undefined
      )
    const before = await Promise.all(lab.images.map(async image => await found(image, 'latest')))
    const {error} = await run('1.1.0', how, refusal)
    expect(before).toEqual([undefined, undefined])
    expect(error?.hint).toContain('All tags are as they were before')
    const old = await read('1.0.0')
    expect(await read('latest')).toEqual(old)
    expect(await read('1.1.0')).toEqual([undefined, undefined])
    expect(await read('1.1')).toEqual([undefined, undefined])
  })

  it('is not published over a version of another commit where HEAD says that it is free', async () => {
    await publishRelease(lab.ports, {...releaseOf('1.1.0'), revision: 'd'.repeat(40)})
    const before = await read('1.1.0')
    const {error} = await run('1.1.0', {head: 404}, () => Promise.resolve(undefined))
    expect(error?.code).toBe('TAG_REFUSED')
    expect(await read('1.1.0')).toEqual(before)
  })

  it('fails where a confirmed write never shows, and says of each tag only what was read', async () => {
    const {error, clock} = await run('1.1.0', {lag: 60_000}, () => Promise.resolve(undefined))
    expect(error?.code).toBe('TAG_NOT_MOVED')
    expect(error?.message).toContain('the registry confirmed that it was written, but it is not there')
    expect(error?.message).toContain('it still points at sha256:')
    expect(error?.message).not.toContain('another release')
    expect(error?.hint).toContain('the input wait')
    expect(await read('latest')).toEqual(await read('1.0.0'))
    expect(await read('1.1.0')).toEqual([undefined, undefined])
    expect(clock.sleeps.length).toBeGreaterThan(10)
  })

  it('looks once where it is told not to wait', async () => {
    const {error, clock} = await run('1.1.0', {lag: 300}, () => Promise.resolve(undefined), {wait: '0'})
    expect(error?.code).toBe('TAG_NOT_MOVED')
    expect(clock.sleeps).toEqual([])
  })

  it('writes once more what the registry confirmed and forgot', async () => {
    const forgotten = {count: 0}
    const {digest, error} = await run('1.1.0', {}, request => {
      if (!isPut(request, 'latest') || forgotten.count > 0) return undefined
      forgotten.count += 1
      return answer(201)
    })
    expect(error).toBeUndefined()
    expect(await read('latest')).toEqual([digest, digest])
  })

  it('writes it once more when half of the looks are over, neither before nor later', async () => {
    const clock = virtualClock()
    const begun = clock.now()
    const writes: number[] = []
    const {error} = await run(
      '1.1.0',
      {},
      request => {
        if (!isPut(request, 'latest') || request.url.host !== lab.registries[0].host) return undefined
        writes.push(clock.now() - begun)
        return writes.length === 1 ? answer(201) : undefined
      },
      {wait: '3s', clock}
    )
    expect(error).toBeUndefined()
    // The looks wait 200, 400, 800 and 1600 ms.
    expect(writes).toEqual([0, 600])
  })

  it('fails where a registry forgets each time what it confirmed, and everything is as before', async () => {
    const isFirst = ({url}: HttpRequest) => url.host === lab.registries[0].host
    const {error} = await run('1.1.0', {}, request =>
      isPut(request, 'latest') && isFirst(request) ? answer(201) : undefined
    )
    expect(error?.message).toContain(`${lab.images[0]!}:latest: the registry confirmed`)
    expect(error?.hint).toContain('All tags are as they were before')
    expect(await read('latest')).toEqual(await read('1.0.0'))
    expect(await read('1.1.0')).toEqual([undefined, undefined])
  })

  it.each([502, 504])(
    'counts a write that was made and answered with %i, each time it is tried',
    async status => {
      const {digest, error} = await run('1.1.0', {}, async (request, pass) => {
        if (!isPut(request, '1.1')) return undefined
        await buffer((await pass()).body)
        return answer(status)
      })
      expect(error).toBeUndefined()
      expect(await read('1.1')).toEqual([digest, digest])
    }
  )

  it('undoes a write that was made and answered with 502, and is shown late', async () => {
    const {error} = await run('1.1.0', {lag: 60_000}, async (request, pass) => {
      if (!isPut(request, '1.1')) return undefined
      await buffer((await pass()).body)
      return answer(502)
    })
    expect(error?.code).toBe('TAG_NOT_MOVED')
    expect(error?.hint).toContain('All tags are as they were before')
    expect(await read('1.1')).toEqual([undefined, undefined])
    expect(await read('latest')).toEqual(await read('1.0.0'))
  })

  it('names each tag that could not be put back, and none that was', async () => {
    const state = {isUndoing: false}
    const old = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const {error} = await run('1.1.0', {}, request => {
      if (isPut(request, 'latest') && request.url.host === lab.registries[1].host) {
        state.isUndoing = true
        return answer(403)
      }
      const isBack = isPut(request, 'latest') && state.isUndoing
      return isBack ? answer(403) : undefined
    })
    expect(error?.hint).toContain('These tags are not proved to be as they were before')
    expect(error?.hint).toContain(`${lab.images[0]!}:latest: PUT`)
    expect(error?.hint).toContain('still points where this run moved it')
    expect(error?.hint).not.toContain(`${lab.images[1]!}:latest: `)
    expect(error?.hint).not.toContain('All tags stand')
    expect((await read('latest'))[1]).toBe(old.digest)
  })

  it('names a tag that cannot be read when it was put back', async () => {
    const state = {isBroken: false}
    const {error} = await run('1.1.0', {}, request => {
      const {method, url} = request
      if (isPut(request, 'latest') && url.host === lab.registries[1].host) {
        state.isBroken = true
        return answer(403)
      }
      const isTag = /\/manifests\/1\.1$/.test(url.pathname) && url.host === lab.registries[0].host
      return state.isBroken && isTag && method !== 'DELETE' ? answer(500) : undefined
    })
    expect(error?.hint).toContain(`${lab.images[0]!}:1.1: it cannot be read`)
    expect(error?.hint).not.toContain('All tags stand')
  })

  it('leaves alone what somebody else moved meanwhile, and says so', async () => {
    const other = await publishRelease(lab.ports, {
      ...releaseOf('0.9.0'),
      tags: releaseTags('0.9.0').slice(0, 1)
    })
    const {error} = await run('1.1.0', {}, async request => {
      if (!isPut(request, 'latest') || request.url.host !== lab.registries[1].host) return undefined
      const [client] = lab.images.map(image => clientOf(lab.ports, image))
      await client!.putManifest(await client!.getManifest(parseTag('0.9.0')), parseTag('1.1'))
      return answer(403)
    })
    expect(error?.hint).toContain('moved by others meanwhile')
    expect(error?.hint).toContain(`${lab.images[0]!}:1.1: it points at ${other.digest}`)
    expect(error?.hint).not.toContain('All tags stand')
    expect((await read('1.1'))[0]).toBe(other.digest)
  })

  it('goes back to no release that was taken back since this one found it at an alias', async () => {
    const state = {writes: 0, taken: ''}
    const {error} = await run('1.2.0', {}, async (request, pass) => {
      if (!isPut(request, 'latest')) return undefined
      // One registry confirms and forgets: in the end this release is undone.
      if (request.url.host === lab.registries[1].host) return answer(201)
      const client = clientOf(lab.ports, lab.images[0]!)
      const response = await pass()
      state.writes += 1
      if (state.writes === 1) {
        const other = await client.getManifest(parseTag('1.0.0'))
        const bytes = Buffer.from(Buffer.from(other.bytes).toString().replaceAll('"1.0.0"', '"1.1.0"'))
        const digest = digestOf(bytes) as typeof other.digest
        for (const tag of ['1.1.0', 'latest'])
          await client.putManifest({...other, bytes, digest}, parseTag(tag))
        state.taken = digest
      }
      if (state.writes === 2) await deleteTag(client, parseTag('1.1.0'))
      return response
    })
    expect(error?.code).toBe('TAG_NOT_MOVED')
    expect(state).toEqual({writes: 3, taken: expect.stringMatching(/^sha256:/)})
    expect(await read('latest')).toEqual(await read('1.0.0'))
  })

  it('takes an alias back, too, that another release has left to this one while it was looked at', async () => {
    const state = {heads: 0, ours: undefined as Uint8Array | undefined}
    const {error} = await run('1.2.0', {}, async (request, pass) => {
      const {method, url, body} = request
      if (!url.pathname.endsWith('/manifests/latest')) return undefined
      if (url.host === lab.registries[1].host) return method === 'PUT' ? answer(201) : undefined
      const client = clientOf(lab.ports, lab.images[0]!)
      const old = await client.getManifest(parseTag('1.0.0'))
      if (method === 'PUT' && state.ours === undefined) {
        const response = await pass()
        state.ours = body as Uint8Array
        const theirs = Buffer.from(Buffer.from(old.bytes).toString().replaceAll('"1.0.0"', '"1.1.0"'))
        const digest = digestOf(theirs) as typeof old.digest
        await client.putManifest({...old, bytes: theirs, digest}, parseTag('latest'))
        return response
      }
      if (method !== 'HEAD' || state.ours === undefined) return undefined
      state.heads += 1
      const bytes = state.ours
      const digest = digestOf(bytes) as typeof old.digest
      if (state.heads === 2) await client.putManifest({...old, bytes, digest}, parseTag('latest'))
      return undefined
    })
    expect(error?.code).toBe('TAG_NOT_MOVED')
    expect(await read('latest')).toEqual(await read('1.0.0'))
  })

  it('gives up where others move a tag again and again, when it was written three times more', async () => {
    const state = {writes: 0}
    const {error} = await run('1.1.0', {}, async (request, pass) => {
      if (!isPut(request, 'latest')) return undefined
      state.writes += 1
      const response = await pass()
      const client = clientOf(
        lab.ports,
        lab.images.find(image => image.startsWith(request.url.host))!
      )
      const other = await client.getManifest(parseTag('1.0.0'))
      const document = JSON.parse(Buffer.from(other.bytes).toString()) as {
        annotations: Record<string, string>
      }
      document.annotations['org.opencontainers.image.title'] = String(random())
      const bytes = Buffer.from(JSON.stringify(document))
      const {mediaType} = other
      const digest = digestOf(bytes) as typeof other.digest
      await client.putManifest({...other, mediaType, bytes, digest}, parseTag('latest'))
      return response
    })
    expect(error?.message).toContain('another release moves it again and again')
    expect(state.writes).toBe(4 * lab.images.length)
  })
})

const closing = closedAfterEach()

describe('two releases, of which one fails', () => {
  const lab = suiteRegistries('undoing', twoEmbedded)

  const releaseOf = (version: string): TestRelease => ({
    images: lab.images,
    version,
    revision: version.replaceAll('.', '').padEnd(40, '0'),
    tags: [...releaseTags(version), {name: version.split('.')[0] ?? '', class: 'forward', rule: 'semver'}]
  })
  const latest = async (tag = 'latest') =>
    await Promise.all(lab.images.map(async image => await digestAt(lab.ports, image, tag)))
  /** The ports of another run, with records of its own. */
  const own = () => {
    const ports = testPorts(lab.registries)
    closing.push(() => ports.close())
    return ports
  }

  /** 1.3.0 is refused late; what happens meanwhile is done before the refusal comes. */
  async function failWhile(meanwhile: () => Promise<unknown>, isUndone?: () => Promise<unknown>) {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.3.0')))
    const records = new Map(lab.ports.records)
    const send: Send = async request => {
      if (isPut(request, 'latest') && request.url.host === lab.registries[1].host) {
        const {annotations} = JSON.parse(Buffer.from(request.body as Uint8Array).toString()) as {
          annotations: Record<string, string>
        }
        if (annotations['org.opencontainers.image.version'] !== '1.3.0') return await lab.ports.send(request)
        await meanwhile()
        return answer(403)
      }
      const response = await lab.ports.send(request)
      if (request.method === 'DELETE') await isUndone?.()
      return response
    }
    const digests = {
      ...lab.ports.digests,
      load: (names: readonly string[]) =>
        Promise.resolve(new Map([...records].filter(([name]) => names.includes(name))))
    }
    return await failureOf(() => merge({...lab.ports, send, digests}, {plan}))
  }

  it('leads its aliases to an older one that was published meanwhile and gave way', async () => {
    const older = {digest: ''}
    const error = await failWhile(async () => {
      const {digest, kept} = await publishRelease(own(), releaseOf('1.2.3'))
      older.digest = digest
      expect(kept).toContain(`${lab.images[0]!}:latest`)
    })
    for (const tag of ['latest', '1', '1.2', '1.2.3'])
      expect(await latest(tag)).toEqual([older.digest, older.digest])
    expect(await latest('1.3.0')).toEqual([undefined, undefined])
    expect(error.hint).toContain('went to 1.2.3, which was released meanwhile')
    expect(error.hint).not.toContain('All tags stand')
  })

  it('goes back to what was before where nothing was published meanwhile', async () => {
    const error = await failWhile(() => Promise.resolve())
    expect(await latest()).toEqual(await latest('1.2.2'))
    expect(error.hint).toContain('All tags are as they were before')
  })

  it('leads its aliases to one that is published while it goes back', async () => {
    const state = {digest: '', isDone: false}
    await failWhile(
      () => Promise.resolve(),
      async () => {
        if (state.isDone) return
        state.isDone = true
        const {digest} = await publishRelease(own(), releaseOf('1.2.3'))
        state.digest = digest
      }
    )
    expect(await latest()).toEqual([state.digest, state.digest])
    expect(await latest('1')).toEqual([state.digest, state.digest])
  })

  it('never goes back to one that was itself taken back', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.1'))
    const error = await failWhile(async () => {
      for (const image of lab.images)
        await clientOf(lab.ports, image).call({method: 'DELETE', path: 'manifests/1.2.2', expect: [202]})
    })
    // The second registry refused to move it at all.
    const [left] = await latest('1.2.1')
    expect((await latest())[0]).toBe(left)
    expect(error.hint).toContain('1.2.2, which was there, was taken back')
  })

  it('takes an alias over that it gave way with, where the newer one is taken back before it ends', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const newer = await publishRelease(own(), releaseOf('1.3.0'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.2.3')))
    const state = {isGone: false}
    const send: Send = async request => {
      if (isPut(request, '1.2') && !state.isGone) {
        state.isGone = true
        for (const image of lab.images)
          await clientOf(lab.ports, image).call({method: 'DELETE', path: 'manifests/1.3.0', expect: [202]})
      }
      return await lab.ports.send(request)
    }
    const {digest, kept, journal} = await merge({...lab.ports, send}, {plan})
    expect(digest).not.toBe(newer.digest)
    expect(await latest()).toEqual([digest, digest])
    expect(await latest('1')).toEqual([digest, digest])
    expect(kept).toBe('')
    const entries = (JSON.parse(journal) as {tags: {reference: string; after: {digest: string}}[]}).tags
    expect(entries.find(({reference}) => reference.endsWith(':latest'))?.after.digest).toBe(digest)
  })

  it('leaves no alias to a newer one that is being deleted by way of an empty index', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.2.3')))
    const state: {appeared?: Promise<unknown>; looks: number} = {looks: 0}
    const empty = placeholderIndex()
    const clients = lab.images.map(image => clientOf(lab.ports, image))
    const appear = async () => {
      for (const client of clients) await client.putManifest(empty, parseTag('1.3.0'))
    }
    const send: Send = async request => {
      if (isPut(request, 'latest')) await (state.appeared ??= appear())
      if (request.method === 'GET' && request.url.pathname.endsWith('/manifests/1.3.0')) {
        state.looks += 1
        if (state.looks === 9) for (const client of clients) await client.deleteManifest(empty.digest)
      }
      return await lab.ports.send(request)
    }
    const {digest, kept} = await merge({...lab.ports, send}, {plan})
    expect(state.looks).toBeGreaterThan(8)
    expect(await latest()).toEqual([digest, digest])
    expect(await latest('1')).toEqual([digest, digest])
    expect(kept).toBe('')
  })

  it('takes a tag at such an index for a free one', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const empty = placeholderIndex()
    for (const image of lab.images)
      for (const tag of ['1.2.3', 'latest'])
        await clientOf(lab.ports, image).putManifest(empty, parseTag(tag))
    const {digest} = await publishRelease(lab.ports, releaseOf('1.2.3'))
    for (const tag of ['1.2.3', 'latest', '1']) expect(await latest(tag)).toEqual([digest, digest])
  })

  it('goes back past a newer one that is being deleted by way of an empty index', async () => {
    const older = {digest: ''}
    await failWhile(async () => {
      const {digest} = await publishRelease(own(), releaseOf('1.2.3'))
      older.digest = digest
      for (const image of lab.images)
        await clientOf(lab.ports, image).putManifest(placeholderIndex(), parseTag('1.2.9'))
    })
    expect(await latest()).toEqual([older.digest, older.digest])
  })

  it('leads an alias to a newer one that is published whole just before it moves it', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.2.3')))
    const state: {newer?: Promise<{digest: string}>} = {}
    const send: Send = async request => {
      if (isPut(request, 'latest')) {
        state.newer ??= publishRelease(own(), releaseOf('1.3.0'))
        await state.newer
      }
      return await lab.ports.send(request)
    }
    const {digest, kept} = await merge({...lab.ports, send}, {plan})
    const newer = await state.newer
    for (const tag of ['latest', '1', '1.3', '1.3.0'])
      expect(await latest(tag)).toEqual([newer?.digest, newer?.digest])
    for (const tag of ['1.2', '1.2.3']) expect(await latest(tag)).toEqual([digest, digest])
    for (const image of lab.images) expect(kept.split('\n')).toContain(`${image}:latest`)
  })

  it('leaves an alias where it is while the newer one is there', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const newer = await publishRelease(own(), releaseOf('1.3.0'))
    const {kept} = await publishRelease(lab.ports, releaseOf('1.2.3'))
    expect(kept.split('\n')).toHaveLength(4)
    expect(await latest()).toEqual([newer.digest, newer.digest])
  })

  it('waits for a newer one that has its version tag, but not yet its aliases; allow-backward does not', async () => {
    const {digest} = await publishRelease(lab.ports, releaseOf('1.2.2'))
    const clients = lab.images.map(image => clientOf(lab.ports, image))
    for (const client of clients)
      await client.putManifest(await client.getManifest(parseTag('1.2.2')), parseTag('1.4.0'))
    const sleeps: number[] = []
    const clock = {
      now: () => Date.now(),
      sleep: (milliseconds: number) => Promise.resolve(void sleeps.push(milliseconds))
    }
    const ports = {...lab.ports, clock}
    const plan = async (version: string) => JSON.stringify(await buildAll(lab.ports, releaseOf(version)))
    await merge(ports, {plan: await plan('1.2.4'), 'allow-backward': 'true'})
    expect(sleeps).toEqual([])
    const moved = await merge(ports, {plan: await plan('1.2.5')})
    // It gives up after 3 s: the newer one was rolled back on purpose. It waits at latest and at 1, on both registries.
    expect(sleeps).toEqual(Array.from({length: 12 * 2 * lab.images.length}, () => 250))
    expect(await latest()).toEqual([moved.digest, moved.digest])
    expect(moved.digest).not.toBe(digest)
  })

  it('gives way to a newer one whose aliases move while it waits', async () => {
    await publishRelease(lab.ports, releaseOf('1.2.2'))
    const newer = await publishRelease(own(), {...releaseOf('2.0.1'), tags: releaseTags('2.0.1').slice(0, 2)})
    const clients = lab.images.map(image => clientOf(lab.ports, image))
    const sleeps: number[] = []
    const clock = {
      now: () => Date.now(),
      sleep: async (milliseconds: number) => {
        sleeps.push(milliseconds)
        if (sleeps.length !== 3) return
        for (const client of clients)
          await client.putManifest(await client.getManifest(parseTag('2.0.1')), parseTag('latest'))
      }
    }
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.9.1')))
    const {kept} = await merge({...lab.ports, clock}, {plan})
    expect(kept.split('\n').sort()).toEqual(lab.images.map(image => `${image}:latest`).sort())
    expect(await latest()).toEqual([newer.digest, newer.digest])
    expect(sleeps.length).toBeLessThan(12)
  })

  describe('where an alias is at a version that the repository does not list', () => {
    const STEPS = 12
    const clients = () => lab.images.map(image => clientOf(lab.ports, image))
    const put = async (version: string, tag: string) => {
      for (const client of clients())
        await client.putManifest(await client.getManifest(parseTag(version)), parseTag(tag))
    }
    const remove = async (version: string) => {
      for (const client of clients()) await deleteTag(client, parseTag(version))
    }
    /** Publishes; the second registry refuses latest where it `fails`. */
    async function publish(
      version: string,
      {fails = false, asleep}: {readonly fails?: boolean; readonly asleep: (nth: number) => Promise<unknown>},
      tags = releaseOf(version).tags
    ) {
      const plan = JSON.stringify(await buildAll(lab.ports, {...releaseOf(version), tags}))
      const state = {sleeps: 0}
      const clock = {
        now: () => Date.now(),
        sleep: async () => {
          await asleep((state.sleeps += 1))
        }
      }
      const send: Send = async request =>
        fails && isPut(request, 'latest') && request.url.host === lab.registries[1].host
          ? answer(403)
          : await lab.ports.send(request)
      const merging = merge({...lab.ports, clock, send}, {plan})
      if (fails) expect(await failureOf(() => merging)).toMatchObject({code: 'TAG_NOT_MOVED'})
      else await merging
      return state.sleeps
    }
    const nothing = () => Promise.resolve()

    it('never goes back to it where it was listed before this release waited', async () => {
      await publishRelease(lab.ports, releaseOf('1.2.2'))
      await publishRelease(own(), {...releaseOf('1.3.0'), tags: releaseTags('1.3.0').slice(0, 1)})
      await publish('1.9.0', {
        fails: true,
        asleep: async nth => {
          if (nth !== 1) return
          await put('1.3.0', 'latest')
          await remove('1.3.0')
        }
      })
      // The second registry refused to move it at all.
      expect((await latest())[0]).toBe((await latest('1.2.2'))[0])
    })

    it.each([
      ['goes back with it, where this release fails', '1.9.0', true, '1.2.2'],
      ['is no longer kept by it, where this release is older', '1.2.5', false, '1.2.5']
    ])('waits until that release has taken it back: the alias %s', async (_, version, fails, end) => {
      await publishRelease(lab.ports, releaseOf('1.2.2'))
      await publishRelease(own(), releaseOf('1.3.0'))
      await remove('1.3.0')
      const asleep = async (nth: number) => {
        if (nth !== 4) return
        for (const tag of ['latest', '1']) await put('1.2.2', tag)
      }
      expect(await publish(version, {fails, asleep})).toBeLessThan(4 * STEPS)
      expect(await latest()).toEqual(await latest(end))
    })

    it('goes on after 3 s: somebody deleted that version tag', async () => {
      await publishRelease(lab.ports, releaseOf('1.3.0'))
      await remove('1.3.0')
      expect(await publish('1.9.0', {asleep: nothing})).toBe(2 * 2 * STEPS)
      expect(await latest()).toEqual(await latest('1.9.0'))
    })

    it('does not wait where releases have no version tags', async () => {
      const tags = releaseTags('1.9.0').slice(1)
      await publishRelease(lab.ports, {...releaseOf('1.3.0'), tags: releaseTags('1.3.0').slice(1)})
      expect(await publish('1.9.0', {asleep: nothing}, tags)).toBe(0)
      expect(await latest()).toEqual(await latest('1.9'))
    })
  })
})
