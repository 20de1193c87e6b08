import {describe, expect, it} from '@jest/globals'
import {hexOf} from '../../src/oci/digest.js'
import {planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import type {StoredManifest} from '../../src/cleanup/policy/inventory.js'
import {isComplete} from '../../src/cleanup/policy/inventory-needs.js'
import {planHash} from '../../src/cleanup/policy/plan-hash.js'
import type {RetentionPolicy} from '../../src/cleanup/policy/policy.js'
import {parseNumberedPattern, parseTagPattern} from '../../src/patterns/tag-pattern.js'
import {type Node, heldOf, inventoryOf, patterns, plan, tagged, tagsOf, waves} from './named-worlds.js'
import {DAY, digest, noPolicy} from './worlds.js'

const superseded = {superseded: [digest('old')]}

const TWO: Record<string, Node> = {
  old: {children: ['old-amd64', 'shared']},
  'old-amd64': {},
  shared: {},
  new: {tags: ['latest'], children: ['new-amd64', 'shared']},
  'new-amd64': {}
}

describe('what was superseded', () => {
  it('goes with what only it reaches, the index first, its signature with it', () => {
    const nodes = {
      ...TWO,
      list: {tags: [`sha256-${hexOf(digest('old'))}`], children: ['bundle']},
      bundle: {subject: 'old'},
      sig: {tags: [`sha256-${hexOf(digest('old-amd64'))}.sig`]}
    }
    expect(waves(plan(nodes, superseded), nodes)).toEqual([['old'], ['list', 'old-amd64'], ['bundle', 'sig']])
  })

  it.each<[string, Record<string, Node>, string]>([
    ['a tag points at it', {old: {...TWO['old'], tags: ['1.0.0']}}, 'still tagged 1.0.0'],
    ['it is too young', {old: {...TWO['old'], age: 0}}, 'too young'],
    ['it names no time', {old: {...TWO['old'], age: undefined}}, 'nobody can tell when it came'],
    ['a kept index holds it', {outer: {tags: ['main'], children: ['old']}}, 'reached by what stays'],
    [
      'an untagged index holds it that nothing chose',
      {outer: {children: ['old'], age: 1}},
      'reached by what stays'
    ],
    ['it cannot be read', {old: {unreadable: []}}, 'cannot be read'],
    [
      'something that cannot be read mentions it',
      {odd: {tags: ['odd'], unreadable: ['old']}},
      'reached by what stays'
    ],
    [
      'something later cannot be read at all',
      {odd: {tags: ['odd'], unreadable: 'blind', age: 5}},
      'may be part of'
    ]
  ])('stays where %s', (_, more, reason) => {
    const made = plan({...TWO, ...more}, superseded)
    expect(made.waves).toEqual([])
    expect(made.kept).toEqual([
      expect.objectContaining({digest: digest('old'), reason: expect.stringContaining(reason)})
    ])
  })

  it('goes although something older cannot be read at all', () => {
    const nodes = {...TWO, odd: {tags: ['odd'], unreadable: 'blind' as const, age: 200}}
    expect(waves(plan(nodes, superseded), nodes)).toEqual([['old'], ['old-amd64']])
  })

  it('stays for a journal, and a tag of its signature is no reason to keep it', () => {
    expect(plan(TWO, {...superseded, journal: [digest('old')]}).waves).toEqual([])
    const nodes = {...TWO, old: {...TWO['old'], tags: [`sha256-${'a'.repeat(64)}.sig`]}}
    expect(plan(nodes, superseded).waves).not.toEqual([])
  })
})

describe('tags', () => {
  const VERSIONS = ['1.0.0', '1.0.1', '1.1.0', '1.1.1', '1.1.2', '2.0.0-rc.1', '2.0.0', 'v2.1.0-beta']

  it.each<[string, Partial<RetentionPolicy>, readonly string[], readonly string[]]>([
    ['keep-versions 2', {keepVersions: 2}, VERSIONS, ['1.0.0', '1.0.1', '1.1.0', '1.1.1']],
    ['keep-patches 1', {keepPatches: 1}, VERSIONS, ['1.0.0', '1.1.0', '1.1.1']],
    ['either keeps', {keepVersions: 3, keepPatches: 1}, VERSIONS, ['1.0.0', '1.1.0']],
    ['pre-releases whose release is there', {supersededPrereleases: true}, VERSIONS, ['2.0.0-rc.1']],
    ['a glob', {deleteTags: patterns('glob:1.0.*')}, VERSIONS, ['1.0.0', '1.0.1']],
    ['a regular expression, whole', {deleteTags: patterns('regex:1\\.0')}, [...VERSIONS, '1.0'], ['1.0']],
    [
      'keep-tags before delete-tags',
      {deleteTags: patterns('glob:1.*'), keepTags: patterns('regex:1\\.1\\..*')},
      VERSIONS,
      ['1.0.0', '1.0.1']
    ],
    [
      'never the newest, and latest only by its name',
      {deleteTags: patterns('glob:*')},
      ['1.0.0', '1.1.0', '1.1.0-alpine', 'latest', 'main'],
      ['1.0.0', 'main']
    ],
    ['latest by its name', {deleteTags: patterns('latest')}, ['latest', 'main'], ['latest']],
    [
      'pull requests that are closed',
      {pullRequests: {patterns: [parseNumberedPattern('pr-{number}*')], closed: new Set([1, 12])}},
      ['pr-1', 'pr-2', 'pr-12', 'pr-1-arm64', 'pr-121', 'my-pr-1'],
      ['pr-1', 'pr-1-arm64', 'pr-12']
    ],
    [
      'variants by themselves',
      {keepVersions: 1},
      ['1.0.0', '1.0.0-python3.9', '1.1.0', 'cuda-1.0.0', 'cuda-1.1.0', '1.1.0-python3.10'],
      ['1.0.0', 'cuda-1.0.0']
    ]
  ])('%s', (_, policy, tags, expected) => {
    expect(tagsOf(plan(tagged(...tags), policy))).toEqual([...expected].sort())
  })

  it('of an older version take their aliases along, and no tag that only looks like one', () => {
    const nodes = {
      a: {tags: ['1.0.0', '1.0', 'v1.0.0', 'pr-1', '1.0-alpine']},
      b: {tags: ['1.1.0', '1.1', '1']}
    }
    const made = plan(nodes, {keepVersions: 1})
    expect(made.tags.map(({tag}) => tag).sort()).toEqual(['1.0', '1.0.0', 'v1.0.0'])
    expect(made.waves).toEqual([])
  })

  it.each([
    ['older-than', {deleteTags: patterns('glob:dev-*'), olderThan: 30 * DAY}, ['dev-old']],
    ['development-age', {development: {patterns: patterns('glob:dev-*'), olderThan: 30 * DAY}}, ['dev-old']],
    ['cache-age', {cache: {patterns: patterns('glob:dev-*'), olderThan: 3 * DAY}}, ['dev-mid', 'dev-old']],
    [
      'cache-size',
      {cache: {patterns: patterns('glob:dev-*'), olderThan: 999 * DAY, maxSize: 25}},
      ['dev-old']
    ],
    ['min-age', {deleteTags: patterns('glob:dev-*'), grace: 7 * DAY}, ['dev-old']]
  ])('go by %s', (_, policy, expected) => {
    const nodes = {
      a: {tags: ['dev-old'], age: 60, size: 10},
      b: {tags: ['dev-mid'], age: 5, size: 10},
      c: {tags: ['dev-new'], age: 2, size: 10},
      main: {tags: ['main']}
    }
    expect(tagsOf(plan(nodes, policy))).toEqual(expected)
  })

  it('go alone where something keeps the image, also a young one keeps all its tags', () => {
    const nodes = {a: {tags: ['nightly-1', 'main']}, b: {tags: ['nightly-2', 'other'], age: 0}}
    const made = plan(nodes, {deleteTags: patterns('glob:nightly-*')})
    expect(made.tags).toEqual([{tag: 'nightly-1', digest: digest('a'), reason: 'delete-tags glob:nightly-*'}])
    expect([...made.standing.keys()].sort()).toEqual(['main', 'nightly-2', 'other'])
  })
})

describe('what has no tag', () => {
  const nodes: Record<string, Node> = {
    ...TWO,
    running: {age: 0.5, children: ['late']},
    late: {age: 50},
    'no-index': {age: 40},
    'no-subject': {subject: 'gone', age: 40},
    sig: {tags: [`sha256-${hexOf(digest('gone'))}.sig`]}
  }

  it('goes by untagged, but for what young and tagged ones lead to', () => {
    const made = plan(nodes, {untagged: true})
    expect(new Set(waves(made, nodes).flat())).toEqual(
      new Set(['old', 'old-amd64', 'no-index', 'no-subject'])
    )
    expect(made.kept).toContainEqual(
      expect.objectContaining({digest: digest('running'), reason: 'too young'})
    )
  })

  it('goes by orphans where its subject or its index is gone', () => {
    expect(
      waves(plan(nodes, {orphans: true}), nodes)
        .flat()
        .sort()
    ).toEqual(['no-index', 'no-subject', 'sig'])
  })

  it('says when that is more than may go', () => {
    const many = Object.fromEntries(Array.from({length: 60}, (_, at) => [`image ${at}`, {}]))
    expect(plan(many, {untagged: true, limits: {maxDelete: 0, maxShare: 90}}).excess).toMatch(/100 %/)
    expect(plan(many, {untagged: true, limits: {maxDelete: 59, maxShare: 100}}).excess).toMatch(/max-delete/)
    expect(plan(many, {untagged: true, limits: {maxDelete: 60, maxShare: 100}}).excess).toBeUndefined()
  })
})

describe('the needs of a plan', () => {
  const unread = (node: Node): StoredManifest => ({...heldOf('', node), content: {kind: 'unread'}})
  const versionsOf = (nodes: Readonly<Record<string, Node>>) =>
    new Map(
      Object.entries(nodes).map(([name, node]) => [digest(name), {...unread(node), digest: digest(name)}])
    )

  it('are none where nothing is chosen', () => {
    const inventory = inventoryOf({}, {versions: versionsOf(TWO)})
    expect(isComplete(planCleanup(inventory, noPolicy()).needs)).toBe(true)
  })

  it('are what stays first, without what was pushed before all that goes', () => {
    const nodes: Record<string, Node> = {
      ...TWO,
      older: {age: 300},
      newer: {age: 0.1}
    }
    const inventory = inventoryOf({}, {versions: versionsOf(nodes)})
    const {contents, subjects} = planCleanup(inventory, noPolicy({untagged: true})).needs
    expect(new Set(contents)).toEqual(new Set(['new', 'newer'].map(digest)))
    expect(subjects).toEqual([])
    const {needs} = planCleanup(inventory, noPolicy(superseded))
    expect(new Set(needs.contents)).toEqual(
      new Set(['new', 'newer', 'old-amd64', 'new-amd64', 'shared'].map(digest))
    )
  })
})

it('has one hash for one outcome', () => {
  const hash = (policy: Partial<RetentionPolicy>): string =>
    planHash([{image: 'a/b', plan: plan(TWO, policy)}])
  expect(hash(superseded)).toBe(hash({...superseded, orphans: true}))
  expect(hash(superseded)).not.toBe(hash({}))
})

describe('patterns', () => {
  it.each([
    ['glob:', 'missing'],
    ['nightly-*', 'glob: or regex:'],
    ['regex:(', 'Invalid']
  ])('refuse %s', (text, fault) => {
    expect(() => parseTagPattern(text)).toThrow(new RegExp(fault.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
  })

  it('want one number', () => {
    expect(() => parseNumberedPattern('pr-*')).toThrow(/\{number\}/)
  })
})

describe('the size of what goes', () => {
  const sizesOf = (nodes: Record<string, Node>) =>
    Object.fromEntries(
      plan(nodes, {deleteTags: patterns('pr-1')})
        .waves.flat()
        .map(({digest: of, size, wholeSize}) => [
          Object.keys(nodes).find(name => digest(name) === of) ?? '',
          [size, wholeSize]
        ])
    )

  it('of an index is that of all its parts, each counted once; of an image its own', () => {
    const nodes: Record<string, Node> = {
      root: {tags: ['pr-1'], children: ['inner', 'x'], size: 1},
      inner: {children: ['x', 'y'], size: 10},
      x: {size: 100},
      y: {size: 1000}
    }
    expect(sizesOf(nodes)).toEqual({
      root: [1, 1111],
      inner: [10, 1110],
      x: [100, undefined],
      y: [1000, undefined]
    })
    expect(sizesOf({...nodes, y: {}})).toMatchObject({root: [1, undefined], inner: [10, undefined]})
  })
})
