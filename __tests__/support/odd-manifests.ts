import {HOST, type MemoryRegistry, OCI_TYPE, type Put} from './memory-registry.js'

const NAME = 'org/app'
export {NAME as ODD_NAME}
/** `registry/name` */
export const ODD_IMAGE = `${HOST}/${NAME}`
const ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json'
const CHART = {mediaType: 'application/vnd.cncf.helm.config.v1+json'}

const old = (registry: MemoryRegistry): Put => registry.image(NAME, {config: {old: true}})
const blob = (registry: MemoryRegistry, text: string) => registry.putBlob(NAME, text)

/** What is at a tag that is nothing that a release makes, each with the way to put it at a tag of `ODD_NAME`. */
export const ODD: readonly [string, (registry: MemoryRegistry, tag: string) => unknown][] = [
  [
    'a Helm chart without annotations',
    (registry, tag) =>
      registry.image(NAME, {fields: {config: {...CHART, ...blob(registry, '{"name":"app"}')}}}, tag)
  ],
  [
    'an artifact with an empty config',
    (registry, tag) =>
      registry.image(
        NAME,
        {fields: {config: {mediaType: 'application/vnd.oci.empty.v1+json', ...blob(registry, '{}')}}},
        tag
      )
  ],
  [
    'a config that is not JSON',
    (registry, tag) =>
      registry.image(NAME, {fields: {config: {mediaType: 'a/b', ...blob(registry, 'not JSON')}}}, tag)
  ],
  ['an empty platform', (registry, tag) => registry.index(NAME, [{...old(registry), platform: {}}], {}, tag)],
  [
    'a platform that is a text',
    (registry, tag) => registry.index(NAME, [{...old(registry), platform: 'linux'}], {}, tag)
  ],
  [
    'an annotation that is null',
    (registry, tag) => registry.index(NAME, [old(registry)], {annotations: {x: null}}, tag)
  ],
  [
    'an annotation that is a number',
    (registry, tag) => registry.index(NAME, [old(registry)], {annotations: {x: 1}}, tag)
  ],
  [
    'an entry with an annotation that is null',
    (registry, tag) => registry.index(NAME, [{...old(registry), annotations: {x: null}}], {}, tag)
  ],
  ['no layers', (registry, tag) => registry.image(NAME, {fields: {layers: undefined}}, tag)],
  ['a config that is null', (registry, tag) => registry.image(NAME, {fields: {config: null}}, tag)],
  ['manifests that are null', (registry, tag) => registry.index(NAME, null, {}, tag)],
  [
    'an entry without a size',
    (registry, tag) => registry.index(NAME, [{...old(registry), size: undefined}], {}, tag)
  ],
  ['an index with a config', (registry, tag) => registry.index(NAME, [old(registry)], {config: {}}, tag)],
  [
    'schema 1',
    (registry, tag) =>
      registry.put(
        NAME,
        {schemaVersion: 1, name: NAME, tag, fsLayers: []},
        {type: 'application/vnd.docker.distribution.manifest.v1+prettyjws', tag}
      )
  ],
  [
    'an artifact manifest',
    (registry, tag) => registry.put(NAME, {mediaType: ARTIFACT, blobs: []}, {type: ARTIFACT, tag})
  ],
  [
    'a layer of sha512',
    (registry, tag) =>
      registry.image(NAME, {layers: [{mediaType: 'a/b', digest: `sha512:${'a'.repeat(128)}`, size: 3}]}, tag)
  ],
  [
    'a media type unlike that of the answer',
    (registry, tag) =>
      registry.put(
        NAME,
        {schemaVersion: 2, mediaType: OCI_TYPE},
        {type: 'application/vnd.docker.distribution.manifest.v2+json', tag}
      )
  ],
  ['what is no JSON', (registry, tag) => registry.put(NAME, Buffer.from('<html>'), {type: OCI_TYPE, tag})],
  ['nothing at all', (registry, tag) => registry.put(NAME, Buffer.from(''), {type: OCI_TYPE, tag})],
  [
    'a config that is gone',
    (registry, tag) => {
      const {digest} = blob(registry, '{"gone":true}')
      registry.image(NAME, {fields: {config: {mediaType: 'a/b', digest, size: 13}}}, tag)
      registry.repository(NAME).blobs.delete(digest)
    }
  ],
  [
    'a config over 4 MiB',
    (registry, tag) => registry.image(NAME, {config: {pad: 'x'.repeat(5 * 1024 * 1024)}}, tag)
  ],
  [
    'an index whose first image is odd',
    (registry, tag) => registry.index(NAME, [registry.image(NAME, {fields: {layers: undefined}})], {}, tag)
  ]
]

/** What names a blob that is not there cannot be put back: registries refuse it. */
export const UNDOABLE = ODD.filter(([kind]) => !/gone|sha512/.test(kind))
