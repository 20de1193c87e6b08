import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {type Manifest, descriptorOf, manifestOf, readManifest} from '../../src/oci/manifest.js'
import {OCI_INDEX} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import {copyImage} from '../../src/registry/images/image-copy.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {addReferrers, fallbackTag, listReferrers, signatureTags} from '../../src/registry/client/referrers.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {attestedImage} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {newManifest} from '../support/registry-client.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

/** An index of two platforms, each with BuildKit's attestation, pushed to a repository; all its manifests by digest. */
async function pushIndex(client: RepositoryClient): Promise<{index: Manifest; parts: Digest[]}> {
  const images = ['amd64', 'arm64'].map(architecture => attestedImage({architecture}))
  for (const image of images) await pushImage(client, image)
  const entries = images.flatMap(({root}) => readManifest(root).manifests)
  const text = JSON.stringify({schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries}, null, 3)
  const index = manifestOf(new TextEncoder().encode(text), OCI_INDEX)
  await client.putManifest(index)
  return {index, parts: entries.map(({digest}) => digest)}
}

/** Pushes something that refers to a manifest. */
async function pushReferrer(client: RepositoryClient, subject: Manifest): Promise<Manifest> {
  const referrer = await newManifest(client, {subject, artifactType: 'application/x-signature'})
  await client.putManifest(referrer)
  await addReferrers(client, subject.digest, [referrer])
  return referrer
}

/** What a copy does between the embedded registry and another one, in both directions, and within the other one. */
export function copySuite(start: () => Promise<RunningRegistry>): void {
  let registry: RunningRegistry
  let embedded: RunningRegistry
  let ports: TestPorts
  let number = 0

  beforeAll(async () => {
    registry = await start()
    embedded = await startEmbedded()
    ports = testPorts([registry, embedded])
  }, 30_000)
  afterAll(async () => {
    ports.close()
    await Promise.all([registry.stop(), embedded.stop()])
  })
  beforeEach(() => {
    number += 1
  })

  const at = ({host}: RunningRegistry, name: string) => clientOf(ports, `${host}/copy/${name}${number}`)
  const directions = [
    ['to another registry', () => [at(registry, 'a'), at(embedded, 'b')] as const],
    ['from another registry', () => [at(embedded, 'a'), at(registry, 'b')] as const],
    ['within a registry', () => [at(registry, 'a'), at(registry, 'b')] as const]
  ] as const

  async function assertWhole(client: RepositoryClient, digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      const {config, layers} = readManifest(await client.getManifest(digest))
      for (const blob of [...(config ? [config] : []), ...layers])
        expect(await client.blobSize(blob.digest)).toBe(blob.size)
    }
  }

  it.each(directions)('keeps the digest, all platforms, attestations and blobs %s', async (_, places) => {
    const [from, to] = places()
    const {index, parts} = await pushIndex(from)
    const done = await copyImage(from, to, index.digest)
    expect(done).toMatchObject({manifests: 5, kept: []})
    expect(Buffer.from((await to.getManifest(index.digest)).bytes)).toEqual(Buffer.from(index.bytes))
    await assertWhole(to, parts)
    expect(await listTags(to)).toEqual([])
    const again = await copyImage(from, to, index.digest)
    expect(again).toEqual({...done, manifests: 0, uploaded: 0, skipped: done.uploaded + done.skipped})
  })

  it.each(directions)('takes along what refers to index, platform and referrer %s', async (_, places) => {
    const [from, to] = places()
    const {index, parts} = await pushIndex(from)
    const child = await from.getManifest(parts[0]!)
    const signature = await pushReferrer(from, index)
    const countersigned = await pushReferrer(from, signature)
    const ofChild = await pushReferrer(from, child)
    await copyImage(from, to, index.digest)
    await copyImage(from, to, index.digest)
    for (const [subject, referrer] of [
      [index, signature],
      [signature, countersigned],
      [child, ofChild]
    ] as const)
      expect(await listReferrers(to, subject.digest)).toMatchObject([
        {...descriptorOf(referrer), artifactType: 'application/x-signature'}
      ])
    await assertWhole(to, [signature.digest, countersigned.digest, ofChild.digest])
  })

  it.each(directions)('joins its referrers to those that are there %s', async (_, places) => {
    const [from, to] = places()
    const {index} = await pushIndex(from)
    await copyImage(from, to, index.digest)
    const [one, other] = [await pushReferrer(from, index), await pushReferrer(to, index)]
    await copyImage(from, to, index.digest)
    const listed = (await listReferrers(to, index.digest)).map(({digest}) => digest)
    expect([...listed].sort()).toEqual([one.digest, other.digest].sort())
  })

  it.each(directions)(
    "copies cosign's tags, and leaves one that holds something else %s",
    async (_, places) => {
      const [from, to] = places()
      const {index} = await pushIndex(from)
      const [sig, att] = signatureTags(index.digest)
      const [ours, attested, theirs] = [
        await newManifest(from),
        await newManifest(from),
        await newManifest(to)
      ]
      await from.putManifest(ours, sig)
      await from.putManifest(attested, att)
      await to.putManifest(theirs, sig)
      expect((await copyImage(from, to, index.digest)).kept).toEqual([sig])
      expect((await to.headManifest(sig!))?.digest).toBe(theirs.digest)
      expect((await to.headManifest(att!))?.digest).toBe(attested.digest)
    }
  )

  it('copies a single platform alone, and leaves out a referrer that is listed but gone', async () => {
    const [from, to] = [at(embedded, 'a'), at(registry, 'b')]
    const {parts} = await pushIndex(from)
    const gone = {...descriptorOf(await newManifest(from)), digest: digestOf(Buffer.from(`gone ${number}`))}
    const list = JSON.stringify({schemaVersion: 2, mediaType: OCI_INDEX, manifests: [gone]})
    // No registry lets a list name what is not there, so that it is deleted after.
    const placeholder = await newManifest(from)
    await from.putManifest(placeholder)
    const text = list.replaceAll(gone.digest, placeholder.digest)
    await from.putManifest(
      manifestOf(new TextEncoder().encode(text), OCI_INDEX),
      parseTag(fallbackTag(parts[0]!))
    )
    await from.deleteManifest(placeholder.digest)
    await copyImage(from, to, parts[0]!)
    await assertWhole(to, [parts[0]!])
    expect(await to.headManifest(parts[2]!)).toBeUndefined()
    expect(await listReferrers(to, parts[0]!)).toEqual([])
  })

  it('fails for what is not there, and puts nothing', async () => {
    const [from, to] = [at(embedded, 'a'), at(registry, 'b')]
    const {index, parts} = await pushIndex(from)
    await from.deleteManifest(parts[3]!)
    expect((await failureOf(() => copyImage(from, to, index.digest))).code).toBe('CHILD_MISSING')
    expect(await to.headManifest(index.digest)).toBeUndefined()
  })
}
