import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {descriptorOf, manifestOf, readManifest} from '../../src/oci/manifest.js'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../src/oci/media-type.js'
import {failureOf} from '../support/thrown.js'

const DIGEST = digestOf(new Uint8Array())
const config = {mediaType: OCI_CONFIG, digest: DIGEST, size: 2}
const layer = {mediaType: OCI_LAYER_GZIP, digest: DIGEST, size: 30}
const child = {mediaType: OCI_MANIFEST, digest: DIGEST, size: 400}
const plainImage = {schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer]}
const plainIndex = {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child]}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (document: unknown, mediaType: string) =>
  readManifest(manifestOf(encode(JSON.stringify(document)), mediaType))

describe('a manifest', () => {
  it('is its bytes: their digest and their number', () => {
    const bytes = encode('{"name":"ü"}')
    const manifest = manifestOf(bytes, OCI_MANIFEST)
    expect(manifest).toEqual({mediaType: OCI_MANIFEST, digest: digestOf(bytes), bytes})
    expect(descriptorOf(manifest)).toEqual({mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: 13})
  })

  it('of an image without layers may have null for them, as BuildKit writes it', () => {
    const bytes = Buffer.from(JSON.stringify({...plainImage, layers: null}))
    expect(readManifest(manifestOf(bytes, OCI_MANIFEST)).layers).toEqual([])
  })

  it.each([OCI_MANIFEST, DOCKER_MANIFEST])('of an image says its config and layers: %s', mediaType => {
    expect(read({...plainImage, mediaType}, mediaType)).toEqual({
      mediaType,
      manifests: [],
      config,
      layers: [layer],
      annotations: {}
    })
  })

  it.each([OCI_INDEX, DOCKER_LIST])('of an index says its children: %s', mediaType => {
    const platform = {os: 'linux', architecture: 'arm', variant: 'v7', 'os.features': ['x']}
    const annotated = {...child, platform, annotations: {a: 'b'}, artifactType: 'text/plain'}
    expect(read({...plainIndex, mediaType, manifests: [annotated, child]}, mediaType)).toEqual({
      mediaType,
      manifests: [annotated, child],
      layers: [],
      annotations: {}
    })
  })

  it('says its annotations, subject and artifact type', () => {
    const more = {annotations: {a: 'b'}, subject: child, artifactType: 'application/x'}
    expect(read({...plainImage, ...more}, OCI_MANIFEST)).toMatchObject(more)
  })

  it('may leave its own media type out', () => {
    const {mediaType, ...rest} = plainImage
    expect(read(rest, `${mediaType}; charset=utf-8`).mediaType).toBe(OCI_MANIFEST)
  })

  it('may say null or nothing where nothing is meant', () => {
    const bare = {...child, platform: null, annotations: null}
    const document = read({...plainIndex, manifests: [bare], annotations: null, subject: null}, OCI_INDEX)
    expect(document.manifests).toEqual([child])
    expect(document).not.toHaveProperty('subject')
  })

  const withConfig = (change: object) => ({...plainImage, config: {...config, ...change}})
  const withChild = (change: object) => ({...plainIndex, manifests: [child, {...child, ...change}]})
  it.each<[string, unknown, string, string]>([
    ['a list', [], OCI_MANIFEST, 'the document is not an object'],
    ['null', null, OCI_MANIFEST, 'the document is not an object'],
    ['no known type', {...plainImage, mediaType: 'text/html'}, 'text/html', 'media type text/html'],
    ['no type at all', {schemaVersion: 2}, '', 'media type (none)'],
    ['schema 1', {...plainImage, schemaVersion: 1}, OCI_MANIFEST, 'schemaVersion is 1, not 2'],
    ['no schema', {...plainImage, schemaVersion: undefined}, OCI_MANIFEST, 'schemaVersion is undefined'],
    ['another type than the answer', plainImage, DOCKER_MANIFEST, `but it came as ${DOCKER_MANIFEST}`],
    ['layers in an index', {...plainIndex, layers: []}, OCI_INDEX, 'neither config nor layers'],
    ['a config in an index', {...plainIndex, config}, OCI_INDEX, 'neither config nor layers'],
    ['children in an image', {...plainImage, manifests: []}, OCI_MANIFEST, 'no field manifests'],
    ['no children', {...plainIndex, manifests: undefined}, OCI_INDEX, 'manifests is not a list'],
    ['no config', {...plainImage, config: undefined}, OCI_MANIFEST, 'config is not an object'],
    ['no layers', {...plainImage, layers: undefined}, OCI_MANIFEST, 'layers is not a list'],
    ['a layer that is a text', {...plainImage, layers: [DIGEST]}, OCI_MANIFEST, 'layers[0] is not an object'],
    ['no digest', withConfig({digest: undefined}), OCI_MANIFEST, 'config.digest is not a sha256 digest'],
    ['a wrong digest', withConfig({digest: 'sha256:1'}), OCI_MANIFEST, 'config.digest is not'],
    ['a number as type', withConfig({mediaType: 1}), OCI_MANIFEST, 'config.mediaType is missing'],
    ['an empty type', withChild({mediaType: ''}), OCI_INDEX, 'manifests[1].mediaType is missing'],
    ['a size below 0', withChild({size: -1}), OCI_INDEX, 'manifests[1].size is not a size'],
    ['a broken size', withChild({size: 1.5}), OCI_INDEX, 'manifests[1].size is not a size'],
    ['a size as text', withChild({size: '1'}), OCI_INDEX, 'manifests[1].size is not a size'],
    ['a huge size', withChild({size: 2 ** 60}), OCI_INDEX, 'manifests[1].size is not a size'],
    ['half a platform', withChild({platform: {os: 'linux'}}), OCI_INDEX, 'manifests[1].platform lacks'],
    ['a platform as text', withChild({platform: 'linux/amd64'}), OCI_INDEX, 'platform is not an object'],
    ['a number as annotation', withChild({annotations: {a: 1}}), OCI_INDEX, 'annotations["a"] is not a text'],
    [
      'annotations in a list',
      {...plainImage, annotations: ['a']},
      OCI_MANIFEST,
      'annotations is not an object'
    ],
    ['a subject without digest', {...plainImage, subject: {}}, OCI_MANIFEST, 'subject.mediaType is missing']
  ])('is not valid with %s', async (_, document, mediaType, fault) => {
    const error = await failureOf(() => read(document, mediaType))
    expect(error.code).toBe('MANIFEST_INVALID')
    expect(error.message).toContain(fault)
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['half of one', encode('{"schemaVersion":')],
    ['HTML', encode('<html>')],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22])]
  ])('is not %s', async (_, bytes) => {
    expect(await failureOf(() => readManifest(manifestOf(bytes, OCI_MANIFEST)))).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(/^sha256:[0-9a-f]{64}: the manifest is not JSON$/)
    })
  })
})
