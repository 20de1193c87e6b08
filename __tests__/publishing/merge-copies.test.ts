import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseReference} from '../../src/oci/reference.js'
import type {LocalImage} from '../../src/ports.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {attestedImage, image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {readTagState} from '../support/registry-state.js'
import {clientOf, digestAt, merge, planOf, releaseTags} from '../support/releases.js'

describe('merge-manifest, where a registry lacks an image', () => {
  let first: Awaited<ReturnType<typeof startEmbedded>>
  let second: Awaited<ReturnType<typeof startEmbedded>>
  let third: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let slept: number[]
  let number = 0
  let images: string[]

  beforeAll(async () => {
    first = await startEmbedded()
    second = await startEmbedded()
    third = await startEmbeddedWith('token')
  })
  afterAll(async () => {
    await Promise.all([first, second, third].map(one => one.stop()))
  })
  afterEach(() => ports.close())
  beforeEach(() => {
    slept = []
    ports = testPorts([first, second, third], {
      clock: {now: () => Date.now(), sleep: milliseconds => Promise.resolve(void slept.push(milliseconds))}
    })
    number += 1
    images = [first, second, third].map(({host}) => `${host}/org/app${number}`)
    for (const {registry} of [first, second, third]) registry.faults.clear()
  })

  /** Pushes each platform to the images at these positions, and gives the plan of the release. */
  async function build(
    places: Readonly<Record<'amd64' | 'arm64', readonly number[]>>,
    make: (architecture: string) => LocalImage = architecture => image({architecture})
  ): Promise<string> {
    for (const [architecture, positions] of Object.entries(places)) {
      const local = make(architecture)
      for (const position of positions) await pushImage(clientOf(ports, images[position]!), local)
      ports.records.set(`digest-app-linux-${architecture}`, formatDigestRecord(local.root.digest))
    }
    return JSON.stringify(planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')}))
  }
  const written = () =>
    [first, second, third].flatMap(({registry}) =>
      registry.requests.filter(({method}) => method === 'PUT' || method === 'POST')
    ).length

  it.each([
    ['plain images', (architecture: string) => image({architecture})],
    ['images with attestations', (architecture: string) => attestedImage({architecture})]
  ])('copies %s from one that has them, and publishes whole releases everywhere', async (_, make) => {
    const plan = await build({amd64: [0], arm64: [1]}, make)
    const {digest} = await merge(ports, {plan})
    for (const {host} of [first, second])
      expect(await readTagState(host, `org/app${number}`, 'latest')).toEqual({digest, isWhole: true})
    const client = clientOf(ports, images[2]!)
    const {manifests} = readManifest(await client.getManifest(parseDigest(digest)))
    for (const child of manifests) {
      const {config, layers} = readManifest(await client.getManifest(child.digest))
      for (const blob of [config!, ...layers]) expect(await client.blobSize(blob.digest)).toBe(blob.size)
    }
    expect(ports.reporter.lines.join('\n')).toMatch(/app\d+@sha256:\w+ was copied from 127/)
    const before = written()
    expect((await merge(ports, {plan})).digest).toBe(digest)
    // The index is put by digest again; it is there already, which costs as much to ask.
    expect(written()).toBe(before + images.length)
    expect(slept).toEqual([])
  })

  it('puts together an image of which each registry has a part', async () => {
    const plan = await build({amd64: [0, 1], arm64: [0, 1]}, architecture => attestedImage({architecture}))
    const {targets} = JSON.parse(plan) as ReturnType<typeof planOf>
    const root = parseDigest(new TextDecoder().decode(ports.records.get(targets[0]!.builds[0]!.record)))
    const [from, other] = [clientOf(ports, images[0]!), clientOf(ports, images[1]!)]
    const [child] = readManifest(await from.getManifest(root)).manifests
    await from.deleteManifest(child!.digest)
    await other.deleteManifest(root)
    const {digest} = await merge(ports, {plan})
    for (const {host} of [first, second])
      expect(await readTagState(host, `org/app${number}`, 'latest')).toEqual({digest, isWhole: true})
    for (const name of images)
      expect(await clientOf(ports, name).headManifest(root)).toMatchObject({digest: root})
  })

  it('writes nothing while another image is in none of them, and waits for that one only', async () => {
    const plan = await build({amd64: [0], arm64: []})
    const before = written()
    await expect(merge(ports, {plan})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringMatching(
        new RegExp(images.map(name => `${name}@sha256:\\w+ is not`).join('[^]*'))
      )
    })
    expect(written()).toBe(before)
    expect(slept).toEqual([1000, 3000, 6000])
  })

  it.each([
    ['5s', [500, 1500, 3000]],
    ['0', []]
  ])('waits as long as it is told: %s', async (wait, expected) => {
    await expect(merge(ports, {plan: await build({amd64: [0], arm64: []}), wait})).rejects.toThrow(
      'not there'
    )
    expect(slept).toEqual(expected)
  })

  it('goes on as soon as a registry shows what it did not show at first', async () => {
    const plan = await build({amd64: [0, 1, 2], arm64: [0, 1, 2]})
    const {targets} = JSON.parse(plan) as ReturnType<typeof planOf>
    const record = new TextDecoder().decode(ports.records.get(targets[0]!.builds[0]!.record))
    for (const {registry} of [first, second, third])
      registry.faults.add({
        method: 'GET',
        path: `*/manifests/${record}`,
        times: 2,
        action: {kind: 'status', status: 404, code: 'MANIFEST_UNKNOWN'}
      })
    const {digest} = await merge(ports, {plan})
    expect(await digestAt(ports, images[2]!, 'latest')).toBe(digest)
    expect(slept).toEqual([1000, 3000])
  })

  it('copies nothing in a dry run, and nothing for a release that is refused', async () => {
    const plan = await build({amd64: [0], arm64: [1]})
    const before = written()
    await merge(ports, {plan, 'dry-run': 'true'})
    expect(ports.reporter.lines.join('\n')).toContain('would be copied from')
    expect(written()).toBe(before)
    const client = clientOf(ports, images[0]!)
    const other = image({content: 'other'})
    await pushImage(client, other)
    await client.putManifest(other.root, parseReference(`${images[0]!}:1.0.0`).tag)
    const after = written()
    await expect(merge(ports, {plan})).rejects.toMatchObject({code: 'TAG_REFUSED'})
    expect(written()).toBe(after)
  })

  it('moves no tag where a copy fails', async () => {
    const plan = await build({amd64: [0], arm64: [1]})
    second.registry.faults.add({
      method: 'PUT',
      path: '*/blobs/*',
      action: {kind: 'status', status: 403, code: 'DENIED'}
    })
    await expect(merge(ports, {plan})).rejects.toThrow(/403 DENIED/)
    for (const name of images) expect(await digestAt(ports, name, '1.0.0')).toBeUndefined()
    second.registry.faults.clear()
    const {digest} = await merge(ports, {plan})
    for (const name of images) expect(await digestAt(ports, name, 'latest')).toBe(digest)
  })

  const STRIDE = process.env['FAULTS'] === 'all' ? 1 : 21

  it.each([
    ['breaks off', {kind: 'reset'}, 1],
    // Another request of each stride.
    ['answers 500', {kind: 'status', status: 500}, Math.ceil(STRIDE / 2)]
  ] as const)(
    'publishes everywhere or nowhere, whichever request of a copy %s for ever after',
    async (_, action, begin) => {
      const outcomes = new Set<string>()
      for (let nth = begin; !outcomes.has('published'); nth += STRIDE) {
        number += 1
        images = [first, second, third].map(({host}) => `${host}/org/app${number}`)
        const plan = await build({amd64: [0], arm64: [1]}, architecture => attestedImage({architecture}))
        second.registry.faults.add({path: `*/app${number}/*`, nth, action})
        const outcome = await merge(ports, {plan}).then(
          () => 'published',
          () => 'failed'
        )
        second.registry.faults.clear()
        const tags = await Promise.all(images.map(name => digestAt(ports, name, '1.0.0')))
        // What was new on the failing registry cannot be taken away, for it answers nothing any more.
        const [one, two, three] = tags.map(digest => digest !== undefined)
        if (outcome === 'published')
          expect({nth, tags: [one, two, three]}).toEqual({nth, tags: [true, true, true]})
        else expect({nth, first: one, third: three}).toEqual({nth, first: false, third: false})
        const {digest} = await merge(ports, {plan})
        for (const {host} of [first, second])
          expect(await readTagState(host, `org/app${number}`, 'latest')).toEqual({digest, isWhole: true})
        outcomes.add(outcome)
      }
      expect([...outcomes]).toEqual(['failed', 'published'])
    },
    STRIDE === 1 ? 900_000 : 120_000
  )
})
