import {describe, expect, it} from '@jest/globals'
import {parseDeletionRule, parseKeptSelector, parseNewestRule} from '../../src/cleanup/cleanup-rules.js'
import type {CleanupPlan} from '../../src/cleanup/policy/cleanup-plan.js'
import {planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import {parseNumberedPattern} from '../../src/patterns/tag-pattern.js'
import {type Node, inventoryOf, patterns, plan, tagged, tagsOf, waves} from './named-worlds.js'
import {DAY, digest, noPolicy} from './worlds.js'

type Nodes = Readonly<Record<string, Node>>

const gone = (made: CleanupPlan): string[] => made.waves.flat().map(one => one.digest)
const deleting = (...texts: readonly string[]) => ({deleteTags: texts.map(parseDeletionRule)})
const keeping = (...texts: readonly string[]) => ({keepTags: texts.map(parseKeptSelector)})
const newest = (...texts: readonly string[]) => ({keepNewest: texts.map(parseNewestRule)})
const reasons = ({kept}: CleanupPlan): string => kept.map(({reason}) => reason).join('\n')

/** Images of one tag, one a day, the first the newest. */
const daily = (...tags: readonly string[]): Record<string, Node> =>
  Object.fromEntries(tags.map((tag, at) => [tag, {tags: [tag], age: at + 2}]))

describe('what is named exactly', () => {
  const versions = tagged('2.0.0', '2.0.0-alpine', '1.0.0', 'latest')

  it.each([['2.0.0-alpine'], ['2.0.0'], ['latest']])(
    'goes, though it guards itself against patterns: %s',
    tag => {
      expect(tagsOf(plan(versions, deleting(tag)))).toEqual([tag])
      expect(tagsOf(plan(versions, deleting(`glob:${tag}*`)))).not.toContain(tag)
    }
  )

  it('stays where keep-tags names it, too', () => {
    expect(tagsOf(plan(versions, {...deleting('2.0.0'), ...keeping('2.0.0')}))).toEqual([])
  })

  const nodes: Nodes = {
    index: {tags: ['1.0.0', 'sha-1'], children: ['amd64']},
    amd64: {},
    loose: {},
    outer: {tags: ['all'], children: ['inner']},
    inner: {}
  }

  it('by its digest goes with its tags and its children', () => {
    expect(waves(plan(nodes, deleting(digest('index'))), nodes)).toEqual([['index'], ['amd64']])
    expect(waves(plan(nodes, deleting(digest('loose'))), nodes)).toEqual([['loose']])
  })

  it('by its digest stays where something that stays reaches it, and says so', () => {
    const made = plan(nodes, deleting(digest('inner')))
    expect(made.waves).toEqual([])
    expect(reasons(made)).toBe('reached by what stays')
  })

  it.each([['1.0.0'], ['glob:1*'], [digest('index')]])(
    'stays with all tags of the image that keep-images names: %s',
    text => {
      const kept = {keepImages: [parseKeptSelector(text)]}
      expect(tagsOf(plan(nodes, {...deleting('glob:*', 'sha-1'), ...kept}))).toEqual(['all'])
      const made = plan(nodes, {...newest('1'), ...kept})
      expect([tagsOf(made), reasons(made)]).toEqual([[], ''])
    }
  )

  it('says that keep-images matches nothing', () => {
    const kept = {keepImages: [parseKeptSelector('glob:stable-*')]}
    expect(plan(nodes, {...deleting('sha-1'), ...kept}).unmatched).toEqual(['keep-images glob:stable-*'])
  })

  it('by its digest is kept with all its tags, and without any', () => {
    const made = plan(nodes, {...deleting('glob:*'), ...keeping(digest('index')), untagged: true})
    expect(gone(made).sort()).toEqual([digest('loose'), digest('outer'), digest('inner')].sort())
    expect(gone(plan(nodes, {untagged: true, ...keeping(digest('loose'))}))).toEqual([])
  })

  it('goes although it cannot be read, and nothing else with it', () => {
    const broken: Nodes = {...nodes, bad: {tags: ['pr-7'], unreadable: 'blind', age: 200}}
    expect(gone(plan(broken, {...deleting('pr-7'), untagged: true})).sort()).toEqual(
      [digest('bad'), digest('loose')].sort()
    )
  })
})

describe('keep-newest', () => {
  it('keeps so many images by date, and all tags of each', () => {
    const nodes = {...daily('e', 'd', 'c', 'b', 'a'), c: {tags: ['c', 'sha-c'], age: 4}}
    expect(tagsOf(plan(nodes, newest('3')))).toEqual(['a', 'b'])
    expect(tagsOf(plan(nodes, newest('2')))).toEqual(['a', 'b', 'c', 'sha-c'])
  })

  it('counts within a pattern, and leaves the others alone', () => {
    const nodes = daily('main', 'rc-4', 'rc-3', 'rc-2', 'rc-1', 'dev')
    expect(tagsOf(plan(nodes, newest('2 of glob:rc-*')))).toEqual(['rc-1', 'rc-2'])
    expect(tagsOf(plan(nodes, newest('2 of glob:rc-*', '1')))).toEqual(['dev', 'rc-1', 'rc-2'])
  })

  it('takes tags of a pattern from an image that has others', () => {
    const nodes = {...daily('rc-3', 'rc-2'), old: {tags: ['rc-1', 'keep'], age: 9}}
    expect(tagsOf(plan(nodes, newest('2 of glob:rc-*')))).toEqual(['rc-1'])
    expect(gone(plan(nodes, newest('2 of glob:rc-*')))).toEqual([])
  })

  it('does not count what keep-tags names, nor what is too young to go', () => {
    const nodes = daily('d', 'c', 'b', 'a')
    expect(tagsOf(plan(nodes, {...newest('1'), ...keeping('d')}))).toEqual(['a', 'b'])
    expect(tagsOf(plan(nodes, newest('1 older than 4d')))).toEqual(['a'])
    expect(tagsOf(plan(nodes, {...newest('1'), olderThan: 4 * DAY}))).toEqual(['a'])
  })

  it('never takes latest nor the newest version, and adds to what keep-versions keeps', () => {
    const nodes = daily('new', '1.1.0', 'latest', '1.0.0', '0.9.0')
    expect(tagsOf(plan(nodes, newest('1')))).toEqual(['0.9.0', '1.0.0'])
    expect(tagsOf(plan(nodes, {...newest('1'), keepVersions: 2}))).toEqual(['0.9.0'])
    expect(tagsOf(plan(nodes, {...newest('4'), keepVersions: 1}))).toEqual(['0.9.0'])
  })

  it('counts an image once, and no platform of another image that has a tag of its own', () => {
    const nodes: Nodes = {
      index: {tags: ['a', 'b'], children: ['amd64'], age: 2},
      amd64: {tags: ['a-amd64'], age: 2},
      old: {tags: ['o'], age: 5}
    }
    expect(tagsOf(plan(nodes, newest('2')))).toEqual([])
    expect(tagsOf(plan(nodes, newest('1')))).toEqual(['o'])
  })
})

describe('whole-images', () => {
  const nodes: Nodes = {
    ...daily('2.0.0', '1.9.0'),
    old: {tags: ['1.0.0', 'sha-1'], age: 50},
    pinned: {tags: ['0.9.0', 'stable', 'sha-0'], age: 60}
  }

  it('lets an image go with all its tags', () => {
    expect(tagsOf(plan(nodes, {keepVersions: 2}))).toEqual(['0.9.0', '1.0.0'])
    expect(gone(plan(nodes, {keepVersions: 2}))).toEqual([])
    const made = plan(nodes, {keepVersions: 2, wholeImages: true, ...keeping('stable')})
    expect(tagsOf(made)).toEqual(['1.0.0', 'sha-1'])
    expect(made.waves.flat()[0]?.reason).toContain('an older version')
  })

  it('keeps an image with all its tags for one that is kept, and says for which', () => {
    const made = plan(nodes, {keepVersions: 2, wholeImages: true, ...keeping('stable')})
    expect(reasons(made)).toContain('stays whole for stable, kept by keep-tags stable')
  })

  it('keeps an image for a version that a number keeps', () => {
    const two: Nodes = {...nodes, also: {tags: ['1.8.0', 'pr-1'], age: 9}}
    const made = plan(two, {keepVersions: 3, wholeImages: true, ...deleting('glob:pr-*')})
    expect(tagsOf(made)).not.toContain('pr-1')
  })
})

describe('an age for each rule', () => {
  const nodes: Nodes = {
    ...daily('2.0.0'),
    nightly: {tags: ['n-1'], age: 30},
    dev: {tags: ['d-1'], age: 30},
    loose: {age: 8}
  }

  it('holds for that rule alone', () => {
    const rules = deleting('glob:n-* older than 90d', 'glob:d-* older than 20d')
    expect(tagsOf(plan(nodes, rules))).toEqual(['d-1'])
    const both = {...deleting('glob:n-*'), olderThan: 90 * DAY, untagged: true, untaggedAge: 7 * DAY}
    expect(gone(plan(nodes, both))).toEqual([digest('loose')])
    expect(gone(plan(nodes, {orphans: true, olderThan: 90 * DAY, orphansAge: 7 * DAY}))).toEqual([
      digest('loose')
    ])
  })
})

describe('keep-newest-untagged', () => {
  const nodes: Nodes = {
    ...daily('2.0.0'),
    three: {children: ['three-amd64'], age: 3},
    'three-amd64': {age: 3},
    four: {age: 4},
    'four-sig': {subject: 'four', age: 3},
    five: {children: ['three-amd64', 'five-amd64'], age: 5},
    'five-amd64': {age: 6}
  }

  it('counts images, neither their platforms nor what refers to them', () => {
    expect(gone(plan(nodes, {keepNewestUntagged: 3}))).toEqual([])
    expect(waves(plan(nodes, {keepNewestUntagged: 2}), nodes)).toEqual([['five'], ['five-amd64']])
    expect(waves(plan(nodes, {keepNewestUntagged: 1}), nodes)).toEqual([
      ['five', 'four'],
      ['five-amd64', 'four-sig']
    ])
  })

  it('does not count what is too young', () => {
    expect(gone(plan(nodes, {keepNewestUntagged: 1, untaggedAge: 4 * DAY}))).toEqual([
      digest('five'),
      digest('five-amd64')
    ])
  })
})

describe('images whose platforms are gone', () => {
  const nodes: Nodes = {
    whole: {tags: ['a'], children: ['p']},
    p: {},
    ghost: {tags: ['g', 'g2'], children: ['x', 'y']},
    part: {tags: ['p-1'], children: ['p', 'x']},
    loose: {children: ['x']},
    listed: {tags: ['l'], unreadable: [], isMissing: true},
    newest: {tags: ['3.0.0'], children: ['x']}
  }

  it('are ghosts where none is there, and partial where some are', () => {
    expect(gone(plan(nodes, {ghosts: true})).sort()).toEqual(['ghost', 'loose', 'listed'].map(digest).sort())
    expect(gone(plan(nodes, {partialImages: true}))).toEqual([digest('part')])
  })

  it('stay where they are kept, and say so', () => {
    const made = plan(nodes, {ghosts: true, ...keeping('g')})
    expect(gone(made)).not.toContain(digest('ghost'))
    expect(tagsOf(made)).not.toContain('g2')
    expect(reasons(made)).toContain('still tagged g, g2')
    expect(tagsOf(made)).not.toContain('3.0.0')
  })

  it('are looked for where the registry lists tags alone', () => {
    const {needs} = planCleanup(inventoryOf(nodes, {isWhole: false}), noPolicy({ghosts: true}))
    expect(new Set(needs.presence)).toEqual(new Set(['x', 'y'].map(digest)))
  })
})

describe('versions of two parts', () => {
  it('are versions where there are none of three', () => {
    const nodes = daily('24.10', '24.04', '22.04', '22.04-slim', '20.04')
    expect(tagsOf(plan(nodes, {keepVersions: 2}))).toEqual(['20.04', '22.04'])
    expect(tagsOf(plan(nodes, deleting('glob:*')))).not.toContain('24.10')
  })

  it('are names of lines where there is one of three', () => {
    const nodes = daily('1.10.0', '1.10', '1.9', '0.3')
    expect(tagsOf(plan(nodes, {keepVersions: 1}))).toEqual([])
  })
})

describe('a rule that matches nothing', () => {
  it('is named', () => {
    const rules = {
      ...deleting('glob:nightly-*', '1.0.0', digest('nowhere')),
      ...keeping('stable', 'a'),
      ...newest('3 of glob:rc-*', '5'),
      development: {patterns: patterns('glob:dev-*'), olderThan: 0},
      cache: {patterns: patterns('cache', 'glob:b*'), olderThan: 0},
      pullRequests: {patterns: [parseNumberedPattern('pr-{number}')], closed: new Set<number>()}
    }
    expect(plan(tagged('1.0.0', 'a', 'b'), rules).unmatched).toEqual([
      'keep-tags stable',
      'delete-tags glob:nightly-*',
      `delete-tags ${digest('nowhere')}`,
      'keep-newest 3 of glob:rc-*',
      'pull-request-tags pr-{number}',
      'development-tags glob:dev-*',
      'cache-tags cache'
    ])
  })
})

describe('signatures without an image', () => {
  const nodes: Nodes = {
    ...daily('2.0.0'),
    signature: {subject: 'gone', age: 9},
    loose: {age: 10},
    looser: {age: 11}
  }

  it('go alone by orphaned-referrers, and with platforms that no index names by orphans', () => {
    expect(gone(plan(nodes, {orphanedReferrers: true}))).toEqual([digest('signature')])
    expect(gone(plan(nodes, {orphans: true}))).toHaveLength(3)
  })

  it('leave images without a tag to the number of those to keep', () => {
    const made = plan(nodes, {orphans: true, keepNewestUntagged: 1})
    expect(gone(made).sort()).toEqual([digest('signature'), digest('looser')].sort())
  })
})

describe('a number of images to keep', () => {
  it('counts no image that goes for what it lacks', () => {
    const nodes: Nodes = {
      ghost: {tags: ['e'], children: ['gone'], age: 2},
      ...daily('d', 'c', 'b'),
      'untagged ghost': {children: ['gone'], age: 2},
      loose: {age: 3}
    }
    expect(tagsOf(plan(nodes, {...newest('2'), ghosts: true}))).toEqual(['b', 'e'])
    expect(gone(plan(nodes, {keepNewestUntagged: 1, ghosts: true}))).not.toContain(digest('loose'))
  })
})
