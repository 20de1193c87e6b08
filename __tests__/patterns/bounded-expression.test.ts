import {describe, expect, it} from '@jest/globals'
import {SlowExpression, boundedExpression} from '../../src/patterns/bounded-expression.js'
import {fc} from '../support/random.js'

/** What JavaScript's own expression finds. */
function native(source: string, flags: string, text: string): (string | undefined)[] | undefined {
  const found = new RegExp(source, flags).exec(text)
  return found === null ? undefined : Array.from(found)
}

describe('a bounded expression finds what JavaScript finds', () => {
  it.each([
    ['v(\\d+)\\.(\\d+)', '', 'release v1.22'],
    ['^(?!v\\d+\\.\\d+).*$', '', 'v1.2.3'],
    ['^(?!v\\d+\\.\\d+).*$', '', 'nightly'],
    ['(?<=-)rc\\.?(\\d+)', '', '1.2.3-rc.4'],
    ['(?<!-)(?<name>rc)', '', 'rc-rc'],
    ['(z)((a+)?(b+)?(c))*', '', 'zaacbbbcac'],
    ['(a*)*', '', 'b'],
    ['(?:a|ab)(?:c|bcd)(d*)', '', 'abcd'],
    ['(a*?)(a{2,3}?)(a*)', '', 'aaaaaa'],
    ['(?=(a+))a*b', '', 'baaabac'],
    ['(.*?)a(?!(a+)b)', '', 'baaabaac'],
    ['(?<=(\\d+)(\\d+))$', '', '1053'],
    ['^[\\w.-]+$', 'i', 'Über'],
    ['\\u{1F600}+', 'u', 'x😀😀'],
    ['^.$', 'su', '\n'],
    ['^b', 'm', 'a\nb'],
    ['b', 'y', 'ab'],
    ['\\bfoo\\b', '', 'a foo b'],
    ['a{,3}]{', '', 'a{,3}]{'],
    ['[^]\\cJ\\0\\x41\\/\\-', '', '?\n\0A/-'],
    ['\\p{Lu}\\P{Lu}', 'u', 'xÄä'],
    ['(?:(?:x?){0,30})y', '', 'xxxy'],
    ['', '', 'a']
  ])('%s with the flags "%s" in %j', (source, flags, text) => {
    expect(boundedExpression(source, flags).find(text)).toEqual(native(source, flags, text))
  })

  const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$', '-')
  const quantifier = fc.constantFrom(
    '',
    '',
    '',
    '*',
    '+',
    '?',
    '*?',
    '+?',
    '??',
    '{2}',
    '{1,2}',
    '{0,2}?',
    '{1,}'
  )
  const {expression} = fc.letrec<{expression: string; term: string}>(tie => ({
    term: fc.oneof(
      {maxDepth: 4},
      fc.tuple(atom, quantifier).map(([text, times]) => (/^(?:\\b|\^|\$)$/.test(text) ? text : text + times)),
      fc
        .tuple(fc.constantFrom('(', '(', '(?:', '(?=', '(?!', '(?<=', '(?<!'), tie('expression'), quantifier)
        .map(([opening, body, times]) => `${opening}${body})${/^\(\?[<=!]/.test(opening) ? '' : times}`)
    ),
    expression: fc.oneof(
      {maxDepth: 4},
      fc.array(tie('term'), {minLength: 0, maxLength: 3}).map(terms => terms.join('')),
      fc.tuple(tie('expression'), tie('expression')).map(options => options.join('|'))
    )
  }))

  it('whatever it is made of, in whatever text: groups and all', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '-', 'A', '\n'), {maxLength: 7})
      .map(all => all.join(''))
    fc.assert(
      fc.property(expression, text, fc.constantFrom('', 'i', 'u', 'm', 's'), (source, given, flags) => {
        expect(boundedExpression(source, flags).find(given)).toEqual(native(source, flags, given))
      }),
      {numRuns: 4_000}
    )
  })
})

/** Each takes JavaScript's own longer than anybody waits, or all memory, or a full stack. */
const HOSTILE: readonly (readonly [source: string, text: string])[] = [
  ['^(a+)+$', `${'a'.repeat(60)}!`],
  ['^(?:(?:a+)+)+$', `${'a'.repeat(60)}!`],
  ['^(a|a)*$', `${'a'.repeat(60)}!`],
  ['^(a|aa)+$', `${'a'.repeat(90)}!`],
  ['^(a*)*$', `${'a'.repeat(60)}!`],
  ['^(a?){60}a{60}$', 'a'.repeat(59)],
  [`${'a?'.repeat(40)}${'a'.repeat(40)}`, 'a'.repeat(39)],
  ['^(.*)*=$', 'x'.repeat(128)],
  [`^${'.*'.repeat(12)}=$`, 'x'.repeat(128)],
  ['(?=(a+)+$)', `${'a'.repeat(60)}!`],
  ['(?!(a+)+$)b', `${'a'.repeat(60)}!`],
  ['(?<=^(a+)+)!', `${'a'.repeat(60)}?`],
  ['^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*$', `${'a'.repeat(80)}!`],
  ['^(\\w+\\s?)*$', `${'a'.repeat(60)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(60)],
  ['^(?:.*a){20}$', `${'a'.repeat(19)}${'b'.repeat(60)}`],
  ['(x+x+)+y', 'x'.repeat(80)],
  ['\\d*\\d*\\d*\\d*\\d*\\d*\\d*\\d*-', '1'.repeat(200)],
  ['^(?:v?\\d+\\.?)+(?:-(?:rc|beta)\\.?\\d*)*$', `v${'1'.repeat(100)}!`]
]

const REFUSED: readonly (readonly [what: string, source: string, why: RegExp])[] = [
  ['a reference to a group', '(a)\\1', /refers to a group/],
  ['a reference to a name', '(?<n>a)\\k<n>', /refers to a group/],
  ['powers of repetitions', '(((a{1000}){1000}){1000})', /more than 4000 steps/],
  ['repetitions of nothing', '(?:(?:(?:){100000}){100000}){100000}', /more than/],
  ['a count beyond all numbers', 'a{0,99999999999999999999}', /more than 4000 steps/],
  ['groups within groups', `${'(?:'.repeat(100)}a${')'.repeat(100)}`, /50 deep/],
  ['many groups', '()'.repeat(500), /100 groups/],
  ['many that may be empty', '(?:a?)*'.repeat(20), /may be empty/],
  ['a long one', 'a'.repeat(2_001), /2000 characters/],
  ['what is newer', '[[a-z]--b]', /flags/]
]

describe('an expression of a stranger', () => {
  it.each(HOSTILE)('%s takes no more than its work', (source, text) => {
    expect(boundedExpression(source).find(text)).toBeUndefined()
  })

  it.each(REFUSED)('is refused for %s', (what, source, why) => {
    const read = (): unknown => boundedExpression(source, what === 'what is newer' ? 'v' : '')
    expect(read).toThrow(SlowExpression)
    expect(read).toThrow(why)
  })

  it('takes no more than a million steps, whatever it is', () => {
    const source = `(?:${'(?=(?:a|b)*(?:a|b)*$)'.repeat(60)}(?:a|b))*!`
    expect(() => boundedExpression(source).find('ab'.repeat(2_000))).toThrow(/more than 1000000 steps/)
  })

  it('is held against no endless text', () => {
    expect(() => boundedExpression('a').find('a'.repeat(4_097))).toThrow(SlowExpression)
  })
})
