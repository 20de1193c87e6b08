import {describe, expect, it} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {parseConfigFile} from '../../src/planning/settings/config-file.js'
import {InputError} from '../../src/errors.js'
import {fc} from '../support/random.js'

const bomb = (levels: number): string =>
  [
    'labels:',
    '  a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({length: levels}, (_, level) => {
      const aliases = Array.from({length: 9}, () => `*a${level}`).join(', ')
      return `  a${level + 1}: &a${level + 1} [${aliases}]`
    })
  ].join('\n')

/** What is said of a file; `read` where nothing is. */
function read(text: string): string {
  try {
    parseConfigFile('s.yml', text, {table: computeTags.inputs, others: []})
    return 'read'
  } catch (error) {
    if (error instanceof InputError)
      return error.issues.map(({input, message}) => `${input}: ${message}`).join('\n')
    throw error
  }
}

describe('a file of settings that is made to take time or memory', () => {
  it.each([
    [
      'aliases of lists of aliases',
      bomb(9),
      /^s\.yml:\d+: stands for more than 20000 entries by its aliases$/
    ],
    [
      'the same in a map that is merged',
      `${bomb(7)}\nannotations: {<<: *a7}`,
      /stands for more than 20000 entries/
    ],
    ['a map that holds itself', 'labels: &a\n  x: *a', /^s\.yml:\d: leads back to itself by an alias$/],
    ['a list that holds itself', 'images: &a [*a]', /leads back to itself/],
    ['a circle of two', 'labels: &a {x: &b {y: *a}}', /leads back to itself/],
    ['a key that holds itself', 'labels: &a {? *a : x}', /leads back to itself|implicit|map/i],
    ['brackets', `images: ${'['.repeat(100_000)}`, /^s\.yml:1: is nested more than 32 deep$/],
    ['closed brackets', `images: ${'['.repeat(5000)}${']'.repeat(5000)}`, /is nested more than 32 deep/],
    ['braces', `labels: ${'{a: '.repeat(5000)}`, /is nested more than 32 deep/],
    ['dashes', `images:\n  ${'- '.repeat(20_000)}`, /is nested more than 32 deep/],
    ['question marks', '? '.repeat(20_000), /is nested more than 32 deep/],
    [
      'indentation',
      Array.from({length: 600}, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /nested more than 32 deep/
    ],
    [
      'keys',
      Array.from({length: 20_000}, (_, key) => `a${key}: 1`).join('\n'),
      /has more than 20000 words and signs/
    ],
    ['keys of one name', 'a: 1\n'.repeat(30_000), /has more than 20000 words and signs/],
    [
      'anchors',
      Array.from({length: 3000}, (_, key) => `a${key}: &b${key} 1`).join('\n'),
      /^s\.yml:\d+: has more than 100 anchors$/
    ],
    ['bytes', `images: ${'a'.repeat(300_000)}`, /^s\.yml:1: is larger than 262144 bytes$/],
    ['comments', '# a\n'.repeat(60_000), /has more than 20000 words and signs/],
    ['commas', `images: [${'a,'.repeat(20_000)}]`, /has more than 20000 words and signs/],
    ['documents', '---\n'.repeat(30_000), /has more than 20000 words and signs/]
  ])('is refused in one line: %s', (_, text, expected) => {
    expect(read(text)).toMatch(expected)
  })

  it.each([
    ['aliases', 'labels: &x {a: b}\nannotations: *x'],
    ['lists in maps', 'variants:\n  debug: {tags: [a, b]}'],
    [
      'two hundred images',
      `images:\n${Array.from({length: 200}, (_, one) => `  - ghcr.io/o/i${one}`).join('\n')}`
    ],
    ['long comments', `${'# a comment that explains it all\n'.repeat(500)}images: a/b`]
  ])('is not one that has %s', (_, text) => {
    expect(read(text)).not.toMatch(/more than|leads back/)
  })

  it('is refused or read, never more, whatever bytes it has', () => {
    const pieces = fc.constantFrom(
      ...[
        'a: ',
        '&a ',
        '*a',
        '[',
        ']',
        '{',
        '}',
        '- ',
        '? ',
        ': ',
        ', ',
        '\n',
        '  ',
        '|\n',
        '>\n',
        '"',
        "'",
        '#',
        '!!x ',
        '<<: '
      ],
      ...['---\n', '...\n', '%YAML 1.2\n', '\t', '\u0000', '\u0085', '\ufeff', 'images: ', 'labels: ', 'x']
    )
    fc.assert(
      fc.property(fc.array(pieces, {maxLength: 60}), texts => {
        expect(typeof read(texts.join(''))).toBe('string')
      }),
      {numRuns: 2000}
    )
  })
})
