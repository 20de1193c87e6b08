import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {readLayoutIndex} from '../src/building/builders/image-layout.js'
import {type Descriptor, type Manifest, descriptorOf} from '../src/oci/manifest.js'
import {remoteImage} from '../src/registry/images/remote-image.js'
import type {RepositoryClient} from '../src/registry/client/repository-client.js'
import {partsOf, sampleImage, sampleIndex, writeLayout} from './building/layouts.js'
import {failureOf} from './support/thrown.js'

const image = sampleImage()

/** Indexes in indexes, the outermost last, each naming the one below so many times. */
function nested(levels: number, mentions: number): Manifest[] {
  const all: Manifest[] = [image.manifest]
  for (let level = 0; level < levels; level++) {
    const below = descriptorOf(all.at(-1)!)
    all.push(sampleIndex(Array.from({length: mentions}, (): Descriptor => below)))
  }
  return all
}

/** An index of so many images that are all different. */
function wide(images: number): Manifest[] {
  const children = Array.from(
    {length: images},
    (_, at) => sampleImage({os: 'linux', architecture: `a${at}`}).manifest
  )
  return [...children, sampleIndex(children.map(descriptorOf))]
}

let root: string
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'indexes-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** The digests of an image, read from a layout. */
function ofLayout(manifests: readonly Manifest[]): string[] {
  const blobs = [...manifests.map(({bytes}) => bytes), ...partsOf(image)]
  const folder = writeLayout(mkdtempSync(path.join(root, 'x-')), [manifests.at(-1)!], blobs)
  return readLayoutIndex(folder).manifests.map(({digest}) => digest)
}

/** The digests of an image, fetched from a registry, and how many requests that took. */
async function ofRegistry(manifests: readonly Manifest[]): Promise<{digests: string[]; fetched: number}> {
  const known = new Map(manifests.map(manifest => [manifest.digest as string, manifest]))
  const state = {fetched: 0}
  const client = {
    name: 'r.example/o/a',
    headManifest: () => Promise.resolve(manifests.at(-1)),
    getManifest: (digest: string) => {
      state.fetched += 1
      return Promise.resolve(known.get(digest))
    }
  } as unknown as RepositoryClient
  const found = await remoteImage(client, manifests.at(-1)!.digest)
  return {digests: found.manifests.map(({digest}) => digest), ...state}
}

describe('indexes that name each other', () => {
  it.each([
    ['once', nested(3, 1)],
    ['a thousand times, seven deep: 10^21 ways', nested(7, 1000)],
    ['side by side', wide(40)]
  ])('are read once each, children first: %s', async (_, manifests) => {
    const digests = manifests.map(({digest}) => digest)
    expect(await ofRegistry(manifests)).toEqual({digests, fetched: digests.length})
  })

  it('are read once each from a layout', () => {
    const manifests = nested(7, 1000)
    expect(ofLayout(manifests)).toEqual(manifests.map(({digest}) => digest))
  })

  it.each([
    ['deeper than any image', nested(9, 1), /more than 8 deep/],
    ['more than any image has', wide(2001), /more than 2000 manifests/]
  ])('are refused where they are %s', async (_, manifests, why) => {
    const remote = await failureOf(() => ofRegistry(manifests))
    expect(remote).toMatchObject({code: 'MANIFEST_INVALID', message: expect.stringMatching(why) as unknown})
  })

  it('are refused in a layout where they are deeper than any image', async () => {
    const local = await failureOf(() => ofLayout(nested(9, 1)))
    expect(local).toMatchObject({
      code: 'LAYOUT_INVALID',
      message: expect.stringMatching(/more than 8 deep/) as unknown
    })
  })
})
