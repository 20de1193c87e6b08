import {describe, expect, it} from '@jest/globals'
import type {BuildRequest} from '../../src/building/builders/builder.js'
import {type BuildxNames, buildxArguments} from '../../src/building/builders/buildx-arguments.js'
import type {BuildxInstance} from '../../src/building/builders/buildx-instance.js'
import {parseRepository} from '../../src/oci/reference.js'
import {buildRequest} from './requests.js'

const INSTANCE: BuildxInstance = {
  name: 'b1',
  driver: 'remote',
  buildkit: '0.31.2',
  fault: undefined,
  nodes: []
}
const NAMES = {destination: {folder: '/out/image'}, file: 'Containerfile', secrets: []}
const OUTPUT = 'type=oci,dest=/out/image,tar=false,oci-mediatypes=true'
const END = '--provenance=false --sbom=false --progress=plain --file Containerfile'

const line = (changes: Partial<BuildRequest>, instance = INSTANCE, names: BuildxNames = NAMES): string =>
  buildxArguments(instance, buildRequest(changes), names).join(' ')
const start = (output: string): string =>
  `build --builder b1 --platform linux/amd64 --output ${output} ${END}`

describe('buildxArguments', () => {
  it.each<[string, Partial<BuildRequest>, string]>([
    ['nothing special', {}, `${start(OUTPUT)} .`],
    ['target', {target: 'prod'}, `${start(OUTPUT)} --target prod .`],
    ['no cache, pull', {noCache: true, pull: true}, `${start(OUTPUT)} --no-cache --pull .`],
    ['build arguments', {buildArgs: ['A=b', 'C']}, `${start(OUTPUT)} --build-arg A=b --build-arg C .`],
    ['labels', {labels: {a: 'b'}}, `${start(OUTPUT)} --label a=b .`],
    ['annotations', {annotations: {a: 'b'}}, `${start(OUTPUT)} --annotation manifest:a=b .`],
    [
      'format docker, which has no annotations',
      {format: 'docker', annotations: {a: 'b'}},
      `${start(OUTPUT.replace('true', 'false'))} .`
    ],
    [
      'a compression',
      {compression: {format: 'estargz', level: 9}},
      `${start(`${OUTPUT},compression=estargz,compression-level=9,force-compression=true`)} .`
    ],
    [
      'a date',
      {sourceDateEpoch: 7},
      `${start(`${OUTPUT},rewrite-timestamp=true`)} --build-arg SOURCE_DATE_EPOCH=7 .`
    ],
    [
      'a date of the caller',
      {sourceDateEpoch: 7, buildArgs: ['SOURCE_DATE_EPOCH=5']},
      `${start(`${OUTPUT},rewrite-timestamp=true`)} --build-arg SOURCE_DATE_EPOCH=5 .`
    ]
  ])('%s', (_title, changes, expected) => expect(line(changes)).toBe(expected))

  it('does not ask a BuildKit before 0.13 to rewrite timestamps', () =>
    expect(line({sourceDateEpoch: 7}, {...INSTANCE, buildkit: '0.12.5'})).not.toContain('rewrite-timestamp'))

  it('quotes a folder with a comma or a quote', () =>
    expect(line({}, INSTANCE, {...NAMES, destination: {folder: '/a,b"c'}})).toContain(
      '--output type=oci,"dest=/a,b""c",tar=false'
    ))

  it('never names a tag or a registry, and never pushes', () =>
    expect(line({})).not.toMatch(/--tag|--push|push=|type=registry|type=image/))

  it('pushes by digest, and never by a tag', () => {
    const destination = {repository: parseRepository('r.test/a'), metadataFile: '/out/m.json'}
    expect(line({sourceDateEpoch: 7}, INSTANCE, {...NAMES, destination})).toContain(
      '--output type=image,name=r.test/a,push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true,rewrite-timestamp=true --metadata-file /out/m.json --provenance=false'
    )
    expect(line({}, INSTANCE, {...NAMES, destination})).not.toContain('--tag')
  })

  it.each<[string, Partial<BuildRequest>, string]>([
    [
      'provenance and SBOM',
      {attestations: {provenance: 'mode=max', sbom: 'true'}},
      '--provenance=mode=max --sbom=true --progress'
    ],
    [
      'a generator of SBOMs',
      {options: {attests: ['type=sbom,generator=r.test/g:1']}},
      '--provenance=false --progress=plain --file Containerfile --attest type=sbom,generator=r.test/g:1 .'
    ],
    [
      'further settings',
      {
        options: {
          'add-hosts': ['a:1.2.3.4'],
          allow: ['network.host'],
          ulimit: ['nofile=1:2'],
          'shm-size': ['1g']
        }
      },
      '--add-host a:1.2.3.4 --allow network.host --shm-size 1g --ulimit nofile=1:2 .'
    ],
    ['agents of SSH', {ssh: ['default', 'k=/key']}, '--ssh default --ssh k=/key .'],
    [
      'caches',
      {cache: {from: ['type=gha,scope=a'], to: ['type=inline']}},
      '--cache-from type=gha,scope=a --cache-to type=inline .'
    ]
  ])('passes on %s', (_title, changes, expected) => expect(line(changes)).toContain(expected))

  it('says where a secret is, and never what it is', () => {
    const secrets = [
      {id: 'a', from: {file: '/out/secrets/0'}},
      {id: 'b', from: {variable: 'B'}}
    ]
    expect(line({}, INSTANCE, {...NAMES, secrets})).toContain(
      '--secret id=a,src=/out/secrets/0 --secret id=b,env=B'
    )
  })
})
