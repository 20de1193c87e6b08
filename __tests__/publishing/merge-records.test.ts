import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {hexOf, parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {METRICS_SCHEMA} from '../../src/contracts/metrics.js'
import type {Plan} from '../../src/contracts/plan.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'

let registry: RunningRegistry
let ports: TestPorts
let plan: Plan
const state = {number: 0, image: ''}

beforeAll(async () => {
  registry = await startEmbedded()
})
afterAll(() => registry.stop())
beforeEach(async () => {
  ports = testPorts([registry])
  state.number += 1
  state.image = `${registry.host}/org/records${state.number}`
  plan = await buildAll(ports, {images: [state.image], version: '1.0.0', tags: releaseTags('1.0.0')})
})
afterEach(() => ports.close())

/** The records as the build jobs gave them out, which then lie nowhere else. */
const takeRecords = (): string[] => {
  const lines = [...ports.records].map(([name, bytes]) => `${name}=${Buffer.from(bytes).toString()}`)
  ports.records.clear()
  return lines
}
const withoutService = (): TestPorts => ({
  ...ports,
  digests: {
    ...ports.digests,
    load: () => Promise.reject(new ReleaseError('ARTIFACT_FAILED', 'service says 403'))
  }
})

describe('a release whose records came as outputs of jobs', () => {
  it.each<[string, (lines: readonly string[]) => string]>([
    ['lines', lines => lines.join('\n')],
    [
      'what the workflow knows of its jobs',
      ([one = '', two = '']) =>
        JSON.stringify({
          build: {result: 'success', outputs: {'record-linux-amd64': one, 'record-linux-arm64': two}}
        })
    ]
  ])('is published from %s, without the artifact service', async (_, format) => {
    const records = format(takeRecords())
    const {digest} = await merge(withoutService(), {plan: formatPlan(plan), records})
    expect(await digestAt(ports, state.image, 'latest')).toBe(digest)
  })

  it('takes from the artifacts what the outputs do not say', async () => {
    const kept = new Map(ports.records)
    const [first = ''] = takeRecords()
    for (const [name, bytes] of kept) if (!first.startsWith(`${name}=`)) ports.records.set(name, bytes)
    const {digest} = await merge(ports, {plan: formatPlan(plan), records: first})
    expect(await digestAt(ports, state.image, '1.0.0')).toBe(digest)
  })

  it('says which record is missing, and that the service failed where it is needed', async () => {
    const [first = ''] = takeRecords()
    await expect(merge(ports, {plan: formatPlan(plan), records: first})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringContaining('app linux/arm64: record digest-app-linux-arm64 is missing')
    })
    await expect(merge(withoutService(), {plan: formatPlan(plan), records: first})).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED'
    })
    expect(await digestAt(ports, state.image, 'latest')).toBeUndefined()
  })

  it('has the newer of two digests where a job ran again', async () => {
    const again = image({architecture: 'arm64', labels: {}, content: 'second attempt'})
    await pushImage(clientOf(ports, state.image), again)
    const records = `digest-app-linux-arm64=${again.root.digest}`
    const {digest} = await merge(ports, {plan: formatPlan(plan), records})
    const index = readManifest(await clientOf(ports, state.image).getManifest(parseDigest(digest)))
    expect(index.manifests.map(child => child.digest)).toContain(again.root.digest)
  })

  it('refuses what is no record, by name', async () => {
    await expect(
      merge(ports, {plan: formatPlan(plan), records: 'digest-app-linux-arm64=sha256:1'})
    ).rejects.toMatchObject({
      issues: [{input: 'records', message: expect.stringContaining('record digest-app-linux-arm64')}]
    })
  })
})

describe('a release without a plan, from the artifacts of Docker’s recipe', () => {
  const texts = () => ({images: state.image, tags: '1.0.0', 'digests-artifacts': 'digests-*'})
  const keep = (name: string, files: Readonly<Record<string, string>>): void =>
    void ports.kept.set(name, files)
  const keepAll = async (): Promise<void> => {
    for (const architecture of ['amd64', 'arm64']) {
      const local = image({architecture})
      await pushImage(clientOf(ports, state.image), local)
      keep(`digests-linux-${architecture}`, {[hexOf(local.root.digest)]: ''})
    }
  }

  it('joins all of them', async () => {
    await keepAll()
    keep('other', {'a.txt': 'b'})
    const {digest} = await merge(ports, {...texts(), platforms: 'linux/amd64,linux/arm64'})
    expect(await digestAt(ports, state.image, '1.0.0')).toBe(digest)
  })

  it.each([
    ['a name that is no digest', {'digest.txt': ''}, 'artifact digests-bad: record digest.txt: it is empty'],
    ['content', {['a'.repeat(64)]: 'x'}, 'is named by a digest, but holds something'],
    ['nothing', {}, 'artifact digests-bad: it is empty']
  ])('refuses an artifact with %s, by its name', async (_, files, message) => {
    await keepAll()
    keep('digests-bad', files)
    await expect(merge(ports, texts())).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      message: expect.stringContaining(message)
    })
    expect(await digestAt(ports, state.image, '1.0.0')).toBeUndefined()
  })

  it('says that there is none, and that a plan knows its records', async () => {
    await expect(merge(ports, texts())).rejects.toMatchObject({
      issues: [{input: 'digests-artifacts', message: 'this run has no artifact with a name like digests-*'}]
    })
    await expect(merge(ports, {plan: formatPlan(plan), 'digests-artifacts': 'x'})).rejects.toMatchObject({
      issues: [{input: 'digests-artifacts', message: 'is decided by the plan; give either a plan or this'}]
    })
  })
})

describe('the metrics of all builds of a release', () => {
  it('are given out as one list', async () => {
    const metrics = (platform: string) => ({
      ...{schema: METRICS_SCHEMA, target: 'app', platform, digest: 'sha256:x', builder: 'buildah 1'},
      ...{
        buildTime: 1,
        imageSize: 2,
        layersSize: 1,
        layerCount: 1,
        largestLayers: [],
        registries: [],
        phases: []
      }
    })
    for (const platform of ['linux/amd64', 'linux/arm64'])
      ports.kept.set(`metrics-app-${platform.replace('/', '-')}`, {
        'metrics.json': JSON.stringify(metrics(platform))
      })
    const outputs = await merge(ports, {plan: formatPlan(plan), 'metrics-artifacts': 'metrics-*'})
    expect(JSON.parse(outputs.metrics)).toEqual([metrics('linux/amd64'), metrics('linux/arm64')])
    ports.kept.set('metrics-broken', {'metrics.json': '{}'})
    const again = await merge(ports, {plan: formatPlan(plan), 'metrics-artifacts': 'metrics-*'})
    expect(again.metrics).toBe('')
  })
})
