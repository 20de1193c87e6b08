import {describe, expect, it} from '@jest/globals'
import {
  CACHE_MODES,
  type CacheFacts,
  askedCacheUse,
  decideCacheUse
} from '../../src/building/caches/cache-policy.js'

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
