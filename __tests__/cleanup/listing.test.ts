import {describe, expect, it} from '@jest/globals'
import {readListing} from '../../src/cleanup/inventory/listing.js'
import type {Digest} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import type {ListedManifest, RepositoryBackend, VersionPage} from '../../src/cleanup/repository-backend.js'
import {clientOf} from '../support/releases.js'
import {digest} from './worlds.js'
import {failureOf} from '../support/thrown.js'
import {IMAGE, SimulatedHost} from './simulated-host.js'

const version = (name: string, ...tags: readonly string[]): ListedManifest => ({
  digest: digest(name),
  tags: tags.map(parseTag)
})

/** A host that gives these readings one after the other, and the last one for ever; each a list of pages. */
function hostOf(...readings: readonly (readonly VersionPage[])[]) {
  const asked = {readings: 0}
  const backend: Pick<RepositoryBackend, 'versions'> = {
    async *versions() {
      yield* await Promise.resolve(readings[Math.min(asked.readings++, readings.length - 1)] ?? [])
    }
  }
  return {backend: backend as RepositoryBackend, asked}
}

const page = (...versions: readonly ListedManifest[]): VersionPage => ({versions})

/** A registry that has these tags. */
function registryWith(tags: Readonly<Record<string, string>>): RepositoryClient {
  const answers = (tag: string) => {
    const name = tags[tag]
    return name === undefined
      ? undefined
      : {digest: digest(name), mediaType: 'application/vnd.oci.image.index.v1+json', size: 1}
  }
  const {send, ...ports} = new SimulatedHost({kind: 'ghcr'}).ports()
  const client = clientOf({...ports, send}, IMAGE)
  return Object.assign(Object.create(client) as RepositoryClient, {
    headManifest: (tag: string) => Promise.resolve(answers(tag)),
    call: () =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: Buffer.from(JSON.stringify({tags: Object.keys(tags)}))
      })
  })
}

const NONE = registryWith({})
const digestsOf = async (backend: RepositoryBackend, client = NONE): Promise<Digest[]> =>
  (await readListing(backend, client)).versions.map(one => one.digest)

describe('a listing that shifts while it is read', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => version(name)) as [
    ListedManifest,
    ListedManifest,
    ListedManifest,
    ListedManifest
  ]
  const names = (...versions: readonly ListedManifest[]): Digest[] => versions.map(one => one.digest)

  it('is read again where something came twice', async () => {
    const {backend} = hostOf([page(a, b), page(b)], [page(a, b), page(c)], [page(a, b)])
    expect(await digestsOf(backend)).toEqual(names(a, b, c))
  })

  it('is read again where its first page changed', async () => {
    const {backend} = hostOf([page(a, b), page(c)], [page(d, a)], [page(d, a), page(b, c)], [page(d, a)])
    expect(await digestsOf(backend)).toEqual(names(d, a, b, c))
  })

  it('is read again where its first page is gone', async () => {
    const {backend, asked} = hostOf([page(a), page(b)], [], [page(a)])
    expect(await digestsOf(backend)).toEqual(names(a))
    expect(asked.readings).toBe(3)
  })

  it('is read again where less came than the host says there is', async () => {
    const {backend} = hostOf([{versions: [a], total: 3}], [{versions: [a, b, c], total: 3}])
    expect(await digestsOf(backend)).toEqual(names(a, b, c))
  })

  it('is joined where things only came, though no reading is still', async () => {
    const {backend, asked} = hostOf(
      [page(a, b), page(b, c)],
      [page(d, a), page(b, c)],
      [page(version('e'), d)]
    )
    expect((await digestsOf(backend)).sort()).toEqual(names(a, b, c, d).sort())
    expect(asked.readings).toBe(3)
  })

  it('ends the run where things vanish in each of four readings', async () => {
    const reading = (...one: readonly ListedManifest[]) => [page(...one), page(one[0]!)]
    const many = [reading(a, b), reading(b, c), reading(c, d), reading(d, a)]
    const {code, message} = await failureOf(() => digestsOf(hostOf(...many).backend))
    expect(code).toBe('INVENTORY_CHANGED')
    expect(message).toContain('came twice')
  })

  it('takes a tag from the registry that it names nowhere, or at two places', async () => {
    const {backend} = hostOf([page(version('a', 'moved', 'stays'), version('b', 'moved'), version('c'))])
    const client = registryWith({moved: 'b', stays: 'a', late: 'c', new: 'd'})
    const {versions} = await readListing(backend, client)
    expect(Object.fromEntries(versions.map(one => [one.digest, one.tags]))).toEqual({
      [digest('a')]: ['stays'],
      [digest('b')]: ['moved'],
      [digest('c')]: ['late'],
      [digest('d')]: ['new']
    })
  })

  it('leaves out a tag that leads nowhere', async () => {
    const client = registryWith({a: 'a'})
    const {backend} = hostOf([page(version('a', 'a'), version('b', 'gone'))])
    const lost = Object.assign(Object.create(client) as RepositoryClient, {
      call: () =>
        Promise.resolve({status: 200, headers: {}, body: Buffer.from('{"tags":["a","nowhere","gone"]}')})
    })
    const {versions} = await readListing(backend, lost)
    expect(versions.map(({tags}) => tags)).toEqual([['a'], ['gone']])
  })
})

describe('a package that others push to while it is read', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])(
    'is cleaned all the same: a push before each request, from the %i.',
    async from => {
      const host = new SimulatedHost({kind: 'ghcr', pageSize: 3})
      for (let at = 0; at < 8; at++) host.put()
      host.put({children: [host.put()], tags: ['1.0.0']})
      const garbage = [...host.stored.values()].slice(0, 8)
      let pushes = 0
      host.hook = (request, nth) => {
        if (nth >= from && request.includes('/versions') && pushes++ < 12)
          host.put({children: [garbage[0]!], age: 0, tags: [`1.1.${pushes}`]})
        return undefined
      }
      const run = await host.clean({untagged: 'true', 'min-age': '24h'})
      expect(run.error).toBeUndefined()
      expect(garbage.map(one => host.has(one))).toEqual([true, ...garbage.slice(1).map(() => false)])
      expect(await host.broken()).toEqual([])
    }
  )
})
