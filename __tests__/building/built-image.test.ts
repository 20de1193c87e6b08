import {writeFileSync} from 'node:fs'
import {afterAll, describe, expect, it} from '@jest/globals'
import {assertPlatform, readBuiltImage} from '../../src/building/builders/built-image.js'
import {readLayout} from '../../src/building/builders/image-layout.js'
import {descriptorOf} from '../../src/oci/manifest.js'
import {digestOf} from '../../src/oci/digest.js'
import {readImageConfig} from '../../src/oci/image-config.js'
import {parsePlatform} from '../../src/oci/platform.js'
import type {LocalImage} from '../../src/ports.js'
import {blobFile, layoutFolder, partsOf, sampleImage, sampleIndex, writeLayout} from './layouts.js'

const layouts = layoutFolder()
afterAll(layouts.remove)

const local = (config: unknown): LocalImage => {
  const image = sampleImage(config)
  return readLayout(writeLayout(layouts.make(), [image.manifest], partsOf(image)))
}

describe('readBuiltImage', () => {
  it.each([
    ['a platform', {os: 'linux', architecture: 'arm64', variant: 'v8'}, false],
    ['an empty variant', {os: 'linux', architecture: 'arm64', variant: ''}, false],
    ['a health check', {os: 'linux', architecture: 'arm64', config: {Healthcheck: {Test: ['CMD']}}}, true]
  ])('reads %s', async (_title, document, hasHealthcheck) =>
    expect((await readBuiltImage(local(document))).config).toMatchObject({
      platform: {os: 'linux', architecture: 'arm64'},
      hasHealthcheck
    })
  )

  it.each([
    ['no platform', {os: 'linux'}],
    ['no object', 7]
  ])('refuses a config with %s', (_title, document) =>
    expect(readBuiltImage(local(document))).rejects.toMatchObject({code: 'LAYOUT_INVALID'})
  )

  it('refuses a config whose bytes were changed', () => {
    const image = sampleImage()
    const folder = writeLayout(layouts.make(), [image.manifest], partsOf(image))
    writeFileSync(blobFile(folder, image.config), Buffer.alloc(image.config.length, ' '))
    return expect(readBuiltImage(readLayout(folder))).rejects.toMatchObject({
      code: 'LAYOUT_INVALID',
      message: expect.stringContaining(digestOf(image.config))
    })
  })

  const image = sampleImage()
  const other = sampleImage({os: 'linux', architecture: 'arm64'})
  const attestation = {
    ...descriptorOf(other.manifest),
    platform: {os: 'unknown', architecture: 'unknown'},
    annotations: {'vnd.docker.reference.type': 'attestation-manifest'}
  }
  const indexed = (children: Parameters<typeof sampleIndex>[0]): LocalImage => {
    const index = sampleIndex(children)
    const parts = [...partsOf(image), ...partsOf(other), index.bytes]
    return readLayout(writeLayout(layouts.make(), [index], parts))
  }

  it('finds the image beside its attestation', async () =>
    expect((await readBuiltImage(indexed([descriptorOf(image.manifest), attestation]))).configDigest).toBe(
      digestOf(image.config)
    ))

  it.each([
    ['several images', [descriptorOf(image.manifest), descriptorOf(other.manifest)]],
    ['attestations only', [attestation]]
  ])('refuses an index of %s', (_title, children) =>
    expect(readBuiltImage(indexed(children))).rejects.toMatchObject({code: 'LAYOUT_INVALID'})
  )
})

describe('assertPlatform', () => {
  const built = (platform: string): Parameters<typeof assertPlatform>[1] => ({
    config: readImageConfig(Buffer.from(JSON.stringify(parsePlatform(platform))))
  })

  it.each([
    ['linux/arm64', 'linux/arm64/v8'],
    ['linux/amd64', 'linux/amd64'],
    ['linux/arm', 'linux/arm/v7']
  ])('takes %s for %s', (found, asked) =>
    expect(() => assertPlatform('podman', built(found), parsePlatform(asked))).not.toThrow()
  )

  it('names both platforms', () =>
    expect(() => assertPlatform('podman', built('linux/amd64'), parsePlatform('linux/arm64'))).toThrow(
      expect.objectContaining({
        code: 'PLATFORM_MISMATCH',
        message: 'podman was asked for linux/arm64, but the image is for linux/amd64'
      })
    ))
})
