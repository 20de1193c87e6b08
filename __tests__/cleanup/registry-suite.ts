import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {component, itWith} from '../support/components.js'
import {image as imageOf} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type IndependentReader, independentReader} from '../support/readers.js'
import type {RunningRegistry} from '../support/registries.js'
import {clientOf, digestAt, publishRelease} from '../support/releases.js'
import {brokenParts, clean, leftBehind, makeWorld} from './repository-world.js'

/** How the registry of a suite collects what nothing names; by its own program. */
export interface CleanupSuite {
  readonly start: () => Promise<RunningRegistry>
  /** The program that takes `garbage-collect` and the configuration file. */
  readonly collector?: string
}

/** The clean-up on one registry, by the API of the specification. */
export function registrySuite({start, collector}: CleanupSuite): void {
  let registry: RunningRegistry
  let ports: TestPorts
  let reader: IndependentReader

  beforeAll(async () => {
    registry = await start()
    ports = testPorts([registry])
    reader = independentReader([registry])
  }, 60_000)
  afterAll(async () => {
    ports.close()
    reader.remove()
    await registry.stop()
  })

  const collectGarbage = async (): Promise<void> => {
    if (collector === undefined || registry.folder === undefined) return
    const file = path.join(registry.folder, 'config.yml')
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_'))
    )
    await promisify(execFile)(component(collector), ['garbage-collect', file], {env})
  }
  const run = async (texts: Readonly<Record<string, string>>) =>
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {'allow-deletion': 'true', 'min-age': '0', ...texts}),
      ports
    )

  it('leaves all that tags reach, and nothing of what was chosen', async () => {
    const image = `${registry.host}/cleanup/world`
    const world = await makeWorld(ports, image)
    const dry = await clean(ports, world, {'dry-run': 'true'})
    expect(await leftBehind(ports, image, world)).not.toEqual([])
    const done = await clean(ports, world, {'expected-plan': dry['plan-hash']})
    await collectGarbage()
    expect(await brokenParts(ports, image, world)).toEqual([])
    expect(await leftBehind(ports, image, world)).toEqual([])
    expect(done.deleted.split('\n')).toHaveLength(world.goes.length)
    expect((await clean(ports, world)).deleted).toBe('')
  }, 60_000)

  itWith(['crane'])(
    'leaves exactly one image after two builds of main: index and two platforms',
    async () => {
      const image = `${registry.host}/cleanup/main`
      const tags = [{name: 'latest', class: 'moving', rule: 'main'}] as const
      const old = await publishRelease(ports, {
        images: [image],
        version: '0.0.1',
        tags,
        revision: 'a'.repeat(40)
      })
      const before = await childrenOf(image, old.digest)
      const {release, digest} = await publishRelease(ports, {
        images: [image],
        version: '0.0.2',
        tags,
        revision: 'b'.repeat(40)
      })
      await run({release})
      await collectGarbage()
      expect(await digestAt(ports, image, 'latest')).toBe(digest)
      expect(await reader.tags(image)).toEqual(['latest'])
      for (const gone of [old.digest, ...before])
        expect(await clientOf(ports, image).headManifest(parseDigest(gone))).toBeUndefined()
      for (const child of await childrenOf(image, digest))
        expect(await clientOf(ports, image).headManifest(parseDigest(child))).toBeDefined()
    },
    60_000
  )

  async function childrenOf(image: string, digest: string): Promise<string[]> {
    const manifest = await clientOf(ports, image).getManifest(parseDigest(digest))
    return readManifest(manifest).manifests.map(child => child.digest)
  }

  itWith(['crane', 'skopeo'])(
    'cleans variants whose aliases share a digest, and every tag that stays still pulls',
    async () => {
      const image = `${registry.host}/cleanup/orb`
      for (const version of ['0.1.0', '0.2.0', '1.0.0'])
        for (const python of ['python3.9', 'python3.13']) {
          const isDefault = python === 'python3.13'
          const names = [`${version}-${python}`, python, ...(isDefault ? [version, 'latest'] : [])]
          const tags = names.map(name => ({name, class: 'moving', rule: 'version'}) as const)
          const named = `${version}-${python}`
          const labels = {'org.opencontainers.image.revision': '1'.repeat(40)}
          const make = (architecture: string) => imageOf({architecture, labels, content: named})
          await publishRelease(ports, {images: [image], version, named, tags, revision: '1'.repeat(40), make})
        }
      await run({images: image, 'keep-versions': '2'})
      await collectGarbage()
      const kept = [
        '0.2.0',
        '0.2.0-python3.13',
        '0.2.0-python3.9',
        '1.0.0',
        '1.0.0-python3.13',
        '1.0.0-python3.9'
      ]
      expect(await reader.tags(image)).toEqual([...kept, 'latest', 'python3.13', 'python3.9'].sort())
      for (const tag of [...kept, 'latest', 'python3.9'])
        expect(await reader.pull(image, tag, 'linux/arm64')).toMatchObject({architecture: 'arm64'})
    },
    120_000
  )

  it('stops where the plan is not the expected one, or more would go than is allowed', async () => {
    const image = `${registry.host}/cleanup/guarded`
    const world = await makeWorld(ports, image)
    await expect(clean(ports, world, {'expected-plan': '0'.repeat(64)})).rejects.toMatchObject({
      code: 'INVENTORY_CHANGED'
    })
    await expect(clean(ports, world, {'max-delete': '2'})).rejects.toMatchObject({code: 'CLEANUP_REFUSED'})
    expect(await leftBehind(ports, image, world)).toEqual(expect.arrayContaining([...world.goes]))
    await clean(ports, world, {'max-delete': '2', force: 'true'})
    expect(await leftBehind(ports, image, world)).toEqual([])
  }, 60_000)
}
