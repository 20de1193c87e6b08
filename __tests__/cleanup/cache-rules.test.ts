import {afterAll, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'

const RELEASED = ['1.0', '1.0.0', '1.1', '1.1.0', '1.2', '1.2.0', 'latest']
const CACHES = ['app-linux-amd64', 'v1-app-linux-arm64']
/** What a guide once said for the caches of a repository. */
const RULES = {'cache-tags': 'glob:*', 'cache-age': '0', 'min-age': '0'}

describe('rules for caches', () => {
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let image: string
  let release: string
  let count = 0

  beforeAll(async () => {
    registry = await startEmbedded()
    ports = testPorts([registry])
  })
  afterAll(async () => {
    ports.close()
    await registry.stop()
  })
  beforeEach(async () => {
    image = `${registry.host}/caches/app${++count}`
    for (const version of ['1.0.0', '1.1.0', '1.2.0'])
      ({release} = await publishRelease(ports, {images: [image], version, tags: releaseTags(version)}))
    await cache(`${image}-build-cache`, CACHES)
  })

  const cache = async (repository: string, names: readonly string[]): Promise<void> => {
    for (const [index, name] of names.entries()) {
      const tags: PlannedTag[] = [{name, class: 'moving', rule: 'cache'}]
      await publishRelease(ports, {images: [repository], version: `0.0.${index}`, tags})
    }
  }
  const cleanup = async (texts: Readonly<Record<string, string>>) =>
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {'allow-deletion': 'true', ...RULES, ...texts}),
      ports
    )
  const tagsOf = async (name: string): Promise<string[]> =>
    [...(await listTags(clientOf(ports, name)))].sort()

  it('choose from the repository of the caches, and from none of the release', async () => {
    await cleanup({release, images: `${image}-build-cache`})
    expect(await tagsOf(image)).toEqual(RELEASED)
    expect(await tagsOf(`${image}-build-cache`)).toEqual([])
  })

  it('that have only repositories of the release to choose from are refused, and delete nothing', async () => {
    await expect(cleanup({release})).rejects.toMatchObject({
      issues: [{input: 'cache-tags', message: expect.stringContaining('images')}]
    })
    await expect(cleanup({release, images: image})).rejects.toMatchObject({issues: [{input: 'cache-tags'}]})
    expect(await tagsOf(image)).toEqual(RELEASED)
  })

  it.each([
    ['every tag', 'glob:*', RELEASED],
    ['versions', 'glob:1.1.*', ['1.1.0']],
    ['aliases', 'regex:1\\.\\d', ['1.0', '1.1', '1.2']],
    ['latest', 'latest', ['latest']]
  ])('whose pattern would choose %s are refused before anything goes', async (_, pattern, chosen) => {
    const failed = cleanup({images: [`${image}-build-cache`, image].join('\n'), 'cache-tags': pattern})
    await expect(failed).rejects.toMatchObject({
      code: 'CLEANUP_REFUSED',
      message: expect.stringContaining(`${image}: cache-tags ${pattern} would choose ${chosen.join(', ')}`)
    })
    expect(await tagsOf(image)).toEqual(RELEASED)
    expect(await tagsOf(`${image}-build-cache`)).toEqual(CACHES)
  })

  it('are refused where a pattern would choose another name of a version: a variant, or a tag of its commit', async () => {
    const tags: PlannedTag[] = ['2.0.0-python3.13', 'python3.13', 'sha-0a1b2c3'].map(name => ({
      name,
      class: 'moving',
      rule: 'variant'
    }))
    await publishRelease(ports, {images: [image], version: '2.0.0', tags})
    for (const pattern of ['glob:python*', 'glob:sha-*'])
      await expect(cleanup({images: image, 'cache-tags': pattern, force: 'true'})).rejects.toMatchObject({
        code: 'CLEANUP_REFUSED'
      })
  })

  it('take caches out of a repository of images where that is all they choose', async () => {
    await cache(image, CACHES)
    await cleanup({images: image, 'cache-tags': 'glob:*app-linux-*'})
    expect(await tagsOf(image)).toEqual(RELEASED)
  })
})
