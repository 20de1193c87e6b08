import {afterAll, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {verifyRelease} from '../../src/commands/verify-release.js'
import {parseInputs} from '../../src/inputs/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {image} from '../support/images.js'
import {pushImage} from '../../src/registry/image-push.js'

describe('verify-release', () => {
  let first: Awaited<ReturnType<typeof startEmbedded>>
  let second: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let number = 0
  let images: string[]

  beforeAll(async () => {
    first = await startEmbeddedWith('token')
    second = await startEmbedded()
    ports = testPorts([first, second])
  })
  afterAll(async () => {
    ports.close()
    await Promise.all([first.stop(), second.stop()])
  })
  beforeEach(() => {
    number += 1
    images = [first, second].map(({host}) => `${host}/org/app${number}`)
  })

  const verify = async (texts: Readonly<Record<string, string>>) =>
    await verifyRelease.run(parseInputs(verifyRelease.inputs, texts), ports)
  const publish = async () =>
    await publishRelease(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})

  it('finds every tag with all platforms and blobs', async () => {
    const {release, digest} = await publish()
    const {verified, report} = await verify({release})
    expect(verified.split('\n')).toHaveLength(6)
    for (const entry of JSON.parse(report) as unknown[])
      expect(entry).toMatchObject({digest, platforms: ['linux/amd64', 'linux/arm64'], blobs: 4, faults: []})
  })

  it('works by hand, with images, tags and platforms', async () => {
    await publish()
    const texts = {images: images.join(), tags: 'latest', platforms: 'linux/amd64,linux/arm64'}
    expect((await verify(texts)).verified.split('\n')).toHaveLength(2)
    await expect(verify({...texts, platforms: 'linux/s390x'})).rejects.toThrow(/latest lacks linux\/s390x/)
  })

  it('fails for a tag that points elsewhere, one that is gone, and a platform that is gone', async () => {
    const {release, digest} = await publish()
    const client = clientOf(ports, images[1]!)
    const other = image({content: 'other'})
    await pushImage(client, other)
    await client.putManifest(other.root, parseTag('latest'))
    await expect(verify({release})).rejects.toThrow(
      new RegExp(`${images[1]!}:latest points at ${other.root.digest}, not ${digest}`)
    )
    const [arm] = readManifest(await client.getManifest(parseDigest(digest))).manifests.slice(1)
    await client.deleteManifest(arm!.digest)
    await expect(verify({release})).rejects.toThrow(
      new RegExp(`${images[1]!}:1.0.0 ${arm!.digest} is not there`)
    )
    await client.deleteManifest(parseDigest(digest))
    await expect(verify({release})).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining(`${images[1]!}:1.0.0 is not there`)
    })
  })

  it('leaves out tags that stayed at another release', async () => {
    await publishRelease(ports, {
      images,
      version: '2.0.0',
      tags: releaseTags('2.0.0'),
      revision: 'b'.repeat(40)
    })
    const {release} = await publish()
    expect((await verify({release})).verified).not.toContain('latest')
  })

  it('wants a release, or images and tags', async () => {
    await expect(verify({})).rejects.toMatchObject({issues: [{input: 'images'}, {input: 'tags'}]})
    await expect(verify({release: '{"schema": 7}'})).rejects.toThrow(/not the output "release"/)
  })
})
