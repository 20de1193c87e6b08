import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {descriptorOf, manifestOf, readManifest} from '../../src/oci/manifest.js'
import {
  bareMediaType,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  familyOf,
  isIndexType,
  isManifestType,
  MANIFEST_ACCEPT,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../src/oci/media-type.js'
import {failureOf} from '../support/thrown.js'
import {attachmentManifest} from '../../src/oci/artifact-manifest.js'
import {image} from '../support/images.js'
import {attestedDigest, isAttestation} from '../../src/oci/attestation.js'
import {readImageConfig} from '../../src/oci/image-config.js'

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

describe('the manifest of an attachment', () => {
  const subject = descriptorOf(image().root)
  const bytes = Buffer.from('{"spdxVersion":"SPDX-2.3"}')
  const made = attachmentManifest(subject, {artifactType: 'application/spdx+json', bytes})

  it('refers to its image, and names its type and its document', () => {
    expect(readManifest(made.manifest)).toMatchObject({
      artifactType: 'application/spdx+json',
      subject,
      config: {mediaType: 'application/vnd.oci.empty.v1+json', size: 2},
      layers: [{mediaType: 'application/spdx+json', digest: digestOf(bytes), size: bytes.length}]
    })
    expect(made.blobs.map(digestOf)).toEqual([
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      digestOf(bytes)
    ])
  })

  it('has the same bytes each time', () => {
    const again = attachmentManifest(subject, {artifactType: 'application/spdx+json', bytes})
    expect(again.manifest.digest).toBe(made.manifest.digest)
  })
})

describe('attestation', () => {
  const image = {mediaType: OCI_MANIFEST, digest: digestOf(new Uint8Array()), size: 400}
  const unknown = {os: 'unknown', architecture: 'unknown'}

  describe('an attestation', () => {
    it.each([
      ['its mark', {...image, annotations: {'vnd.docker.reference.type': 'attestation-manifest'}}, true],
      ['its platform', {...image, platform: unknown}, true],
      ['no mark', {...image, platform: {os: 'linux', architecture: 'amd64'}}, false],
      ['another mark', {...image, annotations: {'vnd.docker.reference.type': 'other'}}, false],
      ['nothing', image, false]
    ])('is known by %s: %#', (_, descriptor, expected) => {
      expect(isAttestation(descriptor)).toBe(expected)
    })

    it('names what it speaks of', () => {
      const annotations = {'vnd.docker.reference.digest': image.digest}
      expect(attestedDigest({...image, annotations})).toBe(image.digest)
      expect(attestedDigest(image)).toBeUndefined()
    })
  })
})

describe('image config', () => {
  const encode = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))
  const linux = {os: 'linux', architecture: 'amd64'}

  describe('the config of an image', () => {
    it('says its platform in the one spelling that is compared', () => {
      const config = readImageConfig(encode({os: 'linux', architecture: 'arm64', variant: 'v8'}))
      expect(config).toEqual({
        platform: {os: 'linux', architecture: 'arm64'},
        labels: {},
        hasHealthcheck: false,
        layers: [],
        start: {
          entrypoint: [],
          cmd: [],
          shell: [],
          healthcheck: [],
          path: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
          workingFolder: '/'
        }
      })
    })

    it('says which instruction made which layer, where its history fits', () => {
      const rootfs = {type: 'layers', diff_ids: ['sha256:a', 'sha256:b']}
      const history = [{created_by: 'ADD'}, {created_by: 'ENV', empty_layer: true}, {created_by: 'RUN'}]
      expect(readImageConfig(encode({...linux, rootfs, history})).layers).toEqual([
        {diffId: 'sha256:a', createdBy: 'ADD'},
        {diffId: 'sha256:b', createdBy: 'RUN'}
      ])
      expect(readImageConfig(encode({...linux, rootfs, history: history.slice(1)})).layers).toEqual([
        {diffId: 'sha256:a'},
        {diffId: 'sha256:b'}
      ])
    })

    it('says its labels, without what is no text', () => {
      const config = readImageConfig(encode({...linux, config: {Labels: {a: 'b', c: 1, d: null}}}))
      expect(config.labels).toEqual({a: 'b'})
    })

    it.each([
      [{Test: ['CMD', 'true']}, true],
      [{}, false],
      [null, false],
      [undefined, false]
    ])('has the health check %j: %s', (Healthcheck, expected) => {
      expect(readImageConfig(encode({...linux, config: {Healthcheck}})).hasHealthcheck).toBe(expected)
    })

    it.each([
      ['an os that is missing', {architecture: 'amd64'}],
      ['an architecture that is missing', {os: 'linux'}],
      ['an empty architecture', {os: 'linux', architecture: ''}],
      ['a number as os', {os: 1, architecture: 'amd64'}],
      ['a list', []],
      ['null', null]
    ])('is refused for %s', async (_, document) => {
      const error = await failureOf(() => readImageConfig(encode(document)))
      expect(error).toMatchObject({code: 'MANIFEST_INVALID'})
      expect(error.message).toContain('no os and architecture')
    })

    it('is refused where it is not JSON', async () => {
      const error = await failureOf(() => readImageConfig(new Uint8Array([1, 2])))
      expect(error).toMatchObject({code: 'MANIFEST_INVALID', message: 'the config of the image is not JSON'})
    })
  })
})

describe('a media type', () => {
  it.each([
    [OCI_INDEX, 'oci', true],
    [OCI_MANIFEST, 'oci', false],
    [DOCKER_LIST, 'docker', true],
    [DOCKER_MANIFEST, 'docker', false]
  ])('%s is of the family %s, an index: %s', (mediaType, family, isIndex) => {
    expect(isManifestType(mediaType)).toBe(true)
    expect(familyOf(mediaType)).toBe(family)
    expect(isIndexType(mediaType)).toBe(isIndex)
  })

  it.each([OCI_CONFIG, 'application/json', '', 'constructor'])('%p is that of no manifest', mediaType => {
    expect(isManifestType(mediaType)).toBe(false)
    expect(isIndexType(mediaType)).toBe(false)
    expect(familyOf(mediaType)).toBeUndefined()
  })

  it.each([
    [`${OCI_INDEX}; charset=utf-8`, OCI_INDEX],
    [' Text/HTML ;q=1', 'text/html'],
    ['', '']
  ])('%p without parameters is %p', (header, bare) => {
    expect(bareMediaType(header)).toBe(bare)
  })

  it('is asked for in all four forms, or registries convert and say 404', () => {
    expect(MANIFEST_ACCEPT.split(', ')).toEqual([OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST])
  })
})
