import {describe, expect, it} from '@jest/globals'
import {
  type BuildNames,
  type PodmanProgram,
  buildArguments,
  exportArguments,
  removeArguments
} from '../../src/building/builders/podman-arguments.js'
import type {BuildRequest} from '../../src/building/builders/builder.js'
import {buildRequest} from './requests.js'

const BUILDAH: PodmanProgram = {name: 'buildah', version: '1.28.2'}
const NAMES: BuildNames = {
  image: 'localhost/x:1',
  file: 'Containerfile',
  isolation: undefined,
  secrets: [],
  cache: {from: [], to: []}
}
const START =
  'build --platform linux/amd64 --format oci --tag localhost/x:1 --layers --force-rm --file Containerfile'

const line = (changes: Partial<BuildRequest>, program = BUILDAH): string =>
  buildArguments(program, buildRequest(changes), NAMES).join(' ')

describe('buildArguments', () => {
  it.each<[string, Partial<BuildRequest>, string]>([
    ['nothing special', {}, `${START} .`],
    ['target', {target: 'prod'}, `${START} --target prod .`],
    ['no cache', {noCache: true}, `${START} --no-cache .`],
    ['pull', {pull: true}, `${START} --pull=always .`],
    ['build arguments', {buildArgs: ['A=b c', 'D']}, `${START} --build-arg A=b c --build-arg D .`],
    ['labels', {labels: {a: 'b=c', d: ''}}, `${START} --label a=b=c --label d= .`],
    ['annotations', {annotations: {a: 'b'}}, `${START} --annotation a=b .`],
    ['another context', {context: '/src'}, `${START} /src`]
  ])('%s', (_title, changes, expected) => expect(line(changes)).toBe(expected))

  it('writes the platform with its variant', () =>
    expect(line({platform: {os: 'linux', architecture: 'arm', variant: 'v7'}})).toContain(
      '--platform linux/arm/v7 '
    ))

  it('keeps annotations from images of format docker, which have none', () =>
    expect(line({format: 'docker', annotations: {a: 'b'}})).toBe(`${START.replace('oci', 'docker')} .`))

  it.each<[PodmanProgram['name'], string, string]>([
    ['buildah', '1.28.2', '--timestamp 7 --build-arg SOURCE_DATE_EPOCH=7'],
    ['buildah', '1.40.1', '--timestamp 7 --build-arg SOURCE_DATE_EPOCH=7'],
    ['buildah', '1.41.0', '--source-date-epoch 7 --rewrite-timestamp'],
    ['podman', '4.3.1', '--timestamp 7 --build-arg SOURCE_DATE_EPOCH=7'],
    ['podman', '5.6.0', '--source-date-epoch 7 --rewrite-timestamp']
  ])('dates the image: %s %s', (name, version, expected) =>
    expect(line({sourceDateEpoch: 7}, {name, version})).toBe(`${START} ${expected} .`)
  )

  it('leaves a SOURCE_DATE_EPOCH of the caller alone', () =>
    expect(line({sourceDateEpoch: 7, buildArgs: ['SOURCE_DATE_EPOCH=5']})).toBe(
      `${START} --timestamp 7 --build-arg SOURCE_DATE_EPOCH=5 .`
    ))

  it('names an isolation only where one is wanted', () => {
    const args = buildArguments(BUILDAH, buildRequest(), {...NAMES, isolation: 'chroot'})
    expect(args.join(' ')).toBe(`${START} --isolation chroot .`)
  })

  it('passes on settings, secrets, agents of SSH and caches', () => {
    const request = buildRequest({
      options: {
        'add-hosts': ['a:1.2.3.4'],
        network: ['host'],
        'build-contexts': ['lib=../lib']
      },
      ssh: ['default']
    })
    const names = {
      ...NAMES,
      secrets: [
        {id: 'a', from: {file: '/out/secrets/0'}},
        {id: 'b', from: {variable: 'B'}}
      ],
      cache: {from: ['r.test/c'], to: ['r.test/d']}
    }
    expect(buildArguments(BUILDAH, request, names).join(' ')).toBe(
      `${START} --add-host a:1.2.3.4 --build-context lib=../lib --network host --secret id=a,src=/out/secrets/0 --secret id=b,env=B --ssh default --cache-from r.test/c --cache-to r.test/d .`
    )
  })

  it('leaves the Containerfile of a remote context to the builder', () => {
    const request = buildRequest({context: 'https://example.com/x.git'})
    expect(buildArguments(BUILDAH, request, {...NAMES, file: undefined})).not.toContain('--file')
  })
})

describe('exportArguments', () => {
  const names = {image: 'localhost/x:1', folder: '/out/image'}

  it.each<[PodmanProgram['name'], 'oci' | 'docker', string]>([
    ['buildah', 'oci', 'push --quiet localhost/x:1 oci:/out/image:image'],
    ['podman', 'oci', 'push --quiet localhost/x:1 oci:/out/image:image'],
    ['buildah', 'docker', 'push --quiet --format v2s2 localhost/x:1 dir:/out/image'],
    ['podman', 'docker', 'push --quiet --format v2s2 --compress localhost/x:1 dir:/out/image']
  ])('%s, %s', (name, format, expected) =>
    expect(exportArguments({name, version: '5.0.0'}, {format}, names).join(' ')).toBe(expected)
  )

  it('packs as it is asked', () =>
    expect(
      exportArguments(BUILDAH, {format: 'oci', compression: {format: 'zstd', level: 19}}, names).join(' ')
    ).toBe(
      'push --quiet --compression-format zstd --compression-level 19 localhost/x:1 oci:/out/image:image'
    ))

  it('never names a registry', () => {
    for (const format of ['oci', 'docker'] as const)
      expect(exportArguments(BUILDAH, {format}, names).join(' ')).not.toContain('docker://')
  })
})

it('removes by the local name', () =>
  expect(removeArguments('localhost/x:1')).toEqual(['rmi', 'localhost/x:1']))
