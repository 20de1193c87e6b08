import {describe, expect, it} from '@jest/globals'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import {runCli} from '../../src/main.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {parseRelease} from '../../src/contracts/release-document.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'
import {image} from '../support/images.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {failureOf} from '../support/thrown.js'

describe('verify-release', () => {
  const lab = suiteRegistries('org', tokenAndOpen)

  const verify = async (texts: Readonly<Record<string, string>>) =>
    await verifyRelease.run(parseInputs(verifyRelease.inputs, texts), lab.ports)
  const digestIn = (release: string) => parseDigest(parseRelease(release).targets[0]!.digest)
  const publish = async () =>
    await publishRelease(lab.ports, {images: lab.images, version: '1.0.0', tags: releaseTags('1.0.0')})

  it('finds every tag with all platforms and blobs', async () => {
    const {release, digest} = await publish()
    const {verified, report} = await verify({release})
    expect(verified.split('\n')).toHaveLength(6)
    for (const entry of JSON.parse(report) as unknown[])
      expect(entry).toMatchObject({digest, platforms: ['linux/amd64', 'linux/arm64'], blobs: 4, faults: []})
  })

  it('works by hand, with images, tags and platforms', async () => {
    await publish()
    const texts = {images: lab.images.join(), tags: 'latest', platforms: 'linux/amd64,linux/arm64'}
    expect((await verify(texts)).verified.split('\n')).toHaveLength(2)
    await expect(verify({...texts, platforms: 'linux/s390x'})).rejects.toThrow(/latest lacks linux\/s390x/)
  })

  it('fails for a tag that points elsewhere, one that is gone, and a platform that is gone', async () => {
    const {release, digest} = await publish()
    const client = clientOf(lab.ports, lab.images[1]!)
    const other = image({content: 'other'})
    await pushImage(client, other)
    await client.putManifest(other.root, parseTag('latest'))
    await expect(verify({release})).rejects.toThrow(
      new RegExp(`${lab.images[1]!}:latest points at ${other.root.digest}, not ${digest}`)
    )
    const [arm] = readManifest(await client.getManifest(parseDigest(digest))).manifests.slice(1)
    await client.deleteManifest(arm!.digest)
    await expect(verify({release})).rejects.toThrow(
      new RegExp(`${lab.images[1]!}:1.0.0 ${arm!.digest} is not there`)
    )
    await client.deleteManifest(parseDigest(digest))
    await expect(verify({release})).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining(`${lab.images[1]!}:1.0.0 is not there`)
    })
  })

  it('names a tag that stayed, and differs between registries: it points elsewhere, or is not there', async () => {
    const release = {images: lab.images, version: '2.0.0', tags: releaseTags('2.0.0')}
    const newer = await publishRelease(lab.ports, release)
    const patch = {...release, version: '1.9.1', tags: releaseTags('1.9.1'), revision: 'c'.repeat(40)}
    const {release: text, kept} = await publishRelease(lab.ports, patch)
    expect(kept.split('\n')).toEqual(lab.images.map(image => `${image}:latest`))
    expect((await verify({release: text})).verified.split('\n')).toHaveLength(4)
    const client = clientOf(lab.ports, lab.images[1]!)
    const older = await client.getManifest(parseTag('1.9.1'))
    await client.putManifest(older, parseTag('latest'))
    const error = await failureOf(() => verify({release: text}))
    expect(error.message).toContain(
      `${lab.images[1]!}:latest points at ${older.digest}, but ${lab.images[0]!}:latest points at ${newer.digest}`
    )
    expect(error.hint).toContain('differs between registries')
    expect(error.outputs?.['junit']).toContain('name="latest"')
    await client.call({method: 'DELETE', path: 'manifests/latest', expect: [202]})
    expect((await failureOf(() => verify({release: text}))).message).toContain(
      `${lab.images[1]!}:latest is not there, but ${lab.images[0]!}:latest points at ${newer.digest}`
    )
  })

  it('takes for right that an alias is missing where the release left it free, for what is newer is released there', async () => {
    const [first = '', second = ''] = lab.images
    const newer = {images: lab.images, version: '2.0.0', tags: releaseTags('2.0.0')}
    const published = await publishRelease(lab.ports, newer)
    const client = clientOf(lab.ports, second)
    await client.call({method: 'DELETE', path: 'manifests/latest', expect: [202]})
    const patch = {...newer, version: '1.9.1', tags: releaseTags('1.9.1'), revision: 'c'.repeat(40)}
    const {release: text, kept} = await publishRelease(lab.ports, patch)
    expect(kept.split('\n')).toEqual([`${first}:latest`, `${second}:latest`])
    expect((await verify({release: text})).verified.split('\n')).toHaveLength(4)
    await client.putManifest(await client.getManifest(parseTag('1.9.1')), parseTag('latest'))
    expect((await failureOf(() => verify({release: text}))).message).toContain(`${second}:latest points at `)
    await client.putManifest(await client.getManifest(parseDigest(published.digest)), parseTag('latest'))
    expect((await verify({release: text})).verified.split('\n')).toHaveLength(4)
  })

  it('finds by download what a look at the size does not: other bytes, and a blob that breaks off', async () => {
    const {release} = await publish()
    const faults = lab.registries[1].registry.faults
    const gets = () =>
      lab.registries[1].registry.requests.filter(
        ({method, path}) => method === 'GET' && path.includes('/blobs/')
      )
    const before = gets().length
    expect((await verify({release, download: 'true'})).verified.split('\n')).toHaveLength(6)
    // Two configs that are read, and four blobs that are downloaded, whatever the number of tags.
    expect(gets().length - before).toBe(6)
    const {manifests} = readManifest(await clientOf(lab.ports, lab.images[1]!).getManifest(digestIn(release)))
    const {layers} = readManifest(await clientOf(lab.ports, lab.images[1]!).getManifest(manifests[0]!.digest))
    const path = `*/blobs/${layers[0]!.digest}`
    faults.add({method: 'GET', path, action: {kind: 'corrupt'}})
    expect((await verify({release})).verified.split('\n')).toHaveLength(6)
    await expect(verify({release, download: 'true'})).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringMatching(
        new RegExp(`blob ${layers[0]!.digest} was asked for, \\d+ bytes of sha256`)
      )
    })
    faults.clear()
    faults.add({method: 'GET', path, times: 1, action: {kind: 'truncate', afterBytes: 5}})
    expect((await verify({release, download: 'true'})).verified.split('\n')).toHaveLength(6)
    faults.clear()
  })

  it('gives its reports also where it fails', async () => {
    const {release} = await publish()
    await clientOf(lab.ports, lab.images[1]!).deleteManifest(digestIn(release))
    const {outputs} = await failureOf(() => verify({release}))
    expect(outputs?.['verified']?.split('\n')).toEqual(
      ['1.0.0', '1.0', 'latest'].map(tag => `${lab.images[0]!}:${tag}`)
    )
    expect(JSON.parse(outputs?.['report'] ?? '')).toHaveLength(6)
    expect(outputs?.['junit']).toContain('tests="6" failures="3"')
  })

  it.each([
    ['1.0.0', 0, 'tests="1" failures="0"'],
    ['9.9.9', 1, 'tests="1" failures="1"']
  ])('prints JUnit on a command line, for %s with exit code %i', async (tag, exitCode, expected) => {
    await publish()
    const program = {argv: process.argv, write: process.stdout.write.bind(process.stdout), out: ''}
    const args = ['--images', lab.images[1]!, '--tags', tag, '--output', 'junit']
    process.argv = ['node', 'image-release', 'verify-release', ...args]
    process.stdout.write = chunk => Boolean((program.out += String(chunk)))
    try {
      await runCli(() => undefined)
      expect(process.exitCode ?? 0).toBe(exitCode)
    } finally {
      process.stdout.write = program.write
      process.argv = program.argv
      process.exitCode = undefined
    }
    expect(program.out).toContain(expected)
    expect(program.out).toMatch(/^<\?xml[^]*<\/testsuites>\n+$/)
  })

  it('leaves out tags that stayed at another release', async () => {
    await publishRelease(lab.ports, {
      images: lab.images,
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
