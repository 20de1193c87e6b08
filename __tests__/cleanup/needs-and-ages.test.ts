import {describe, expect, it} from '@jest/globals'
import {type ActionsCache, planCaches} from '../../src/cleanup/policy/actions-caches.js'
import {planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import {type Node, inventoryOf, patterns, plan, tagsOf} from './named-worlds.js'
import {DAY, NOW, digest, noPolicy} from './worlds.js'

type Nodes = Readonly<Record<string, Node>>

describe('what refers to a manifest that is to go', () => {
  const nodes: Nodes = {old: {tags: ['1.0.0']}, newest: {tags: ['2.0.0']}}
  const needsOf = (more: Parameters<typeof inventoryOf>[1]) =>
    planCleanup(inventoryOf(nodes, {isWhole: false, ...more}), noPolicy({keepVersions: 1})).needs.referrers

  it('is asked for once, and of nothing else', () => {
    expect(needsOf({hasReferrersApi: true})).toEqual([digest('old')])
    expect(needsOf({hasReferrersApi: true, referrers: new Map([[digest('old'), []]])})).toEqual([])
  })

  it('is not asked for where the registry does not tell', () => {
    expect(needsOf({hasReferrersApi: false})).toEqual([])
  })
})

describe('an untagged index whose platforms are gone', () => {
  const nodes: Nodes = {old: {children: ['x'], age: 9}, young: {children: ['x'], age: 3}}
  const goneOf = (more: Partial<ReturnType<typeof noPolicy>>) =>
    plan(nodes, more)
      .waves.flat()
      .map(one => one.digest)

  it('goes when it is as old as the rule says', () => {
    expect(goneOf({ghosts: true, olderThan: 5 * DAY})).toEqual([digest('old')])
    expect(goneOf({ghosts: true, olderThan: 3 * DAY})).toHaveLength(2)
    expect(goneOf({ghosts: true, olderThan: 10 * DAY})).toEqual([])
    expect(goneOf({partialImages: true})).toEqual([])
  })
})

describe('cache-size', () => {
  const nodes: Nodes = {
    a: {tags: ['cache-a'], age: 3, size: 10},
    b: {tags: ['cache-b'], age: 9, size: 10},
    unknown: {tags: ['cache-u'], age: undefined, size: 10},
    c: {tags: ['cache-c'], age: 1, size: 10},
    other: {tags: ['main'], age: 1, size: 1000}
  }
  const tagsGone = (maxSize: number) =>
    tagsOf(
      plan(nodes, {
        grace: 0,
        cache: {patterns: patterns('glob:cache-*'), olderThan: Number.POSITIVE_INFINITY, maxSize}
      })
    )

  it('takes the oldest first, up to the last byte, and nothing whose age nobody can tell', () => {
    expect(tagsGone(30)).toEqual([])
    expect(tagsGone(29)).toEqual(['cache-b'])
    expect(tagsGone(19)).toEqual(['cache-a', 'cache-b'])
    expect(tagsGone(9)).toEqual(['cache-a', 'cache-b', 'cache-c'])
  })
})

describe('what is too much to go', () => {
  const many = (count: number): Nodes => ({
    ...Object.fromEntries(Array.from({length: count}, (_, at) => [`n${at}`, {tags: [`pr-${at}`]}])),
    newest: {tags: ['1.0.0']}
  })
  const excess = (count: number, maxDelete: number, maxShare = 100) =>
    plan(many(count), {deleteTags: patterns('glob:pr-*'), limits: {maxDelete, maxShare}}).excess

  it('is counted exactly', () => {
    expect(excess(5, 5)).toBeUndefined()
    expect(excess(6, 5)).toBe('6 manifests would go, more than the 5 of max-delete')
    expect(excess(6, 0)).toBeUndefined()
  })

  it('is a share of what is there, but for a handful', () => {
    expect(excess(99, 0, 99)).toBeUndefined()
    expect(excess(99, 0, 98)).toBe('99 of 100 manifests would go (99 %), more than the 98 % of max-share')
    expect(excess(3, 0, 10)).toBeUndefined()
  })
})

describe('caches of Actions', () => {
  const cache = (id: number, days: number, key = `app-${id}`): ActionsCache => ({
    id,
    key,
    ref: 'refs/heads/main',
    size: 10,
    used: NOW - days * DAY
  })
  const caches = [cache(1, 5), cache(2, 1), cache(3, 3), cache(4, 9, 'other')]
  const going = (olderThan: number, maxSize?: number) =>
    planCaches(caches, {patterns: patterns('glob:app-*'), olderThan, maxSize}, NOW).map(({id, reason}) => [
      id,
      reason
    ])

  it('go when they were not used for so long', () => {
    expect(going(3 * DAY)).toEqual([
      [3, 'unused for too long'],
      [1, 'unused for too long']
    ])
    expect(going(6 * DAY)).toEqual([])
  })

  it('go beyond the size of all, the least recently used first; what goes by age is not counted', () => {
    expect(going(9 * DAY, 30)).toEqual([])
    expect(going(9 * DAY, 29)).toEqual([[1, 'beyond cache-size']])
    expect(going(5 * DAY, 19)).toEqual([
      [3, 'beyond cache-size'],
      [1, 'unused for too long']
    ])
    expect(going(5 * DAY, 20)).toEqual([[1, 'unused for too long']])
  })
})

describe('what has to be known of tagged images', () => {
  const nodes: Nodes = {dev: {tags: ['dev-1'], age: undefined}, main: {tags: ['main'], age: undefined}}
  const agesFor = (more: Parameters<typeof noPolicy>[0]) =>
    planCleanup(inventoryOf(nodes, {isWhole: false, aged: new Set()}), noPolicy({grace: 0, ...more})).needs
      .ages
  const development = {patterns: patterns('glob:dev-*'), olderThan: 3 * DAY}

  it('is the age of what an age decides about, and of all where images are counted by date', () => {
    expect(agesFor({deleteTags: patterns('glob:dev-*')})).toEqual([])
    expect(agesFor({development})).toEqual([digest('dev')])
    expect(agesFor({development: {...development, olderThan: 0}})).toEqual([])
    expect(agesFor({keepNewest: [{text: '1', count: 1}]})).toEqual(['dev', 'main'].map(digest))
    expect(agesFor({cache: {...development, olderThan: Number.POSITIVE_INFINITY, maxSize: 1}})).toEqual([
      digest('dev')
    ])
  })

  it.each<[string, Parameters<typeof noPolicy>[0], boolean]>([
    ['keep-newest', {keepNewest: [{text: '1', count: 1}]}, true],
    ['keep-newest-untagged', {keepNewestUntagged: 1}, true],
    ['ghost-images', {ghosts: true}, true],
    ['partial-images', {partialImages: true}, true],
    ['delete-tags', {deleteTags: patterns('nothing')}, false]
  ])('is what they hold, for %s', (_, policy, isRead) => {
    const unread = inventoryOf({main: {tags: ['main']}})
    const held = unread.versions.get(digest('main'))!
    const versions = new Map([[held.digest, {...held, content: {kind: 'unread'} as const}]])
    const {needs} = planCleanup({...unread, versions}, noPolicy(policy))
    expect([...needs.contents, ...needs.subjects]).toEqual(isRead ? [digest('main')] : [])
  })
})
