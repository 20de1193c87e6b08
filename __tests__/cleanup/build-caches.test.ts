import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, expect, jest} from '@jest/globals'
import {listTags} from '../../src/registry/client/tag-list.js'
import {itWith} from '../support/components.js'
import {type RealBuilder, startBuilder} from '../support/real-builders.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {describeEachPlace} from './each-place.js'
import type {Place} from './places.js'

jest.setTimeout(120_000)

const it = itWith(['buildkitd', 'docker-buildx'])
const RELEASED = ['1.0', '1.0.0', '1.1', '1.1.0', 'latest']
/** All that goes by what a repository looks like, and by no name of a tag. */
const BY_LOOKS = {
  untagged: 'true',
  orphans: 'true',
  'ghost-images': 'true',
  'partial-images': 'true',
  'keep-versions': '1'
}
const DAY = 24 * 60 * 60 * 1000

describeEachPlace('caches that BuildKit wrote with type=registry', open => {
  let place: Place
  let builder: RealBuilder
  let context: string
  let name: string
  let count = 0

  beforeAll(async () => {
    place = await open()
    builder = await startBuilder('buildx', [new URL(place.baseOf('app')).host])
    context = mkdtempSync(path.join(tmpdir(), 'caches-'))
    writeFileSync(path.join(context, 'a'), 'a')
    writeFileSync(
      path.join(context, 'Containerfile'),
      'FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY a /b\n'
    )
  })
  afterAll(async () => {
    await builder.stop()
    await place.close()
    rmSync(context, {recursive: true, force: true})
  })
  /** A release, and beside it the caches of builds, in each form that BuildKit has and the registry takes. */
  beforeEach(async () => {
    name = `app${++count}`
    for (const version of ['1.0.0', '1.1.0'])
      await publishRelease(place.ports, {
        images: [place.imageOf(name)],
        version,
        tags: releaseTags(version)
      })
    const refs = [...caches()].map(([tag, form]) => {
      const manifest = form === 'image' ? 'image-manifest=true,oci-mediatypes=true' : 'image-manifest=false'
      return `type=registry,ref=${placeOf(tag)},mode=max,${manifest}`
    })
    await build(refs.flatMap(ref => ['--cache-to', ref]))
  })

  const caches = (): Map<string, string> =>
    new Map(place.cacheForms.map(form => [`buildcache-${form}`, form] as const))
  /** As BuildKit finds it, which knows the host by no other name. */
  const placeOf = (tag: string): string => {
    const {host, pathname} = new URL(place.baseOf(name))
    return `${host}${pathname.replace('/v2', '')}:${tag}`
  }
  const build = async (flags: readonly string[]): Promise<string> => {
    const plain = ['buildx', 'build', '--progress', 'plain', '--file', path.join(context, 'Containerfile')]
    const {exitCode, stderr} = await builder.exec('docker-buildx', [...plain.slice(1), ...flags, context])
    expect([exitCode, stderr]).toEqual([0, expect.any(String)])
    return stderr
  }
  const tags = async (): Promise<string[]> =>
    [...(await listTags(clientOf(place.ports, place.imageOf(name))))]
      .filter(tag => tag !== 'image-release-seen')
      .sort()

  it('go by their name and age, and nothing else goes with them', async () => {
    const rules = {'cache-tags': 'glob:buildcache-*', 'cache-age': '14d'}
    await place.clean(name, rules)
    expect(await tags()).toEqual([...RELEASED, ...caches().keys()].sort())
    place.pass(15 * DAY)
    const run = await place.clean(name, rules)
    expect(run.error).toBeUndefined()
    expect(await tags()).toEqual(RELEASED)
    expect((await place.clean(name, {validate: 'true'})).error).toBeUndefined()
    expect(place.faults()).toEqual([])
  })

  it('go when all of them are too large, the oldest first', async () => {
    const run = await place.clean(name, {'cache-tags': 'glob:buildcache-*', 'cache-size': '1'})
    expect(run.error).toBeUndefined()
    expect(await tags()).toEqual(RELEASED)
  })

  // The last: the clock of the place goes on, and so does the age of what BuildKit wrote by its own.
  it('stay by every rule that is not about them, whole, and are used by the next build', async () => {
    place.pass(30 * DAY)
    const run = await place.clean(name, BY_LOOKS)
    expect(run.error).toBeUndefined()
    expect(await tags()).toEqual(['1.1', '1.1.0', ...caches().keys(), 'latest'].sort())
    builder = await builder.renew()
    for (const tag of caches().keys()) {
      const log = await build(['--cache-from', `type=registry,ref=${placeOf(tag)}`])
      expect([tag, log.match(/ CACHED$/gm)?.length ?? 0]).toEqual([tag, 2])
      await builder.exec('docker-buildx', ['prune', '--all', '--force'])
    }
    expect(place.faults()).toEqual([])
  })
})
