import {describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest, Send} from '../../src/ports.js'
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

describe('what a merge asks of registries', () => {
  const lab = suiteRegistries('requests', twoEmbedded)

  const releaseOf = (version: string): TestRelease => ({
    images: lab.images,
    version,
    tags: releaseTags(version)
  })

  /** Merges a release, and gives what was asked meanwhile. */
  async function asked(
    release: TestRelease,
    texts: Readonly<Record<string, string>> = {}
  ): Promise<string[]> {
    const plan = JSON.stringify(await buildAll(lab.ports, release))
    const before = lab.registries.map(({registry}) => registry.requests.length)
    await merge(lab.ports, {plan, ...texts})
    return lab.registries.flatMap(({registry}, at) =>
      registry.requests.slice(before[at]).map(({method, path}) => `${method} ${path}`)
    )
  }

  it('is what is at several tags once, from each registry', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    const old = await digestAt(lab.ports, lab.images[0]!, 'latest')
    const lines = await asked(releaseOf('1.0.1'))
    expect(lines.filter(line => line.startsWith('GET') && line.includes(old!))).toHaveLength(2)
  })

  it('is the manifest of a single platform once, from each registry', async () => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    const [target] = plan.targets
    const single = {...plan, targets: [{...target!, builds: target!.builds.slice(0, 1)}]}
    const before = lab.registries.map(({registry}) => registry.requests.length)
    const {digest} = await merge(lab.ports, {plan: JSON.stringify(single), 'single-platform': 'manifest'})
    const lines = lab.registries.flatMap(({registry}, at) =>
      registry.requests.slice(before[at]).map(({method, path}) => `${method} ${path}`)
    )
    expect(lines.filter(line => line.startsWith('GET') && line.includes(digest))).toHaveLength(2)
  })

  it('is each tag when it begins, by GET where it is free, and when it has moved; each child at both ends', async () => {
    const lines = await asked(releaseOf('1.0.0'))
    for (const tag of releaseTags('1.0.0')) {
      const first = tag.class === 'immutable' ? ['GET'] : ['HEAD', 'GET']
      expect(
        lines.filter(line => line.endsWith(`/manifests/${tag.name}`)).map(line => line.split(' ')[0])
      ).toEqual([...first, 'PUT', 'HEAD', ...first, 'PUT', 'HEAD'])
    }
    const index = await clientOf(lab.ports, lab.images[0]!).getManifest(parseTag('latest'))
    for (const {digest} of readManifest(index).manifests)
      expect(
        lines.filter(line => line.endsWith(`/manifests/${digest}`)).map(line => line.split(' ')[0])
      ).toEqual(['GET', 'HEAD', 'GET', 'HEAD'])
  })

  it('finds an image that goes away while tags move: all tags are put back', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    const before = await Promise.all(lab.images.map(async name => await digestAt(lab.ports, name, 'latest')))
    const next = releaseOf('1.0.1')
    const plan = JSON.stringify(await buildAll(lab.ports, next))
    const [, record] = [...lab.ports.records]
    const child = Buffer.from(record![1]).toString()
    const isLastTag = ({method, url}: HttpRequest): boolean =>
      method === 'PUT' && url.host === lab.registries[1].host && url.pathname.endsWith('/manifests/latest')
    // GHCR lets an image go that an index names.
    const send: Send = async request => {
      const response = await lab.ports.send(request)
      if (isLastTag(request)) await clientOf(lab.ports, lab.images[1]!).deleteManifest(parseDigest(child))
      return response
    }
    await expect(merge({...lab.ports, send}, {plan})).rejects.toMatchObject({
      code: 'TAG_NOT_MOVED',
      message: expect.stringContaining(`${lab.images[1]!}@${child} is not there any more`)
    })
    for (const [at, name] of lab.images.entries()) {
      expect(await digestAt(lab.ports, name, 'latest')).toBe(before[at])
      expect(await digestAt(lab.ports, name, '1.0.1')).toBeUndefined()
    }
  })
})
