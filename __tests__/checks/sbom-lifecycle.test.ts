import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {parseInputs} from '../../src/command/input.js'
import {type Digest, digestOf, parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {pushAttachment} from '../../src/registry/images/attachment-push.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {fallbackTag, listReferrers} from '../../src/registry/client/referrers.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {describeWith} from '../support/components.js'
import {attestedImage, image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  type RunningRegistry,
  ZOT,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startOlareg,
  startZot
} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

const ARTIFACT_TYPE = 'application/spdx+json'
const sbom = (name = 'app') => ({
  artifactType: ARTIFACT_TYPE,
  bytes: Buffer.from(JSON.stringify({spdxVersion: 'SPDX-2.3', name}))
})

function attachingTo(start: () => Promise<RunningRegistry>, hasApi: boolean): void {
  let registry: RunningRegistry
  let ports: TestPorts

  beforeAll(async () => {
    registry = await start()
    ports = testPorts([registry])
  })
  afterAll(async () => {
    ports.close()
    await registry.stop()
  })

  it('is listed as a referrer once, however often it is attached', async () => {
    const client = clientOf(ports, `${registry.host}/org/sbom`)
    const local = image()
    await pushImage(client, local)
    const first = await pushAttachment(client, local.root, sbom())
    expect(first.isNew).toBe(true)
    expect(await pushAttachment(client, local.root, sbom())).toEqual({...first, isNew: false})
    expect(await pushAttachment(client, local.root, sbom('made again'))).toEqual({...first, isNew: false})
    const other = {...sbom(), artifactType: 'application/vnd.cyclonedx+json'}
    expect(await pushAttachment(client, local.root, other)).toMatchObject({isNew: true})
    const listed = await listReferrers(client, local.root.digest)
    const manifests = await Promise.all(listed.map(async ({digest}) => await client.getManifest(digest)))
    expect(manifests.map(manifest => readManifest(manifest).artifactType).sort()).toEqual(
      [ARTIFACT_TYPE, 'application/vnd.cyclonedx+json'].sort()
    )
    expect(await listTags(client)).toEqual(hasApi ? [] : [fallbackTag(local.root.digest)])
  })
}

describe('a bill of materials in a registry with a list of referrers', () => attachingTo(startEmbedded, true))
describeWith(OLAREG, 'a bill of materials in olareg', () => attachingTo(startOlareg, true))
describeWith(DISTRIBUTION_3, 'a bill of materials in distribution 3, which has no list', () =>
  attachingTo(startDistribution3, false)
)
describeWith(DISTRIBUTION_2, 'a bill of materials in distribution 2.8, which has no list', () =>
  attachingTo(startDistribution2, false)
)
describeWith(ZOT, 'a bill of materials in zot', () => attachingTo(startZot, true))

describe('the bills of materials of a release', () => {
  const lab = suiteRegistries('org', twoEmbedded)
  const source = (): string => lab.images[0]!
  const production = (): string => lab.images[1]!

  const children = async (digest: string): Promise<Digest[]> => {
    const index = await clientOf(lab.ports, source()).getManifest(parseDigest(digest))
    return readManifest(index)
      .manifests.filter(({platform}) => platform?.os === 'linux')
      .map(child => child.digest)
  }
  const attachTo = async (digests: readonly Digest[]): Promise<Digest[]> => {
    const client = clientOf(lab.ports, source())
    return await Promise.all(
      digests.map(
        async digest => (await pushAttachment(client, await client.getManifest(digest), sbom(digest))).digest
      )
    )
  }
  const publish = async (version: string, revision: string) =>
    await publishRelease(lab.ports, {
      images: [source()],
      version,
      tags: [{name: 'latest', class: 'moving', rule: 'main'}],
      revision: revision.repeat(40),
      make: architecture => attestedImage({architecture, content: version})
    })
  const isThere = async (name: string, digests: readonly Digest[]): Promise<boolean[]> =>
    Promise.all(
      digests.map(async digest => (await clientOf(lab.ports, name).headManifest(digest)) !== undefined)
    )

  it('go along where it is promoted, beside what BuildKit attested', async () => {
    const {digest} = await publishRelease(lab.ports, {
      images: [source()],
      version: '1.2.3',
      tags: releaseTags('1.2.3'),
      make: architecture => attestedImage({architecture})
    })
    const images = await children(digest)
    const sboms = await attachTo(images)
    const texts = {from: `${source()}:1.2.3`, to: production(), tags: '1.2.3'}
    await promoteRelease.run(parseInputs(promoteRelease.inputs, texts), lab.ports)
    expect(await isThere(production(), sboms)).toEqual([true, true])
    const client = clientOf(lab.ports, production())
    for (const child of images) {
      const [listed] = await listReferrers(client, child)
      const manifest = await client.getManifest(listed?.digest ?? child)
      const [layer] = readManifest(manifest).layers
      expect(layer?.digest).toBe(digestOf(sbom(child).bytes))
    }
    const index = readManifest(await client.getManifest(parseDigest(digest)))
    expect(index.manifests.filter(({platform}) => platform?.os === 'unknown')).toHaveLength(2)
  })

  it('stay with what a tag reaches, and go with what none does', async () => {
    const old = await publish('0.0.1', 'a')
    const oldSboms = await attachTo(await children(old.digest))
    const current = await publish('0.0.2', 'b')
    const sboms = await attachTo(await children(current.digest))
    const texts = {release: current.release, 'allow-deletion': 'true', 'min-age': '0'}
    await cleanupLatest.run(parseInputs(cleanupLatest.inputs, texts), lab.ports)
    expect(await isThere(source(), sboms)).toEqual([true, true])
    expect(await isThere(source(), oldSboms)).toEqual([false, false])
  })
})
