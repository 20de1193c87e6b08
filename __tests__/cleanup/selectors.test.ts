import {describe, expect, it} from '@jest/globals'
import {cleanupInputs} from '../../src/cleanup/cleanup-inputs.js'
import {InputError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {digest} from './worlds.js'

type Patterned = 'keep-tags' | 'delete-tags' | 'development-tags' | 'cache-tags'

const PATTERNED: readonly Patterned[] = ['keep-tags', 'delete-tags', 'development-tags', 'cache-tags']

const read = (input: Patterned, text: string) => parseInputs(cleanupInputs, {[input]: text})[input]

function faultOf(input: Patterned, text: string): string {
  try {
    read(input, text)
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(issue => issue.message).join('\n')
    throw error
  }
  return ''
}

describe.each(PATTERNED)('%s', input => {
  it.each([
    ['dev,stable', ['dev', 'stable']],
    ['dev, stable\n# a comment, with one more\nmain', ['dev', 'stable', 'main']],
    ['glob:nightly-*,regex:v\\d{1,3}(-x)?,main', ['glob:nightly-*', 'regex:v\\d{1,3}(-x)?', 'main']],
    ['glob:{a,b}-*,c', ['glob:{a,b}-*', 'c']],
    ['regex:[,a]+,b', ['regex:[,a]+', 'b']]
  ])('takes %j as %j', (text, patterns) => {
    expect(read(input, text).map(pattern => pattern.text)).toEqual(patterns)
  })

  it.each([
    ['dev;stable', 'is not a tag'],
    ['ghcr.io/o/app:dev', 'the name of the tag alone'],
    ['glob:sha256:*', 'no tag has ":" in it'],
    ['glob:a b', 'no tag has " " in it'],
    ['regex:feature/.*', 'no tag has "/" in it'],
    ['nightly-*', 'glob: or regex:'],
    ['-dev', 'is not a tag'],
    ['regex:(', 'is not a pattern'],
    ['glob:', 'the pattern is missing']
  ])('refuses %j, for it can be no tag', (text, message) => {
    expect(faultOf(input, `main,${text}`)).toContain(message)
  })

  it.each(['regex:(?:a|b)-\\d+', 'regex:(?<name>rc)\\.\\d', 'glob:@(a|b)*', 'glob:[[:digit:]]*'])(
    'takes %s, whose colons and signs are not of the tag',
    text => {
      expect(faultOf(input, text)).toBe('')
    }
  )
})

it.each(['keep-tags', 'delete-tags'] as const)('%s takes a digest', input => {
  const [named] = read(input, digest('old'))
  expect(named).toMatchObject({text: digest('old'), isExact: true, digest: digest('old')})
  expect(faultOf(input, 'sha256:abc')).toContain('is not a digest')
})

it.each(['development-tags', 'cache-tags'] as const)('%s takes no digest, for it is about tags', input => {
  expect(faultOf(input, digest('old'))).toContain('is a digest')
})

describe('an age of its own', () => {
  it('may follow what chooses tags to go', () => {
    const [first, second] = read('delete-tags', 'glob:nightly-* older than 2w, main')
    expect(first).toMatchObject({text: 'glob:nightly-*', olderThan: 14 * 24 * 3_600_000})
    expect(second?.olderThan).toBeUndefined()
  })

  it.each([
    ['delete-tags', 'main older than soon', 'is not a span of time'],
    ['keep-tags', 'main older than 2d', 'stays at any age']
  ] as const)('%s: %s', (input, text, message) => {
    expect(faultOf(input, text)).toContain(message)
  })
})

describe('keep-newest', () => {
  const newest = (text: string) => parseInputs(cleanupInputs, {'keep-newest': text})['keep-newest']

  it('counts images, all or those with a tag of a pattern', () => {
    const [all, some] = newest('10, 3 of glob:*-rc* older than 30d')
    expect(all).toMatchObject({text: '10', count: 10})
    expect(all?.pattern).toBeUndefined()
    expect(some).toMatchObject({text: '3 of glob:*-rc*', count: 3, olderThan: 30 * 24 * 3_600_000})
    expect(some?.pattern?.matches('1.0.0-rc.1')).toBe(true)
  })

  it.each(['0', '-1', 'ten', '3 glob:*', '3 of', '3 of *', '5, 10'])('refuses %j', text => {
    expect(() => newest(text)).toThrow(InputError)
  })
})

it.each([
  ['2w', 14 * 24 * 3_600_000],
  ['1w', 7 * 24 * 3_600_000]
])('min-age takes weeks: %s', (text, value) => {
  expect(parseInputs(cleanupInputs, {'min-age': text})['min-age']).toBe(value)
})
