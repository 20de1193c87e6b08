import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {formatPlan} from '../../src/plan/plan-format.js'
import type {PlannedTag} from '../../src/plan/plan.js'
import {formatDigestRecord} from '../../src/release/digest-record.js'
import {HOST, MemoryRegistry, OCI_TYPE} from '../support/memory-registry.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {merge, planOf} from '../support/releases.js'

const NAME = 'org/app'
const IMAGE = `${HOST}/${NAME}`
const TAGS: PlannedTag[] = [
  {name: '1.2.3', class: 'immutable', rule: 'semver'},
  {name: '1.2', class: 'forward', rule: 'semver'},
  {name: 'main', class: 'moving', rule: 'branch'},
  {name: 'latest', class: 'forward', rule: 'latest'}
]
const ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json'
const CHART = {mediaType: 'application/vnd.cncf.helm.config.v1+json'}

let registry: MemoryRegistry
let ports: TestPorts
beforeEach(() => {
  registry = new MemoryRegistry()
  ports = testPorts([], {send: registry.send})
})
afterEach(() => ports.close())

/** Puts both platforms by digest, with their records. */
function built(extra: object = {}): Record<string, string> {
  const plan = planOf({images: [IMAGE], version: '1.2.3', tags: TAGS})
  for (const {platform, record} of plan.targets[0]?.builds ?? [])
    ports.records.set(record, formatDigestRecord(registry.image(NAME, {platform}).digest))
  return {plan: formatPlan(plan), ...extra}
}
const at = (tag: string): string | undefined => registry.repository(NAME).tags.get(tag)
const old = () => registry.image(NAME, {config: {old: true}})
const blob = (text: string) => registry.putBlob(NAME, text)

const ODD: readonly [string, (tag: string) => unknown][] = [
  [
    'a Helm chart without annotations',
    tag => registry.image(NAME, {fields: {config: {...CHART, ...blob('{"name":"app"}')}}}, tag)
  ],
  [
    'an artifact with an empty config',
    tag =>
      registry.image(
        NAME,
        {fields: {config: {mediaType: 'application/vnd.oci.empty.v1+json', ...blob('{}')}}},
        tag
      )
  ],
  [
    'a config that is not JSON',
    tag => registry.image(NAME, {fields: {config: {mediaType: 'a/b', ...blob('not JSON')}}}, tag)
  ],
  ['an empty platform', tag => registry.index(NAME, [{...old(), platform: {}}], {}, tag)],
  ['a platform that is a text', tag => registry.index(NAME, [{...old(), platform: 'linux'}], {}, tag)],
  ['an annotation that is null', tag => registry.index(NAME, [old()], {annotations: {x: null}}, tag)],
  ['an annotation that is a number', tag => registry.index(NAME, [old()], {annotations: {x: 1}}, tag)],
  [
    'an entry with an annotation that is null',
    tag => registry.index(NAME, [{...old(), annotations: {x: null}}], {}, tag)
  ],
  ['layers that are null', tag => registry.image(NAME, {layers: null}, tag)],
  ['no layers', tag => registry.image(NAME, {fields: {layers: undefined}}, tag)],
  ['a config that is null', tag => registry.image(NAME, {fields: {config: null}}, tag)],
  ['manifests that are null', tag => registry.index(NAME, null, {}, tag)],
  ['an entry without a size', tag => registry.index(NAME, [{...old(), size: undefined}], {}, tag)],
  ['an index with a config', tag => registry.index(NAME, [old()], {config: {}}, tag)],
  [
    'schema 1',
    tag =>
      registry.put(
        NAME,
        {schemaVersion: 1, name: NAME, tag, fsLayers: []},
        {type: 'application/vnd.docker.distribution.manifest.v1+prettyjws', tag}
      )
  ],
  [
    'an artifact manifest',
    tag => registry.put(NAME, {mediaType: ARTIFACT, blobs: []}, {type: ARTIFACT, tag})
  ],
  [
    'a layer of sha512',
    tag =>
      registry.image(NAME, {layers: [{mediaType: 'a/b', digest: `sha512:${'a'.repeat(128)}`, size: 3}]}, tag)
  ],
  [
    'a media type unlike that of the answer',
    tag =>
      registry.put(
        NAME,
        {schemaVersion: 2, mediaType: OCI_TYPE},
        {type: 'application/vnd.docker.distribution.manifest.v2+json', tag}
      )
  ],
  ['what is no JSON', tag => registry.put(NAME, Buffer.from('<html>'), {type: OCI_TYPE, tag})],
  ['nothing at all', tag => registry.put(NAME, Buffer.from(''), {type: OCI_TYPE, tag})],
  [
    'a config that is gone',
    tag => {
      const {digest} = blob('{"gone":true}')
      registry.image(NAME, {fields: {config: {mediaType: 'a/b', digest, size: 13}}}, tag)
      registry.repository(NAME).blobs.delete(digest)
    }
  ],
  ['a config over 4 MiB', tag => registry.image(NAME, {config: {pad: 'x'.repeat(5 * 1024 * 1024)}}, tag)],
  [
    'an index whose first image is odd',
    tag => registry.index(NAME, [registry.image(NAME, {layers: null})], {}, tag)
  ]
]

