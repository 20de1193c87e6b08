import {describe, expect, it} from '@jest/globals'
import type {BuildRequest} from '../../src/builders/builder.js'
import {buildxArguments} from '../../src/builders/buildx-arguments.js'
import type {BuildxInstance} from '../../src/builders/buildx-instance.js'
import {buildRequest} from './requests.js'

const INSTANCE: BuildxInstance = {name: 'b1', driver: 'remote', buildkit: '0.31.2', fault: undefined}
const NAMES = {folder: '/out/image', file: 'Containerfile'}
const OUTPUT = 'type=oci,dest=/out/image,tar=false,oci-mediatypes=true'
const END = '--provenance=false --sbom=false --progress=plain --file Containerfile'

const line = (changes: Partial<BuildRequest>, instance = INSTANCE, names = NAMES): string =>
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
    expect(line({}, INSTANCE, {...NAMES, folder: '/a,b"c'})).toContain(
      '--output type=oci,"dest=/a,b""c",tar=false'
    ))

  it('never names a tag or a registry, and never pushes', () =>
    expect(line({})).not.toMatch(/--tag|--push|push=|type=registry|type=image/))
})
