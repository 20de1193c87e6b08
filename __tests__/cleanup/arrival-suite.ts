import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import type {RunningRegistry} from '../support/registries.js'
import {clientOf, digestAt} from '../support/releases.js'
import {type CacheForm, pushCache, pushDated} from './dated-images.js'

const DAY = 24 * 3_600_000
/** What registries do differently. */
interface RegistryWays {
  readonly cacheForms?: readonly CacheForm[]
  /** Whether a manifest stays that has lost its last tag to another. */
  readonly keepsReplaced?: boolean
}

/** The clean-up by age on a registry that tells no time of any push. */
export function arrivalSuite(
  start: () => Promise<RunningRegistry>,
  {cacheForms = ['image', 'index'], keepsReplaced = true}: RegistryWays = {}
): void {
  let registry: RunningRegistry
  let now = Date.now()
  let ports: TestPorts
  let serial = 0

  beforeAll(async () => {
    registry = await start()
    const base = testPorts([registry])
    ports = {...base, clock: {...base.clock, now: () => now}}
  }, 60_000)
  afterAll(async () => {
    ports.close()
    await registry.stop()
  })

  const run = async (image: string, texts: Readonly<Record<string, string>>) =>
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {images: image, 'allow-deletion': 'true', ...texts}),
      ports
    )
  const imageAt = (): string => `${registry.host}/arrival/${(serial += 1)}`

  const push = async (
    image: string,
    created: string | undefined,
    ...tags: readonly string[]
  ): Promise<Manifest> => await pushDated(clientOf(ports, image), created, tags)

  const old = new Date(now - 50 * DAY).toISOString()

  it.each([
    ['an old date', old],
    ['the epoch', '1970-01-01T00:00:00Z'],
    ['no date', undefined]
  ])(
    'keeps what was pushed just now although its image says %s, and lets it go when it has been here',
    async (_, created) => {
      const image = imageAt()
      await push(image, created, 'pr-1')
      await push(image, created, '1.0.0')
      const rules = {'development-tags': 'glob:pr-*', 'development-age': '30d'}
      const first = await run(image, rules)
      expect(first.deleted).toBe('')
      expect(first.report).toContain('nobody can tell when it came here')
      expect(await digestAt(ports, image, 'pr-1')).toBeDefined()
      now += 31 * DAY
      const second = await run(image, rules)
      expect(second.deleted.split('\n')).toHaveLength(1)
      expect(await digestAt(ports, image, 'pr-1')).toBeUndefined()
      expect(await digestAt(ports, image, '1.0.0')).toBeDefined()
    },
    60_000
  )

  it('takes a tag that came to an old image for young', async () => {
    const image = imageAt()
    const manifest = await push(image, old, 'main')
    await push(image, old, '1.0.0')
    await run(image, {'delete-tags': 'glob:pr-*'})
    now += 31 * DAY
    await clientOf(ports, image).putManifest(manifest, parseTag('pr-2'))
    await run(image, {'delete-tags': 'glob:pr-*'})
    expect(await digestAt(ports, image, 'pr-2')).toBe(manifest.digest)
  }, 60_000)

  it('remembers what a release superseded while it was too young', async () => {
    const image = imageAt()
    const {digest} = await push(image, old, 'latest')
    await push(image, old, 'latest')
    expect((await run(image, {superseded: `${image}@${digest}`})).deleted).toBe('')
    now += 2 * DAY
    const expected = keepsReplaced ? `${image}@${digest}` : ''
    expect((await run(image, {'delete-tags': 'glob:pr-*'})).deleted).toBe(expected)
    expect(await clientOf(ports, image).headManifest(digest)).toBeUndefined()
    expect((await run(image, {'delete-tags': 'glob:pr-*'})).deleted).toBe('')
  }, 60_000)

  it('writes nothing down in a dry run, nor where no age decides', async () => {
    const image = imageAt()
    await push(image, old, '1.0.0', 'pr-1')
    await run(image, {'delete-tags': 'pr-1', 'dry-run': 'true'})
    await run(image, {'delete-tags': 'glob:x-*', 'min-age': '0'})
    expect(await digestAt(ports, image, 'image-release-seen')).toBeUndefined()
  }, 60_000)

  it.each(cacheForms)(
    'goes by the layers of a cache of BuildKit in the form of an %s',
    async form => {
      const image = imageAt()
      await pushCache(clientOf(ports, image), 'cache-old', {made: now - 20 * DAY, form})
      await pushCache(clientOf(ports, image), 'cache-new', {made: now - 2 * DAY, form})
      const rules = {'cache-tags': 'glob:cache-*', 'cache-age': '14d'}
      const dry = await run(image, {...rules, 'dry-run': 'true'})
      expect(dry.report).toMatch(/"cached":"\d{4}-/)
      expect(dry.report).not.toContain('"unknown":1')
      await run(image, rules)
      expect(await digestAt(ports, image, 'cache-old')).toBeUndefined()
      expect(await digestAt(ports, image, 'cache-new')).toBeDefined()
      await run(image, {'cache-tags': 'glob:cache-*', 'cache-age': '90d', 'cache-size': '1'})
      expect(await digestAt(ports, image, 'cache-new')).toBeUndefined()
    },
    60_000
  )
}
