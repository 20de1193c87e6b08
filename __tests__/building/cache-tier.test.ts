import {describe, expect, it} from '@jest/globals'
import {type CacheNames, parseCacheTier, resolveCache} from '../../src/building/caches/cache-tier.js'

const NAMES: CacheNames = {
  image: 'ghcr.io/o/app',
  target: 'web/api',
  platform: 'linux-arm64',
  prefix: '',
  variant: {runtime: 'cuda', version: '3.10'}
}
const ALL = {read: true, write: true, fresh: false, reason: ''}
const WRITTEN = 'mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true'

const resolve = (lines: string, changes: Partial<CacheNames> = {}, use = ALL) =>
  resolveCache(lines.split('\n').map(parseCacheTier), {...NAMES, ...changes}, use)

describe('resolveCache', () => {
  it('keeps the order of the tiers', () => {
    const {from, to} = resolve('gha\nregistry\nprevious\ninline\nlocal=/c')
    expect(from).toEqual([
      'type=gha,scope=web-api-linux-arm64',
      'type=registry,ref=ghcr.io/o/app-build-cache:web-api-linux-arm64',
      'type=registry,ref=ghcr.io/o/app:latest',
      'type=local,src=/c/web-api-linux-arm64'
    ])
    expect(to).toEqual([
      'type=gha,scope=web-api-linux-arm64,mode=max,ignore-error=true',
      `type=registry,ref=ghcr.io/o/app-build-cache:web-api-linux-arm64,${WRITTEN}`,
      'type=inline',
      'type=local,dest=/c/web-api-linux-arm64,mode=max,ignore-error=true'
    ])
  })

  it.each([
    [
      'registry=braindotai/opencrate-build-cache:{runtime}-py{version}',
      'type=registry,ref=braindotai/opencrate-build-cache:cuda-py3.10'
    ],
    ['registry={image}-cache:{target}', 'type=registry,ref=ghcr.io/o/app-cache:web-api'],
    ['previous=1.2', 'type=registry,ref=ghcr.io/o/app:1.2'],
    ['previous=ghcr.io/o/other:main', 'type=registry,ref=ghcr.io/o/other:main'],
    ['gha=base/{platform}', 'type=gha,scope=base-linux-arm64'],
    ['local=/c/{target}', 'type=local,src=/c/web-api']
  ])('%s is %s', (line, expected) => expect(resolve(line).from).toEqual([expected]))

  it('starts with the prefix', () =>
    expect(resolve('gha\nregistry', {prefix: 'team/a'}).from).toEqual([
      'type=gha,scope=team-a-web-api-linux-arm64',
      'type=registry,ref=ghcr.io/o/app-build-cache:team-a-web-api-linux-arm64'
    ]))

  it('does not write what is to be read only, nor the previous image', () =>
    expect(resolve('registry=r.test/c:x,read\ngha,read\nprevious').to).toEqual([]))

  it.each([
    [{read: false, write: true}, 0, 1],
    [{read: true, write: false}, 1, 0],
    [{read: false, write: false}, 0, 0]
  ])('does what the run may: %j', (use, from, to) => {
    const lists = resolve('gha', {}, {...ALL, ...use})
    expect([lists.from.length, lists.to.length]).toEqual([from, to])
  })

  it.each([
    [
      'registry=r.test/c:{python}',
      /\{python\} stands for nothing here, only \{runtime\}, \{version\}, \{image\}/
    ],
    ['registry=r.test/C:{target}', /lower case/],
    ['local=/a"b', /no comma and no quote/]
  ])('refuses %s', (line, message) => expect(() => resolve(line)).toThrow(message))

  it('needs an image where one is named', () =>
    expect(() => resolve('previous', {image: undefined})).toThrow(/\{image\} stands for nothing/))
})

describe('parseCacheTier', () => {
  it.each([
    ['gah', /is none of gha, registry, previous, inline, local; did you mean gha\?/],
    ['gha,write', /behind the comma stands read, or nothing/],
    ['', /is none of/]
  ])('refuses %j', (line, message) => expect(() => parseCacheTier(line)).toThrow(message))
})
