import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {computeTags} from '../../src/planning/compute-tags.js'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {type InputTable, parseInputs} from '../../src/command/input.js'
import type {Command, OutputTable} from '../../src/command/command.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type TestPorts, tagPush, testPorts} from '../support/ports.js'
import {type IndependentReader, independentReader} from '../support/readers.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  type RunningRegistry,
  startDistribution2,
  startDistribution3,
  startEmbeddedWith,
  startOlareg
} from '../support/registries.js'

const PROGRAMS = [
  'buildah',
  'podman',
  'docker',
  'docker-buildx',
  'crane',
  'skopeo',
  ...DISTRIBUTION_2,
  ...DISTRIBUTION_3,
  ...OLAREG
]
const RULES = 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}'

/** A whole release of the sample application, built by buildah, on four kinds of registry at once. */
describeWith(PROGRAMS, 'a release on real registries', () => {
  let registries: RunningRegistry[]
  let images: string[]
  let storage: ContainerStorage
  let reader: IndependentReader
  let ports: TestPorts

  beforeAll(async () => {
    storage = makeContainerStorage()
    registries = await Promise.all([
      startDistribution3(),
      startDistribution2({auth: 'token'}),
      startEmbeddedWith('token'),
      startOlareg()
    ])
    images = registries.map(({host}) => `${host}/org/hello`)
    reader = independentReader(registries, storage.env)
    ports = testPorts(registries, {exec: execWithEnvironment(storage.env)})
  }, 60_000)
  afterAll(async () => {
    ports.close()
    reader.remove()
    storage.remove()
    await Promise.all(registries.map(registry => registry.stop()))
  })

  const run = async <Inputs extends InputTable, Out extends OutputTable>(
    command: Command<Inputs, Out>,
    texts: Readonly<Record<string, string>>,
    version: string
  ) => {
    const facts = {...tagPush(`v${version}`, version.replaceAll('.', '').padEnd(40, '0'))}
    return await command.run(parseInputs(command.inputs, texts), {
      ...ports,
      workflowRun: () => Promise.resolve(facts)
    })
  }

  const buildAll = async (version: string): Promise<string> => {
    const {plan} = await run(computeTags, {images: images.join('\n'), tags: RULES}, version)
    for (const platforms of ['linux/amd64', 'linux/arm64'])
      await run(
        buildByDigest,
        {
          plan,
          platforms,
          context: 'examples/hello',
          format: 'docker',
          builder: 'buildah',
          'build-args': `V=${version}`
        },
        version
      )
    return plan
  }

  it('tags nothing before the merge, and hands over records of 71 bytes', async () => {
    await buildAll('1.0.0')
    expect([...ports.records.values()].map(({length}) => length)).toEqual([71, 71])
    for (const image of images) expect(await reader.digest(image, 'latest')).toBeUndefined()
  }, 120_000)

  it('pulls on both platforms by every tag from every registry, with one digest everywhere', async () => {
    const plan = await buildAll('1.0.0')
    const {digest, release} = await run(mergeManifest, {plan}, '1.0.0')
    for (const image of images) {
      expect(await reader.tags(image)).toEqual(['1.0', '1.0.0', 'latest'])
      for (const tag of ['1.0.0', '1.0', 'latest']) {
        expect(await reader.digest(image, tag)).toBe(digest)
        for (const architecture of ['amd64', 'arm64']) {
          const pulled = await reader.pull(image, tag, `linux/${architecture}`)
          expect(pulled).toMatchObject({os: 'linux', architecture})
          expect(pulled.config).toHaveProperty('Healthcheck')
        }
      }
    }
    const verified = await run(verifyRelease, {release}, '1.0.0')
    expect(verified.verified.split('\n')).toHaveLength(images.length * 3)
  }, 120_000)

  it('is read by podman and by buildx imagetools', async () => {
    const digest = await reader.digest(images[0]!, 'latest')
    for (const image of images) {
      expect(await reader.inspect(`${image}:latest`)).toMatch(
        new RegExp(`Digest:\\s+${digest ?? ''}[^]*linux/amd64[^]*linux/arm64`)
      )
      for (const platform of ['linux/amd64', 'linux/arm64'])
        expect(await reader.podmanPull(`${image}:1.0.0`, platform)).toBe(platform)
    }
  }, 120_000)

  it('deletes what a release superseded on every registry, and nothing that a tag reaches', async () => {
    const before = await reader.digest(images[0]!, '1.0.0')
    const plan = await buildAll('1.1.0')
    const {digest, release} = await run(mergeManifest, {plan}, '1.1.0')
    const kept = await run(cleanupLatest, {release, 'allow-deletion': 'true', 'min-age': '0'}, '1.1.0')
    expect(kept.deleted).toBe('')
    for (const image of images) expect(await reader.digest(image, '1.0.0')).toBe(before)
    const cleaned = await run(
      cleanupLatest,
      {release, 'allow-deletion': 'true', 'min-age': '0', 'keep-versions': '1'},
      '1.1.0'
    )
    expect(cleaned.deleted.split('\n').filter(line => line.endsWith(`@${before ?? ''}`))).toHaveLength(
      images.length
    )
    for (const image of images) {
      expect(await reader.tags(image)).toEqual(['1.1', '1.1.0', 'latest'])
      for (const tag of ['1.1', '1.1.0', 'latest']) expect(await reader.digest(image, tag)).toBe(digest)
      for (const platform of ['linux/amd64', 'linux/arm64']) await reader.pull(image, 'latest', platform)
    }
  }, 120_000)

  it('publishes nothing where one record is missing, and names it', async () => {
    const plan = await buildAll('1.2.0')
    const {id} = parsePlan(plan)
    const [missing = ''] = [...ports.records.keys()].filter(
      name => name.endsWith('arm64') && name.includes(`-${id}-`)
    )
    ports.records.delete(missing)
    await expect(run(mergeManifest, {plan}, '1.2.0')).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringContaining(`linux/arm64: record ${missing} is missing`)
    })
    for (const image of images) expect(await reader.tags(image)).toEqual(['1.1', '1.1.0', 'latest'])
  }, 120_000)
})

describeWith(['crane', 'skopeo', ...DISTRIBUTION_3], 'a registry that refuses', () => {
  it("leaves the other registry's tags as they were", async () => {
    const {buildAll, merge, publishRelease, releaseTags} = await import('../support/releases.js')
    const open = await startDistribution3()
    const refusing = await startEmbeddedWith('basic')
    const reader = independentReader([open, refusing])
    const ports = testPorts([open, refusing])
    try {
      const images = [`${open.host}/org/app`, `${refusing.host}/org/app`]
      const old = await publishRelease(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})
      const plan = await buildAll(ports, {
        images,
        version: '1.1.0',
        tags: releaseTags('1.1.0'),
        revision: 'b'.repeat(40)
      })
      refusing.registry.faults.add({
        method: 'PUT',
        path: '*/manifests/1.1',
        action: {kind: 'status', status: 500}
      })
      await expect(merge(ports, {plan: JSON.stringify(plan)})).rejects.toMatchObject({code: 'TAG_NOT_MOVED'})
      expect(await reader.tags(images[0]!)).toEqual(['1.0', '1.0.0', 'latest'])
      expect(await reader.digest(images[0]!, 'latest')).toBe(old.digest)
      expect(await reader.digest(images[1]!, 'latest')).toBe(old.digest)
    } finally {
      reader.remove()
      ports.close()
      await Promise.all([open.stop(), refusing.stop()])
    }
  }, 60_000)
})
