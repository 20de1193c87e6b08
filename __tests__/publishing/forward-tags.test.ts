import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {type TestRelease, clientOf, digestAt, publishRelease, releaseTags} from '../support/releases.js'

const [REVISION, SOURCE, VERSION] = ['revision', 'source', 'version'].map(
  name => `org.opencontainers.image.${name}`
) as [string, string, string]

describe('tags that only move forward', () => {
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let number = 0
  let name: string

  beforeAll(async () => {
    registry = await startEmbedded()
  })
  afterAll(async () => await registry.stop())
  beforeEach(() => {
    ports = testPorts([registry])
    number += 1
    name = `${registry.host}/org/app${number}`
  })
  afterEach(() => ports.close())

  const release = async (version: string, more: Partial<TestRelease> = {}) =>
    await publishRelease(ports, {images: [name], version, tags: releaseTags(version), ...more})
  const alpine = (version: string): PlannedTag[] =>
    releaseTags(version).map(tag => ({...tag, name: `${tag.name}-alpine`}))

  /** An image that somebody pushed by other means, under these tags. */
  async function push(labels: Readonly<Record<string, string>>, ...tags: string[]): Promise<void> {
    const local = image({labels, content: tags.join()})
    await pushImage(clientOf(ports, name), local)
    for (const tag of tags) await clientOf(ports, name).putManifest(local.root, parseTag(tag))
  }

  it('leave a variant at its own newer version, and write the version alone beside the variant’s name', async () => {
    const newer = await release('2.0.1', {named: '2.0.1-alpine', tags: alpine('2.0.1')})
    const patch = await release('1.9.1', {named: '1.9.1-alpine', tags: alpine('1.9.1')})
    expect(patch.kept).toBe(`${name}:latest-alpine`)
    expect(await digestAt(ports, name, 'latest-alpine')).toBe(newer.digest)
    expect(await digestAt(ports, name, '1.9-alpine')).toBe(patch.digest)
    const {annotations} = readManifest(await clientOf(ports, name).getManifest(parseDigest(patch.digest)))
    expect(annotations).toMatchObject({[VERSION]: '1.9.1-alpine', 'image-release.version': '1.9.1'})
  })

  it('write nothing beside a name that is the version alone', async () => {
    const {digest} = await release('1.0.0')
    const {annotations} = readManifest(await clientOf(ports, name).getManifest(parseDigest(digest)))
    expect(Object.keys(annotations)).not.toContain('image-release.version')
  })

  it('stay where other tags of the repository show a newer version and what is there names none', async () => {
    await push({}, '2.0.1', 'latest')
    const {kept} = await release('1.9.1')
    expect(kept).toBe(`${name}:latest`)
    expect(ports.reporter.notices.join()).toContain('2.0.1, which is newer, is released already')
  })

  it('move from an image that names no version and is not known to be newer', async () => {
    await push({}, '1.8.0', 'nightly', 'latest')
    expect((await release('1.9.1')).kept).toBe('')
  })

  it.each([
    ['of a base image that names neither commit nor source', {[VERSION]: '24.04'}, ''],
    ['of a base image from another source', {[VERSION]: '24.04', [SOURCE]: 'https://example.org/os'}, ''],
    ['of our own source', {[VERSION]: '24.04', [SOURCE]: 'https://github.com/Org/App.git'}, 'latest'],
    ['with a commit', {[VERSION]: 'v24.0.4', [REVISION]: 'c'.repeat(40)}, 'latest']
  ])('take the labels %s for what they are', async (_, labels, kept) => {
    await push(labels, 'latest')
    expect((await release('1.9.1')).kept).toBe(kept && `${name}:${kept}`)
  })

  it('are not set where the plan knew of a newer version, although they are free', async () => {
    const tags = releaseTags('1.9.1').map(tag => (tag.name === 'latest' ? {...tag, newest: '2.0.1'} : tag))
    const {kept} = await release('1.9.1', {tags})
    expect(kept).toBe(`${name}:latest`)
    expect(await digestAt(ports, name, 'latest')).toBeUndefined()
  })

  it('ask for the list of tags once before and once after they move', async () => {
    await release('1.0.0')
    await release('1.0.1', {revision: 'c'.repeat(40)})
    expect(
      registry.registry.requests.filter(({path}) => path.includes(`app${number}/tags/list`))
    ).toHaveLength(4)
  })
})
