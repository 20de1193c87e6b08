import {describe, expect, it} from '@jest/globals'
import {type ComparedImage, differenceLines, differencesOf} from '../../src/building/rebuild-difference.js'
import {readImageConfig} from '../../src/oci/image-config.js'
import {digestOf} from '../../src/oci/digest.js'
import {manifestOf, readManifest} from '../../src/oci/manifest.js'
import {OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {json} from './layouts.js'

interface Parts {
  readonly layers?: readonly (readonly [content: string, packed: string])[]
  readonly config?: object
  readonly annotations?: Readonly<Record<string, string>>
  readonly order?: 'other'
}

const ONE = [
  ['base', 'base.gz'],
  ['app', 'app.gz']
] as const

function image({layers = ONE, config = {Env: ['A=b']}, annotations = {}, order}: Parts = {}): ComparedImage {
  const configDocument = {
    os: 'linux',
    architecture: 'amd64',
    config,
    history: layers.map(([content]) => ({created_by: `COPY ${content}`})),
    rootfs: {diff_ids: layers.map(([content]) => digestOf(Buffer.from(content)))}
  }
  const bytes = json(configDocument)
  const fields = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {mediaType: OCI_CONFIG, digest: digestOf(bytes), size: bytes.length},
    layers: layers.map(([, packed]) => ({
      mediaType: OCI_LAYER_GZIP,
      digest: digestOf(Buffer.from(packed)),
      size: packed.length
    })),
    annotations
  }
  const document = order === undefined ? fields : Object.fromEntries(Object.entries(fields).reverse())
  const manifest = manifestOf(json(document), OCI_MANIFEST)
  return {manifest, document: readManifest(manifest), config: readImageConfig(bytes), configDocument}
}

const parts = (published: Parts, built: Parts): string[] =>
  differencesOf(image(published), image(built)).map(({part, remark}) =>
    [part, remark].filter(Boolean).join(' | ')
  )

describe('what differs between two builds', () => {
  it('is nothing where the digest is one', () => expect(parts({}, {})).toEqual([]))

  it.each<[string, Parts, string[]]>([
    [
      'files of a layer',
      {layers: [ONE[0], ['new', 'new.gz']]},
      ['layer 2 | other files: COPY new', 'history']
    ],
    [
      'how a layer is packed',
      {layers: [ONE[0], ['app', 'app.zst']]},
      ['layer 2 | the same files, packed in another way: COPY app']
    ],
    ['a layer more', {layers: [...ONE, ['x', 'x.gz']]}, ['layer 3 | other files: COPY x', 'history']],
    ['a field of the config', {config: {Env: ['A=c'], User: '1'}}, ['config.Env', 'config.User']],
    ['annotations', {annotations: {a: 'b'}}, ['annotations']],
    ['the order alone', {order: 'other'}, ['manifest | the same parts, written in another order or form']]
  ])('is %s', (_title, built, expected) => expect(parts({}, built)).toEqual(expected))

  it('is a line each, of long values where they part', () => {
    const long = (end: string): object => ({Env: [`A=${'x'.repeat(2000)}${end}`]})
    const lines = differenceLines(differencesOf(image({config: long('1')}), image({config: long('2')})))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^config\.Env: …x{40}1"\] is published, …x{40}2"\] is built$/)
  })
})
