import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {describe, expect, it} from '@jest/globals'
import type {ReleaseError} from '../../src/errors.js'
import type {HttpRequest, Send} from '../../src/ports.js'
import {virtualClock} from '../support/lagging-send.js'
import {
  type TestRelease,
  buildAll,
  digestAt,
  merge,
  publishRelease,
  releaseTags
} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

type Answered = Awaited<ReturnType<Send>>

const digestOf = (body: HttpRequest['body']): string =>
  `sha256:${createHash('sha256')
    .update(body as Uint8Array)
    .digest('hex')}`
const answer = (status: number): Answered => ({status, headers: {}, body: Readable.from([])})

describe('an undoing that meets faults of its own', () => {
  const lab = suiteRegistries('undo-faults', twoEmbedded)

  const releaseOf = (version: string): TestRelease => ({
    images: lab.images,
    version,
    revision: version.replaceAll('.', '').padEnd(40, '0'),
    tags: releaseTags(version)
  })
  const read = async (tag: string) =>
    await Promise.all(lab.images.map(async image => await digestAt(lab.ports, image, tag)))
  const isAtFirst = ({url}: HttpRequest): boolean => url.host === lab.registries[0].host

  /** 1.1.0 is refused at latest of the second registry; from then on the first answers by `during`. */
  async function undone(
    during: (request: HttpRequest, pass: () => ReturnType<Send>) => Promise<Answered | undefined>
  ): Promise<ReleaseError> {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.1.0')))
    const state = {isUndoing: false}
    const send: Send = async request => {
      const {method, url} = request
      if (
        method === 'PUT' &&
        url.pathname.endsWith('/manifests/latest') &&
        !isAtFirst(request) &&
        !state.isUndoing
      ) {
        state.isUndoing = true
        return answer(403)
      }
      const own =
        state.isUndoing && isAtFirst(request)
          ? await during(request, () => lab.ports.send(request))
          : undefined
      return own ?? (await lab.ports.send(request))
    }
    return await failureOf(() => merge({...lab.ports, clock: virtualClock(), send}, {plan}))
  }

  it.each([403, 405])(
    'names each new tag whose deletion is refused with %i, and that it is complete',
    async status => {
      const error = await undone(({method}) =>
        Promise.resolve(method === 'DELETE' ? answer(status) : undefined)
      )
      const [left] = await read('1.1.0')
      expect(left).toBeDefined()
      for (const tag of ['1.1.0', '1.1'])
        expect(error.hint).toMatch(
          new RegExp(
            `${lab.images[0]!}:${tag.replaceAll('.', '\\.')}: .*it still points where this run moved it, which is complete`
          )
        )
      expect(error.hint).not.toContain('All tags stand')
      expect(error.hint).toContain('All other tags are as they were before')
      expect(error.hint).not.toContain(`${lab.images[1]!}:`)
      expect(await read('latest')).toEqual(await read('1.0.0'))
    }
  )

  it.each([500, 502])(
    'believes what it reads where a deletion was made and answered with %i',
    async status => {
      const error = await undone(async ({method}, pass) => {
        if (method !== 'DELETE') return undefined
        await buffer((await pass()).body)
        return answer(status)
      })
      expect(error.hint).toContain('All tags are as they were before')
      expect(await read('1.1.0')).toEqual([undefined, undefined])
    }
  )

  it('is not taken in where the index by which it deletes a tag is still shown for two looks', async () => {
    const state = {shown: Buffer.alloc(0), looks: 2}
    const error = await undone(async ({method, url, body}, pass) => {
      if (method === 'DELETE' && !url.pathname.includes('sha256:')) return answer(405)
      if (!url.pathname.endsWith('/manifests/1.1')) return undefined
      if (method === 'PUT') state.shown = Buffer.from(body as Uint8Array)
      if (method === 'PUT' || state.shown.length === 0 || state.looks === 0) return undefined
      state.looks -= 1
      await buffer((await pass()).body)
      const headers = {
        'content-type': 'application/vnd.oci.image.index.v1+json',
        'content-length': String(state.shown.length),
        'docker-content-digest': digestOf(state.shown)
      }
      return {status: 200, headers, body: Readable.from(method === 'HEAD' ? [] : [state.shown])}
    })
    expect(error.hint).toContain('All tags are as they were before')
    expect(await read('1.1')).toEqual([undefined, undefined])
  })

  it('deletes what is not shown yet where the registry deletes no tags', async () => {
    const state = {looks: 0}
    const error = await undone(({method, url}) => {
      if (method === 'DELETE' && !url.pathname.includes('sha256:')) return Promise.resolve(answer(405))
      const isLook = url.pathname.endsWith('/manifests/1.1') && method !== 'PUT'
      return Promise.resolve(isLook && state.looks++ < 6 ? answer(404) : undefined)
    })
    expect(error.hint).toContain('All tags are as they were before')
    expect(await read('1.1')).toEqual([undefined, undefined])
  })

  it.each([
    ['deletes tags', [] as number[]],
    ['deletes no tags (distribution 2.8)', [400]]
  ])('takes a new tag away that HEAD can no longer read, where the registry %s', async (_, [refusal]) => {
    const error = await undone(({method, url}) => {
      if (refusal !== undefined && method === 'DELETE' && !url.pathname.includes('sha256:'))
        return Promise.resolve(answer(refusal))
      const isLook = method === 'HEAD' && url.pathname.endsWith('/manifests/1.1.0')
      return Promise.resolve(isLook ? answer(500) : undefined)
    })
    expect(await read('1.1.0')).toEqual([undefined, undefined])
    expect(error.hint).toContain('All tags are as they were before')
  })

  it.each([
    ['deletes tags', [] as number[]],
    ['deletes no tags (distribution 2.8)', [400]]
  ])(
    'takes a new tag away that can no longer be read at all, and says that it is not proved, where the registry %s',
    async (_, [refusal]) => {
      const error = await undone(({method, url}) => {
        if (refusal !== undefined && method === 'DELETE' && !url.pathname.includes('sha256:'))
          return Promise.resolve(answer(refusal))
        const isLook = method !== 'PUT' && method !== 'DELETE' && url.pathname.endsWith('/manifests/1.1.0')
        return Promise.resolve(isLook ? answer(500) : undefined)
      })
      expect(await read('1.1.0')).toEqual([undefined, undefined])
      expect(error.hint).toContain(`${lab.images[0]!}:1.1.0: it cannot be read`)
      expect(error.hint).toContain('All other tags are as they were before')
    }
  )

  it('deletes once more where a tag was left at the index by which it deletes', async () => {
    const state = {step: 'before', placed: ''}
    const error = await undone(({method, url, body}) => {
      const isTag = url.pathname.endsWith('/manifests/1.1')
      if (method === 'DELETE' && !url.pathname.includes('sha256:')) return Promise.resolve(answer(405))
      if (state.step === 'before' && isTag && method === 'PUT') {
        state.step = 'placed'
        state.placed = digestOf(body)
      } else if (state.step === 'placed' && url.pathname.endsWith(state.placed)) state.step = 'kept'
      else if (state.step === 'kept' && isTag && method === 'PUT') state.step = 'left'
      else return Promise.resolve(undefined)
      return Promise.resolve(state.step === 'placed' ? undefined : answer(403))
    })
    expect(state.step).toBe('left')
    expect(error.hint).toContain('All tags are as they were before')
    expect(await read('1.1')).toEqual([undefined, undefined])
  })

  it('writes once more what was put back, confirmed and forgotten', async () => {
    const writes: string[] = []
    const error = await undone(({method, url, body}) => {
      if (method !== 'PUT' || !url.pathname.endsWith('/manifests/latest')) return Promise.resolve(undefined)
      writes.push(digestOf(body))
      return Promise.resolve(writes.length === 1 ? answer(201) : undefined)
    })
    const [old] = await read('1.0.0')
    expect(writes).toEqual([old, old])
    expect(error.hint).toContain('All tags are as they were before')
    expect(await read('latest')).toEqual([old, old])
  })

  it('leaves alone what a registry refused to move: nothing is written there', async () => {
    const before = lab.registries[1].registry.requests.length
    const error = await undone(() => Promise.resolve(undefined))
    const writes = lab.registries[1].registry.requests
      .slice(before)
      .filter(({method, path}) => method !== 'GET' && method !== 'HEAD' && path.endsWith('/latest'))
    // That of the release before it: the refusal itself came from the way there.
    expect(writes).toHaveLength(1)
    expect(error.hint).toContain('All tags are as they were before')
  })

  it('goes back to what was there before where the tags cannot be listed', async () => {
    const error = await undone(({url}) =>
      Promise.resolve(url.pathname.endsWith('/tags/list') ? answer(500) : undefined)
    )
    expect(error.hint).toContain('All tags are as they were before')
    expect(await read('latest')).toEqual(await read('1.0.0'))
    expect(await read('1.1.0')).toEqual([undefined, undefined])
  })

  it('names every tag where nothing answers any more', async () => {
    const error = await undone(() => Promise.resolve(answer(503)))
    for (const tag of ['1.1.0', '1.1', 'latest'])
      expect(error.hint).toMatch(
        new RegExp(`${lab.images[0]!}:${tag.replaceAll('.', '\\.')}: .*it cannot be read`)
      )
    expect(error.hint).toContain('doctor')
    expect(error.hint).not.toContain('All tags stand')
  })
})
