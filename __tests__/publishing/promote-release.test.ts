import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import {type Digest, parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {addReferrers, fallbackTag, listReferrers, signatureTags} from '../../src/registry/client/referrers.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {describeWith} from '../support/components.js'
import {attestedImage, image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {newManifest} from '../support/registry-client.js'
import {
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith
} from '../support/registries.js'
import {type TestRelease, clientOf, digestAt, publishRelease, releaseTags} from '../support/releases.js'

type Embedded = Awaited<ReturnType<typeof startEmbedded>>

describe('promote-release', () => {
  let staging: Embedded
  let first: Embedded
  let second: Embedded
  let ports: TestPorts
  let number = 0
  let source: string
  let targets: string[]

  beforeAll(async () => {
    staging = await startEmbeddedWith('token')
    first = await startEmbeddedWith('basic')
    second = await startEmbedded()
  })
  afterAll(async () => {
    await Promise.all([staging, first, second].map(one => one.stop()))
  })
  beforeEach(() => {
    ports = testPorts([staging, first, second])
    number += 1
    source = `${staging.host}/staging/app${number}`
    targets = [first, second].map(({host}) => `${host}/prod/app${number}`)
    for (const {registry} of [staging, first, second]) registry.faults.clear()
  })
  afterEach(() => ports.close())

  const promote = async (texts: Readonly<Record<string, string>>) =>
    await promoteRelease.run(parseInputs(promoteRelease.inputs, {to: targets.join(), ...texts}), ports)
  const publish = async (version: string, more: Partial<TestRelease> = {}) =>
    (await publishRelease(ports, {images: [source], version, tags: releaseTags(version), ...more})).digest
  const at = async (tag: string) => await Promise.all(targets.map(name => digestAt(ports, name, tag)))
  const both = (digest: string | undefined) => [digest, digest]

  it('copies the same digest with everything to every repository, and moves all tags', async () => {
    const digest = await publish('1.2.3', {make: architecture => attestedImage({architecture})})
    const from = clientOf(ports, source)
    const index = await from.getManifest(parseDigest(digest))
    const referrer = await newManifest(from, {subject: index, artifactType: 'application/x-signature'})
    await from.putManifest(referrer)
    await addReferrers(from, index.digest, [referrer])
    const signed = await newManifest(from)
    const [sig] = signatureTags(index.digest)
    await from.putManifest(signed, sig)
    const outputs = await promote({from: `${source}:1.2.3`, tags: '1.2.3,1.2,latest,production'})
    expect(outputs.digest).toBe(digest)
    expect(outputs.tags.split('\n')).toHaveLength(8)
    for (const tag of ['1.2.3', '1.2', 'latest', 'production']) expect(await at(tag)).toEqual(both(digest))
    for (const name of targets) {
      const client = clientOf(ports, name)
      expect((await listReferrers(client, index.digest)).map(one => one.digest)).toEqual([referrer.digest])
      expect((await client.headManifest(sig!))?.digest).toBe(signed.digest)
      for (const child of readManifest(index).manifests)
        expect(await client.headManifest(child.digest)).toBeDefined()
    }
    const verified = await verifyRelease.run(
      parseInputs(verifyRelease.inputs, {release: outputs.release}),
      ports
    )
    expect(verified.verified.split('\n')).toHaveLength(8)
    expect(ports.reporter.summaries.join()).toContain('## Promotion')
    expect(JSON.parse(outputs.journal)).toMatchObject({version: '1.2.3'})
  })

  it('takes the tag of the source where no tags are named, and none with a digest', async () => {
    const digest = await publish('1.0.0')
    await promote({from: `${source}@${digest}`})
    expect(await listTags(clientOf(ports, targets[0]!))).toEqual([])
    expect(await clientOf(ports, targets[1]!).headManifest(digest as Digest)).toBeDefined()
    expect((await promote({from: `${source}:1.0.0`})).tags.split('\n')).toEqual(
      targets.map(name => `${name}:1.0.0`)
    )
  })

  it('changes nothing when it runs again', async () => {
    await publish('1.0.0')
    await promote({from: `${source}:1.0.0`, tags: '1.0.0,latest'})
    const count = () =>
      second.registry.requests.filter(({method}) => !['GET', 'HEAD'].includes(method)).length
    const before = count()
    const {superseded} = await promote({from: `${source}:1.0.0`, tags: '1.0.0,latest'})
    expect(count()).toBe(before)
    expect(superseded).toBe('')
  })

  it('moves latest and lines of versions only forward, unless told otherwise', async () => {
    const newer = await publish('2.0.0', {revision: 'b'.repeat(40)})
    await promote({from: `${source}:2.0.0`, tags: '2.0.0,latest'})
    const older = await publish('1.9.1')
    const {kept} = await promote({from: `${source}:1.9.1`, tags: '1.9.1,1.9,latest'})
    expect(kept.split('\n')).toEqual(targets.map(name => `${name}:latest`))
    expect(await at('latest')).toEqual(both(newer))
    expect(await at('1.9')).toEqual(both(older))
    await promote({from: `${source}:1.9.1`, tags: 'latest', 'allow-backward': 'true'})
    expect(await at('latest')).toEqual(both(older))
  })

  it('refuses to change a version of another commit, and writes nothing', async () => {
    const once = await publish('1.0.0')
    await promote({from: `${source}:1.0.0`})
    const local = image({content: 'other'})
    await pushImage(clientOf(ports, source), local)
    await expect(
      promote({from: `${source}@${local.root.digest}`, tags: '1.0.0,latest'})
    ).rejects.toMatchObject({code: 'TAG_REFUSED'})
    expect(await at('1.0.0')).toEqual(both(once))
    expect(await clientOf(ports, targets[0]!).headManifest(local.root.digest)).toBeUndefined()
  })

  it('writes nothing in a dry run, and nothing for a source that is not there or not whole', async () => {
    const digest = await publish('1.0.0')
    const dry = await promote({from: `${source}:1.0.0`, 'dry-run': 'true'})
    expect(dry.digest).toBe(digest)
    const from = clientOf(ports, source)
    const [child] = readManifest(await from.getManifest(parseDigest(digest))).manifests
    await from.deleteManifest(child!.digest)
    await expect(promote({from: `${source}:1.0.0`})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringContaining(`${source}@${child!.digest} is not there`)
    })
    await expect(promote({from: `${source}:9.9.9`})).rejects.toThrow(`${source}:9.9.9 is not there`)
    for (const {registry} of [first, second])
      expect(
        registry.requests.filter(
          ({method, path}) => ['PUT', 'POST'].includes(method) && path.includes(`app${number}/`)
        )
      ).toEqual([])
  })

  it.each([
    ['a blob', '*/blobs/*'],
    ['the image', '*/manifests/sha256:*'],
    ['a tag', '*/manifests/latest']
  ])('leaves every tag as it was where one registry refuses %s', async (_, path) => {
    const old = await publish('1.0.0')
    await promote({from: `${source}:1.0.0`, tags: '1.0.0,latest'})
    const next = await publish('1.1.0', {revision: 'b'.repeat(40)})
    const action = {kind: 'status', status: 403, code: 'DENIED'} as const
    second.registry.faults.add({method: 'PUT', path, action})
    await expect(promote({from: `${source}:1.1.0`, tags: '1.1.0,latest'})).rejects.toThrow(/403 DENIED/)
    second.registry.faults.clear()
    expect(await at('latest')).toEqual(both(old))
    expect(await at('1.1.0')).toEqual(both(undefined))
    await promote({from: `${source}:1.1.0`, tags: '1.1.0,latest'})
    expect(await at('latest')).toEqual(both(next))
  })

  it('lists every fault of the input at once', async () => {
    await expect(promote({from: source, to: 'Org/App', tags: '-x'})).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [{input: 'from'}, {input: 'to'}, {input: 'tags'}]
    })
    await expect(promote({to: ','})).rejects.toMatchObject({issues: [{input: 'from'}]})
  })
})

