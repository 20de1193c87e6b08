import {mkdir, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {hexOf} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, type RunningRegistry, startDistribution2} from '../support/registries.js'
import {readWholeTags} from '../support/whole-tags.js'
import {type Place, registryPlace} from './places.js'
import {registrySuite} from './registry-suite.js'
import {type CaseContext, contextOf} from './reported-cases.js'

describeWith(DISTRIBUTION_2, 'the clean-up on distribution 2.8', () => {
  registrySuite({start: startDistribution2, collector: 'docker-registry'})
})

describeWith(DISTRIBUTION_2, 'a deletion on distribution 2.8 that fails half way', () => {
  let registry: RunningRegistry
  let place: Place

  beforeAll(async () => {
    place = await registryPlace(async () => (registry = await startDistribution2()))
  }, 60_000)
  afterAll(async () => await place.close())

  /** Where it keeps a tag. While one is being put its link is empty, and a search for the tags of a digest fails (500). */
  const linkOf = (name: string, tag: string): string =>
    path.join(registry.folder!, 'data/docker/registry/v2/repositories/org', name, '_manifests/tags', tag)

  it.each(['1.0.0', '1.0.0 and stable'])('leaves no tag listed: %s', async named => {
    const tags = named.split(' and ')
    const name = `half-${tags.length}`
    const {push, areThere} = contextOf(place, name)
    const child = await push.image()
    const old = await push.index([child], tags)
    const stays = await push.image(['2.0.0'])
    const put = linkOf(name, 'nightly')
    const deletions: number[] = []
    const run = await place.clean(
      name,
      {'keep-versions': '1', 'delete-tags': 'stable'},
      {
        before: async ({method, url}) => {
          if (method !== 'DELETE' || !url.pathname.endsWith(old.digest) || deletions.length > 0) return
          await mkdir(path.join(put, 'current'), {recursive: true})
          await writeFile(path.join(put, 'current/link'), '')
        },
        after: async ({method, url}, status) => {
          if (method !== 'DELETE' || !url.pathname.endsWith(old.digest)) return
          deletions.push(status)
          await rm(put, {recursive: true, force: true})
        }
      }
    )
    expect(run.error).toBeUndefined()
    expect(deletions).toEqual([500, 404])
    expect(await areThere(old, child, stays)).toEqual([false, false, true])
    const {tags: left, faults} = await readWholeTags(place.baseOf(name))
    expect([[...left.keys()].filter(tag => !tag.startsWith('image-release-')), faults]).toEqual([
      ['2.0.0'],
      []
    ])
  })
})

describeWith(
  DISTRIBUTION_2,
  'what a killed deletion left on distribution 2.8: a tag that is listed and leads nowhere',
  () => {
    let registry: RunningRegistry
    let place: Place

    beforeAll(async () => {
      place = await registryPlace(async () => (registry = await startDistribution2()))
    }, 60_000)
    afterAll(async () => await place.close())

    /** It deletes the manifest first, and its tags then: what ends between the two leaves this. */
    const halfDelete = async (name: string, {digest}: Manifest): Promise<void> => {
      const manifests = path.join(
        registry.folder!,
        'data/docker/registry/v2/repositories/org',
        name,
        '_manifests'
      )
      await rm(path.join(manifests, 'revisions/sha256', hexOf(digest)), {recursive: true})
    }

    const halfDeleted = async (name: string, tags: readonly string[]): Promise<CaseContext> => {
      const context = contextOf(place, name)
      const old = await context.push.index([await context.push.image()], tags)
      await context.push.index([await context.push.image()], ['2.0.0'])
      await halfDelete(name, old)
      const {faults} = await readWholeTags(place.baseOf(name))
      expect(faults).toHaveLength(tags.length)
      return context
    }

    it('is named by a clean-up that does not take it, and by validate, which fails', async () => {
      const {name} = await halfDeleted('named', ['1.0.0', 'stable'])
      const run = await place.clean(name, {'delete-tags': 'glob:pr-*'})
      expect(run.error).toBeUndefined()
      expect(run.warnings.join('\n')).toMatch(/: 1\.0\.0, stable\. .*ghost-images/)
      const {error} = await place.clean(name, {validate: 'true'})
      expect(error?.code).toBe('VERIFY_FAILED')
      expect(error?.message).toMatch(/:1\.0\.0 is listed.*:stable is listed/)
    })

    it.each([
      ['ghost-images', {'ghost-images': 'true'}, ['2.0.0']],
      ['delete-tags, whatever its age', {'delete-tags': 'glob:1.* older than 30d'}, ['2.0.0', 'stable']],
      [
        'ghost-images, but for what is kept',
        {'ghost-images': 'true', 'keep-tags': 'stable'},
        ['2.0.0', 'stable']
      ]
    ])('goes by %s', async (title, rules, left) => {
      const {name, tags} = await halfDeleted(`gone-${title.length}`, ['1.0.0', 'stable'])
      const run = await place.clean(name, rules)
      expect(run.error).toBeUndefined()
      expect(await tags()).toEqual(left)
      expect(JSON.stringify(run.outputs)).toContain('1.0.0')
    })

    it('goes with the next run where a note says that a clean-up was stopped', async () => {
      const {name, push, tags} = await halfDeleted('stopped', ['1.0.0'])
      const note = 'image-release-cleanup-0123456789ab'
      await push.note(note, [await push.image()])
      const run = await place.clean(name, {'keep-versions': '5'})
      expect(run.error).toBeUndefined()
      expect(await tags()).toEqual(['2.0.0'])
    })
  }
)
