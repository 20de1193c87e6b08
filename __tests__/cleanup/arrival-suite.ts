import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/commands/cleanup-latest.js'
import {parseInputs} from '../../src/inputs/input.js'
import {type Manifest, manifestOf} from '../../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import type {RepositoryClient} from '../../src/registry/repository-client.js'
import {putBlob} from '../support/registry-client.js'
import type {RunningRegistry} from '../support/registries.js'
import {clientOf, digestAt} from '../support/releases.js'

const DAY = 24 * 3_600_000
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'

/** How BuildKit lays out a cache: as an image manifest (image-manifest=true), or as an index of layers. */
type CacheForm = 'image' | 'index'

const bytesOf = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))

async function blobOf(client: RepositoryClient, bytes: Uint8Array) {
  return {digest: await putBlob(client, bytes), size: bytes.length}
}

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
    await cleanupLatest.run(parseInputs(cleanupLatest.inputs, {images: image, ...texts}), ports)
  const imageAt = (): string => `${registry.host}/arrival/${(serial += 1)}`

  /** An image whose config and annotation name a date, as a build that can be repeated writes it. */
  async function push(
    image: string,
    created: string | undefined,
    ...tags: readonly string[]
  ): Promise<Manifest> {
    const client = clientOf(ports, image)
    const config = bytesOf({
      architecture: 'amd64',
      os: 'linux',
      created,
      config: {},
      rootfs: {type: 'layers', diff_ids: []},
      serial: (serial += 1)
    })
    const blob = await blobOf(client, config)
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: {mediaType: 'application/vnd.oci.image.config.v1+json', ...blob},
      layers: [],
      annotations: created === undefined ? {} : {'org.opencontainers.image.created': created}
    }
    const manifest = manifestOf(bytesOf(document), OCI_MANIFEST)
    for (const tag of tags) await client.putManifest(manifest, parseTag(tag))
    return manifest
  }

  /** A cache as BuildKit exports it: an image manifest, or an index of layers. */
  async function pushCache(image: string, tag: string, age: number, form: CacheForm): Promise<void> {
    const client = clientOf(ports, image)
    const config = {
      mediaType: CACHE_CONFIG,
      ...(await blobOf(client, bytesOf({layers: [], records: [], tag})))
    }
    const layer = {
      mediaType: LAYER,
      ...(await blobOf(client, bytesOf({layer: tag}))),
      annotations: {'buildkit/createdat': new Date(now - age).toISOString()}
    }
    const document =
      form === 'image'
        ? {schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer]}
        : {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [layer, config]}
    await client.putManifest(manifestOf(bytesOf(document), document.mediaType), parseTag(tag))
  }

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
      await pushCache(image, 'cache-old', 20 * DAY, form)
      await pushCache(image, 'cache-new', 2 * DAY, form)
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