describeWith(DISTRIBUTION_3, 'promote-release on distribution 3', () => {
  let registry: RunningRegistry
  let ports: TestPorts
  beforeAll(async () => {
    registry = await startDistribution3({auth: 'token'})
    ports = testPorts([registry])
  }, 30_000)
  afterAll(async () => {
    ports.close()
    await registry.stop()
  })

  it('mounts within the registry, and lists signatures under the fallback tag', async () => {
    const [source, target] = [`${registry.host}/staging/app`, `${registry.host}/prod/app`]
    const tags = releaseTags('1.0.0')
    const {digest} = await publishRelease(ports, {images: [source], version: '1.0.0', tags})
    const from = clientOf(ports, source)
    const index = await from.getManifest(parseDigest(digest))
    const referrer = await newManifest(from, {subject: index, artifactType: 'application/x-signature'})
    await from.putManifest(referrer)
    await addReferrers(from, index.digest, [referrer])
    const texts = {from: `${source}:1.0.0`, to: target, tags: '1.0.0,latest'}
    await promoteRelease.run(parseInputs(promoteRelease.inputs, texts), ports)
    expect(await digestAt(ports, target, 'latest')).toBe(digest)
    const list = await clientOf(ports, target).getManifest(parseTag(fallbackTag(index.digest)))
    expect(readManifest(list).manifests.map(one => one.digest)).toEqual([referrer.digest])
    expect(ports.reporter.lines.join('\n')).toContain('4 manifests were new, 0 B sent')
  })
})
