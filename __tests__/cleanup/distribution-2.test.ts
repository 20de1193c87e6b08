import {mkdir, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {DISTRIBUTION_2, type RunningRegistry, startDistribution2} from '../support/registries.js'
import {readWholeTags} from '../support/whole-tags.js'
import {type Place, registryPlace} from './places.js'
import {registrySuite} from './registry-suite.js'
import {contextOf} from './reported-cases.js'

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