/** What names a blob that is not there cannot be put back: registries refuse it. */
const UNDOABLE = ODD.filter(([kind]) => !/gone|sha512/.test(kind))

it.each(UNDOABLE)('a tag that held %s is put back as it was where a later tag fails', async (_, put) => {
  put('main')
  const before = at('main')
  const bytes = registry.repository(NAME).manifests.get(before ?? '')
  const texts = built()
  registry.hook = ({method}, path) =>
    method === 'PUT' && path.endsWith('/manifests/latest') ? {status: 403, body: 'no'} : undefined
  await expect(merge(ports, texts)).rejects.toMatchObject({code: 'TAG_NOT_MOVED'})
  expect(at('main')).toBe(before)
  expect(registry.repository(NAME).manifests.get(before ?? '')).toEqual(bytes)
})

describe.each(ODD)('a release where a tag holds %s', (_, put) => {
  it.each(['main', 'latest', '1.2'])('goes on at %s, and says what was there', async tag => {
    put(tag)
    const before = at(tag)
    const {digest} = await merge(ports, built())
    expect(TAGS.map(({name}) => at(name))).toEqual(TAGS.map(() => digest))
    const log = ports.reporter.notices.join('\n')
    expect(log).toMatch(
      new RegExp(`:${tag.replace('.', '\\.')}\\b.*${before?.slice(7, 19) ?? ''}.*cannot be read`)
    )
  })

  it('does not replace a version, names it, and says what to do', async () => {
    put('1.2.3')
    const before = at('1.2.3')
    await expect(merge(ports, built())).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringMatching(`${IMAGE}:1\\.2\\.3 .*${before?.slice(7, 19) ?? ''}.*cannot be read`),
      hint: expect.stringMatching(/delete the tag|new version/)
    })
    expect(at('1.2.3')).toBe(before)
    expect(at('latest')).toBeUndefined()
  })

  it('does not set an alias back for it, where a newer version is published', async () => {
    put('latest')
    const before = at('latest')
    registry.image(NAME, {config: {newer: true}}, '2.0.0')
    await merge(ports, built())
    expect(at('latest')).toBe(before)
    expect(ports.reporter.notices.join('\n')).toMatch(/:latest: stays: .*cannot be read.*2\.0\.0.*newer/)
  })
})

it('does not take a registry that fails for odd content', async () => {
  old()
  registry.image(NAME, {config: {x: 1}}, 'latest')
  const texts = built()
  registry.hook = ({method}, path) =>
    method === 'GET' && path.endsWith(`/manifests/${at('latest') ?? ''}`)
      ? {status: 403, body: 'not for you'}
      : undefined
  await expect(merge(ports, texts)).rejects.toMatchObject({code: 'REGISTRY_FAILED'})
})
