import {describe, expect, it} from '@jest/globals'
import {
  askedCacheUse,
  CACHE_MODES,
  type CacheFacts,
  decideCacheUse
} from '../../src/building/caches/cache-policy.js'
import {formatCachePlace, parseCacheFlag} from '../../src/building/caches/cache-flag.js'
import {type CacheNames, parseCacheTier, resolveCache} from '../../src/building/caches/cache-tier.js'

const facts = (changes: Partial<CacheFacts>): CacheFacts => ({
  event: 'push',
  ref: 'refs/heads/main',
  rebuild: false,
  dependenciesChanged: undefined,
  stage: undefined,
  ...changes
})

/** What a run does, in one word for each. */
const words = (use: {read: boolean; write: boolean; fresh: boolean}): string =>
  (['read', 'write', 'fresh'] as const).filter(word => use[word]).join(' ')

const TAG = 'refs/tags/v1.0.0'
const PULL = 'refs/pull/7/merge'

describe('decideCacheUse', () => {
  it.each<[string, Partial<CacheFacts>, string]>([
    ['pull request', {event: 'pull_request', ref: PULL}, 'fresh'],
    ['pull request of a rebuild', {event: 'pull_request', ref: PULL, rebuild: true}, 'fresh'],
    ['pull request with new dependencies', {event: 'pull_request', dependenciesChanged: true}, 'fresh'],
    ['merge queue', {event: 'merge_group'}, 'fresh'],
    ['Git tag', {ref: TAG}, 'read'],
    ['Git tag, dependencies changed', {ref: TAG, dependenciesChanged: true}, 'read write'],
    ['Git tag, dependencies did not', {ref: TAG, dependenciesChanged: false}, 'read'],
    ['Git tag, rebuild', {ref: TAG, rebuild: true}, 'write fresh'],
    ['schedule', {event: 'schedule'}, 'write fresh'],
    ['by hand', {event: 'workflow_dispatch'}, 'read'],
    ['by hand, dependencies changed', {event: 'workflow_dispatch', dependenciesChanged: true}, 'read write'],
    ['by hand, rebuild', {event: 'workflow_dispatch', rebuild: true}, 'write fresh'],
    ['branch', {}, 'read write'],
    ['branch, nothing new', {dependenciesChanged: false}, 'read'],
    ['nobody knows', {event: undefined, ref: undefined}, 'read write'],
    ['test stage of a tag', {ref: TAG, stage: 'test', dependenciesChanged: true}, 'read write'],
    ['push stage', {stage: 'push'}, 'read'],
    ['push stage of a schedule', {event: 'schedule', stage: 'push', rebuild: true}, 'read'],
    ['push stage of a tag', {ref: TAG, stage: 'push', dependenciesChanged: true}, 'read']
  ])('%s', (_title, changes, expected) => {
    const use = decideCacheUse(facts(changes))
    expect(words(use)).toBe(expected)
    expect(use.reason).toMatch(/^.+: .+/)
  })

  it('says why', () =>
    expect(decideCacheUse(facts({ref: TAG})).reason).toBe(
      'a Git tag: read, no dependency is known to have changed'
    ))
})

describe('askedCacheUse', () => {
  it.each([
    ['read', 'read'],
    ['read-write', 'read write'],
    ['fresh', 'write fresh'],
    ['isolated', 'fresh']
  ] as const)('%s', (mode, expected) => expect(words(askedCacheUse(mode))).toBe(expected))

  it('knows every mode but auto', () => expect(CACHE_MODES).toHaveLength(5))
})

const read = (flag: string) =>
  parseCacheFlag(flag).map(({type, attributes}) => [type, Object.fromEntries(attributes)])

describe('a flag of a cache', () => {
  it.each<[string, string, ReturnType<typeof read>]>([
    ['by fields', 'type=registry,ref=r.test/c:a,mode=max', [['registry', {ref: 'r.test/c:a', mode: 'max'}]]],
    ['of one field', 'type=inline', [['inline', {}]]],
    ['in quotes, with a comma', 'type=local,"src=/a,b"', [['local', {src: '/a,b'}]]],
    ['with a quote in quotes', '"type=local","src=/a""b"', [['local', {src: '/a"b'}]]],
    ['with a value that has an equals sign', 'type=gha,token=a.b==', [['gha', {token: 'a.b=='}]]],
    ['with names in capitals and spaces', 'TYPE=gha, Scope=a', [['gha', {scope: 'a'}]]],
    ['with a word alone', 'type=gha,ignore-error', [['gha', {'ignore-error': ''}]]],
    ['without a type', 'ref=r.test/c', [['', {ref: 'r.test/c'}]]],
    ['that is a reference', 'r.test:5000/c:a', [['registry', {ref: 'r.test:5000/c:a'}]]],
    [
      'that is several references',
      'r.test/c,r.test/d',
      [
        ['registry', {ref: 'r.test/c'}],
        ['registry', {ref: 'r.test/d'}]
      ]
    ]
  ])('%s', (_, flag, entries) => expect(read(flag)).toEqual(entries))

  it.each([
    ['type=registry,ref=r.test/c,mode=max,ignore-error=true', 'type=registry,ref=r.test/c'],
    ['token=secret,scope=a,type=gha', 'type=gha,scope=a'],
    ['type=local,"dest=/a,b",mode=max', 'type=local,"dest=/a,b"'],
    ['type=inline', 'type=inline']
  ])('%s is told as its place, %s', (flag, place) =>
    expect(parseCacheFlag(flag).map(formatCachePlace)).toEqual([place])
  )
})

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
    ['registry=r.test/c:{python}', /\{python\} means nothing here, only \{runtime\}, \{version\}, \{image\}/],
    ['registry=r.test/C:{target}', /lower case/],
    ['local=/a"b', /no comma and no quote/]
  ])('refuses %s', (line, message) => expect(() => resolve(line)).toThrow(message))

  it('needs an image where one is named', () =>
    expect(() => resolve('previous', {image: undefined})).toThrow(/\{image\} means nothing here/))
})

describe('parseCacheTier', () => {
  it.each([
    ['gah', /is not one of gha, registry, previous, inline, local; did you mean gha\?/],
    ['gha,write', /only read may follow the comma/],
    ['', /is not one of/]
  ])('refuses %j', (line, message) => expect(() => parseCacheTier(line)).toThrow(message))
})
