import {execFileSync} from 'node:child_process'
import {mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {buffer} from 'node:stream/consumers'
import {afterAll, describe, expect, it} from '@jest/globals'
import {readDirectory, readLayout} from '../../src/building/builders/image-layout.js'
import {digestOf, hexOf} from '../../src/oci/digest.js'
import {descriptorOf, manifestOf} from '../../src/oci/manifest.js'
import {DOCKER_MANIFEST} from '../../src/oci/media-type.js'
import {blobFile, json, layoutFolder, partsOf, sampleImage, sampleIndex, writeLayout} from './layouts.js'

const layouts = layoutFolder()
afterAll(layouts.remove)

const image = sampleImage()

function replace(folder: string, file: string, by: (name: string) => unknown): void {
  rmSync(path.join(folder, file))
  by(path.join(folder, file))
}

describe('readLayout', () => {
  it('reads an image: its manifest, and its blobs as streams that can be opened again', async () => {
    const local = readLayout(writeLayout(layouts.make(), [image.manifest], partsOf(image)))
    expect(local.root).toEqual({...image.manifest, bytes: expect.anything()})
    expect(Buffer.from(local.root.bytes).equals(image.manifest.bytes)).toBe(true)
    expect(local.manifests).toEqual([local.root])
    const layer = local.blob(digestOf(image.layer))
    expect(layer.size).toBe(image.layer.length)
    expect((await buffer(layer.open())).equals(image.layer)).toBe(true)
    expect((await buffer(layer.open())).equals(image.layer)).toBe(true)
  })

  it('reads an index, children first', () => {
    const attestation = sampleImage({os: 'unknown', architecture: 'unknown'})
    const index = sampleIndex([descriptorOf(image.manifest), descriptorOf(attestation.manifest)])
    const parts = [...partsOf(image), ...partsOf(attestation), index.bytes]
    const local = readLayout(writeLayout(layouts.make(), [index], parts))
    expect(local.root.digest).toBe(index.digest)
    expect(local.manifests.map(({digest}) => digest)).toEqual([
      image.manifest.digest,
      attestation.manifest.digest,
      index.digest
    ])
  })

  it.each<[string, (folder: string) => void, RegExp]>([
    ['no marker', folder => rmSync(path.join(folder, 'oci-layout')), /oci-layout: it is missing/],
    [
      'a marker of another version',
      folder => writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0"}'),
      /oci-layout: imageLayoutVersion is not 1/
    ],
    ...['index.json', 'oci-layout'].flatMap((file): [string, (folder: string) => void, RegExp][] => [
      [
        `a device for ${file}`,
        folder => replace(folder, file, name => symlinkSync('/dev/zero', name)),
        new RegExp(`${file}: it is no file`)
      ],
      [
        `a pipe for ${file}`,
        folder => replace(folder, file, name => execFileSync('mkfifo', [name])),
        new RegExp(`${file}: it is no file`)
      ],
      [
        `a folder for ${file}`,
        folder => replace(folder, file, name => mkdirSync(name)),
        new RegExp(`${file}: it is no file`)
      ]
    ]),
    [
      'a device for a layer',
      folder =>
        replace(folder, path.relative(folder, blobFile(folder, image.layer)), name =>
          symlinkSync('/dev/zero', name)
        ),
      /it is no file/
    ],
    ['no index', folder => rmSync(path.join(folder, 'index.json')), /index\.json: it is missing/],
    [
      'an index that is not JSON',
      folder => writeFileSync(path.join(folder, 'index.json'), '{'),
      /index\.json: .*JSON/
    ],
    [
      'an index without an image',
      folder => writeFileSync(path.join(folder, 'index.json'), json({schemaVersion: 2, manifests: []})),
      /index\.json: it names 0 images, not one/
    ],
    [
      'an index of two images',
      folder =>
        writeFileSync(
          path.join(folder, 'index.json'),
          json({schemaVersion: 2, manifests: [descriptorOf(image.manifest), descriptorOf(image.manifest)]})
        ),
      /it names 2 images, not one/
    ],
    [
      'no manifest',
      folder => rmSync(blobFile(folder, image.manifest.bytes)),
      /blobs\/sha256\/.*: it is missing/
    ],
    [
      'other bytes in the manifest',
      folder =>
        writeFileSync(blobFile(folder, image.manifest.bytes), Buffer.alloc(image.manifest.bytes.length, ' ')),
      /blobs\/sha256\/.*: its content has the digest sha256:/
    ],
    ['no config', folder => rmSync(blobFile(folder, image.config)), /it is missing/],
    ['no layer', folder => rmSync(blobFile(folder, image.layer)), /it is missing/],
    ['half a layer', folder => truncateSync(blobFile(folder, image.layer), 3), /it has 3 bytes, .* says 7/]
  ])('refuses %s', (_title, damage, message) => {
    const folder = writeLayout(layouts.make(), [image.manifest], partsOf(image))
    damage(folder)
    expect(() => readLayout(folder)).toThrow(
      expect.objectContaining({code: 'LAYOUT_INVALID', message: expect.stringMatching(message)})
    )
  })

  it('gives no blob that no manifest names', () => {
    const local = readLayout(writeLayout(layouts.make(), [image.manifest], partsOf(image)))
    expect(() => local.blob(digestOf(json('other')))).toThrow(
      expect.objectContaining({code: 'LAYOUT_INVALID'})
    )
  })
})

describe('readDirectory', () => {
  const document = {
    ...(JSON.parse(Buffer.from(image.manifest.bytes).toString()) as object),
    mediaType: DOCKER_MANIFEST
  }
  const manifest = manifestOf(json(document), DOCKER_MANIFEST)
  const directory = (parts: readonly Uint8Array[], manifestBytes = manifest.bytes): string => {
    const folder = layouts.make()
    writeFileSync(path.join(folder, 'manifest.json'), manifestBytes)
    for (const part of parts) writeFileSync(path.join(folder, hexOf(digestOf(part))), part)
    return folder
  }

  it('reads an image with the media type that it names', async () => {
    const local = readDirectory(directory([image.config, image.layer]))
    expect(local.root).toMatchObject({mediaType: DOCKER_MANIFEST, digest: manifest.digest})
    expect((await buffer(local.blob(digestOf(image.config)).open())).equals(image.config)).toBe(true)
  })

  it.each([
    [
      'a missing layer',
      directory([image.config]),
      new RegExp(`: ${hexOf(digestOf(image.layer))}: it is missing`)
    ],
    [
      'a manifest without media type',
      directory([], json({schemaVersion: 2})),
      /mediaType is "", not an image's/
    ],
    ['an index', directory([], sampleIndex([]).bytes), /not an image's/]
  ])('refuses %s', (_title, folder, message) =>
    expect(() => readDirectory(folder)).toThrow(
      expect.objectContaining({code: 'LAYOUT_INVALID', message: expect.stringMatching(message)})
    )
  )
})
