import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {InputError} from '../../src/errors.js'
import {
  choice,
  count,
  duration,
  entries,
  flag,
  type Input,
  InputFaults,
  type InputTable,
  json,
  lines,
  linesTo,
  list,
  parsed,
  parseInputs,
  required,
  separator,
  text
} from '../../src/command/input.js'
import {parsePlatform} from '../../src/oci/platform.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {parseBuildArgument} from '../../src/building/inputs/build-argument.js'
import {splitEntries} from '../../src/command/entries.js'
import {parseEntry} from '../../src/command/key-value.js'

const summary = 'An input of a test.'
const read = <T>(input: Input<T>, given?: string): unknown => parseInputs({input}, {input: given}).input

function faults(table: InputTable, texts: Record<string, string | undefined>): string[] {
  try {
    parseInputs(table, texts)
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

const fault = (input: Input<unknown>, given: string): string | undefined => faults({input}, {input: given})[0]

const parseLength = (item: string): number => {
  if (item.includes('x')) throw new InputFaults([`${item} holds an x`])
  return item.length
}

describe('an input that is', () => {
  it.each<[string, Input<unknown>, unknown, string, unknown]>([
    ['a text', text({summary}), undefined, ' a b ', 'a b'],
    ['a text of a YAML block', text({summary}), undefined, 'a\n', 'a'],
    ['a text with a default', text({summary, default: '.'}), '.', 'a', 'a'],
    ['a parsed text', parsed({summary}, parseTag), undefined, ' 1.0\n', '1.0'],
    ['a parsed text with a default', parsed({summary, default: '1'}, parseTag), '1', '2', '2'],
    ['a flag', flag({summary}), false, 'true', true],
    ['a flag that is set', flag({summary, default: 'true'}), true, ' FALSE ', false],
    ['a choice', choice(['a', 'b'], {summary, default: 'b'}), 'b', ' a ', 'a'],
    ['a list', list({summary}, parseLength), [], 'a,bb', [1, 2]],
    ['a list with a default', list({summary, default: 'a,b'}, parseLength), [1, 1], 'ccc', [3]],
    ['lines', lines({summary}, parseLength), [], 'a,b\ncc', [3, 2]],
    [
      'lines as a whole',
      linesTo({summary}, all => all.split('\n'), ['none']),
      ['none'],
      'a\n#b\n',
      ['a', '#b', '']
    ],
    ['a separator', separator({summary, default: '\n'}), '\n', ' ', ' '],
    ['a separator of a comma', separator({summary, default: '\n'}), '\n', ', ', ', '],
    ['a number', count({summary, min: 1, max: 9, default: '3'}), 3, ' 9 ', 9],
    ['a span of time', duration({summary, default: '24h'}), 86_400_000, '90s', 90_000],
    ['a document', json({summary}, all => JSON.parse(all) as object), undefined, ' {"a":1}\n', {a: 1}]
  ])('%s', (...[, input, absent, given, value]) => {
    for (const nothing of [undefined, ''] as const) expect(read(input, nothing)).toEqual(absent)
    if (!input.keepsBlank) expect(read(input, ' \n ')).toEqual(absent)
    expect(read(input, given)).toEqual(value)
  })

  it.each<[string, Input<unknown>, string, string]>([
    ['a flag', flag({summary}), 'yes', '"yes" is neither true nor false'],
    ['a flag', flag({summary}), 'tRUE', '"tRUE" is neither true nor false'],
    ['a flag', flag({summary}), '1', '"1" is neither true nor false'],
    ['a choice', choice(['docker', 'oci'], {summary, default: 'oci'}), 'dokcer', 'did you mean docker?'],
    [
      'a choice',
      choice(['docker', 'oci'], {summary, default: 'oci'}),
      'OCI',
      'not one of docker, oci; did you mean oci?'
    ],
    [
      'a choice',
      choice(['docker', 'oci'], {summary, default: 'oci'}),
      'something',
      '"something" is not one of docker, oci'
    ],
    [
      'a number',
      count({summary, min: 1, max: 9, default: '3'}),
      '0',
      '"0" is not a whole number from 1 to 9'
    ],
    ['a number', count({summary, min: 1, max: 9, default: '3'}), '10', 'not a whole number from 1 to 9'],
    ['a number', count({summary, min: 1, max: 9, default: '3'}), '-1', 'not a whole number'],
    ['a number', count({summary, min: 1, max: 9, default: '3'}), '1.5', 'not a whole number'],
    ['a number', count({summary, min: 1, max: 99, default: '3'}), '0x10', 'not a whole number'],
    ['a number', count({summary, min: 1, max: 9e9, default: '3'}), '1e3', 'not a whole number'],
    [
      'a span',
      duration({summary, default: '1s'}),
      '5',
      '"5" is not a span of time such as 30s, 24h, 7d or 2w'
    ],
    ['a span', duration({summary, default: '1s'}), '5 s', 'not a span of time'],
    ['a span', duration({summary, default: '1s'}), '-5s', 'not a span of time'],
    ['a span', duration({summary, default: '1s'}), '1h30m', 'not a span of time'],
    ['a span', duration({summary, default: '1s'}), '5y', 'not a span of time'],
    ['a tag', parsed({summary}, parseTag), '.x', 'it starts with "."'],
    ['a tag with what to do', parsed({summary}, parseTag), '.x', 'A tag is 1 to 128 letters']
  ])('%s says what is wrong: %#', (_, input, given, said) => {
    expect(fault(input, given)).toContain(said)
  })
})

it.each([
  ['0', 0],
  ['0s', 0],
  ['15ms', 15],
  ['30s', 30_000],
  ['10m', 600_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000]
])('the span %s has %s ms', (given, milliseconds) => {
  expect(read(duration({summary, default: '1s'}), given)).toBe(milliseconds)
})

describe('a list', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['a, b', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a,\nb,', ['a', 'b']],
    ['\n a ,, b \n', ['a', 'b']],
    ['a b', ['a b']],
    [',', []]
  ])('%j has %j', (given, expected) => {
    expect(
      read(
        list({summary}, item => item),
        given
      )
    ).toEqual(expected)
  })

  it('says each fault of each item', () => {
    const input = list({summary}, parseLength)
    expect(faults({input}, {input: 'a,x1,b\nx2'})).toEqual(['input: x1 holds an x', 'input: x2 holds an x'])
  })

  it('keeps what has no comma, line break or white space at its ends, in its order', () => {
    const item = fc.stringMatching(/^[a-z0-9:/@.=-]{1,10}$/)
    const between = fc.constantFrom(',', '\n', ' , ', ',\n', '\r\n')
    fc.assert(
      fc.property(fc.array(item), between, (items, glue) => {
        expect(
          read(
            list({summary}, one => one),
            items.join(glue)
          )
        ).toEqual(items)
      })
    )
  })
})

describe('lines', () => {
  it.each([
    ['a,b', ['a,b']],
    ['a\nb', ['a', 'b']],
    ['a\r\n\r\nb\r\n', ['a', 'b']],
    ['# a\nb', ['b']],
    ['  # a\nb # c', ['b # c']],
    ['a#b', ['a#b']],
    ['#', []]
  ])('of %j are %j', (given, expected) => {
    expect(
      read(
        lines({summary}, line => line),
        given
      )
    ).toEqual(expected)
  })
})

describe('all inputs of a call', () => {
  const table = {
    images: required(list({summary}, parseRepository)),
    tag: required(parsed({summary}, parseTag)),
    platforms: list({summary}, parsePlatform),
    mode: choice(['all', 'none'], {summary, default: 'all'}),
    'dry-run': flag({summary}),
    token: lines({summary, secret: true}, parseLength)
  }

  it('are read at once', () => {
    expect(parseInputs(table, {images: 'alpine', tag: '1', platforms: 'linux/arm64/v8'})).toEqual({
      images: [{registry: 'docker.io', name: 'library/alpine'}],
      tag: '1',
      platforms: [{os: 'linux', architecture: 'arm64'}],
      mode: 'all',
      'dry-run': false,
      token: []
    })
  })

  it('say all their faults at once, each with its input, and no secret', () => {
    const wrong = {
      tag: 'a b',
      platforms: 'linux/amd46,linux',
      mode: 'al',
      'dry-run': 'maybe',
      token: 'secret-x'
    }
    expect(faults(table, wrong)).toEqual([
      'images: is required',
      expect.stringContaining('tag: "a b" is not a tag: " " is not allowed. A tag is'),
      expect.stringContaining('platforms: "linux/amd46": unknown architecture amd46'),
      expect.stringContaining('platforms: "linux" is not a platform'),
      'mode: "al" is not one of all, none; did you mean all?',
      'dry-run: "maybe" is neither true nor false',
      'token: its value is not valid (not shown, it is a secret)'
    ])
  })

  it('say the faults that the host met, too, and no second one of the same input', () => {
    const found = [{input: 'tag', message: 'there is no file x'}]
    const attempt = (): unknown => parseInputs(table, {}, found)
    expect(attempt).toThrow(InputError)
    expect(attempt).toThrow('tag: there is no file x\nimages: is required')
    expect(attempt).not.toThrow('tag: is required')
  })

  it('are those of the table: others are not looked at', () => {
    expect(parseInputs({a: text({summary})}, {a: 'x', b: 'y'})).toEqual({a: 'x'})
  })
})

describe('splitEntries', () => {
  it.each<[string, string, string[]]>([
    ['lines', 'a=1\nb=2\n', ['a=1', 'b=2']],
    ['lines of Windows', 'a=1\r\n\r\nb=2', ['a=1', 'b=2']],
    ['commas in a line', 'a=1,2', ['a=1,2']],
    ['several lines in quotes', '"a=1\n2\n"\nb=3', ['a=1\n2\n', 'b=3']],
    ['quotes in quotes', '"a={""b"": 1}"', ['a={"b": 1}']],
    ['a quote within', 'a={"b": 1}', ['a={"b": 1}']],
    ['a quoted field among others', 'type=x,"ref=a,b"', ['type=x,ref=a,b']],
    ['quotes around a beginning', '"a"b=c', ['"a"b=c']],
    ['white space', ' a = b ', [' a = b ']],
    ['nothing', '\n\n', []],
    ['an empty pair of quotes', '""', ['']],
    ['what looks like a comment', '#a=b', ['#a=b']]
  ])('takes %s', (_title, text, expected) => expect(splitEntries(text)).toEqual(expected))

  it.each<[string, string, string[]]>([
    ['commas', 'a:1, b:2\nc:3', ['a:1', ' b:2', 'c:3']],
    ['commas in quotes', '"a,b",c', ['a,b', 'c']],
    ['one in quotes', '"a,b"', ['a', 'b']]
  ])('splits at %s where it is told to', (_title, text, expected) =>
    expect(splitEntries(text, {commas: true})).toEqual(expected)
  )

  it('leaves out comments where it is told to, but not within quotes', () =>
    expect(splitEntries('# one\na=1\n  # two\n"b=1\n# 2"\n', {comments: true})).toEqual(['a=1', 'b=1\n# 2']))

  it('shows nothing of a text whose quotes are not closed', () =>
    expect(() => splitEntries('"a=hunter2\nb=1')).toThrow(
      expect.objectContaining({isShown: true, faults: [expect.not.stringContaining('hunter2')]})
    ))
})

describe('the entries of labels and arguments', () => {
  const table = {
    labels: entries({summary: ''}, parseEntry),
    'build-args': entries({summary: ''}, parseBuildArgument)
  }
  const parse = (texts: Record<string, string>) => parseInputs(table, texts)

  it('may have several lines, and keep every byte of a value', () => {
    const {labels, 'build-args': args} = parse({
      labels: '"org.text=one\n two\n"\norg.json={"a": "b"}\norg.spaced= x',
      'build-args': '"TEXT=one\ntwo"\nPLAIN'
    })
    expect(labels).toEqual([
      ['org.text', 'one\n two'],
      ['org.json', '{"a": "b"}'],
      ['org.spaced', ' x']
    ])
    expect(args).toEqual(['TEXT=one\ntwo', 'PLAIN'])
  })

  it('have no key that begins with a quote', () =>
    expect(() => parse({labels: '"org.title"=x'})).toThrow(/begins with a double quote/))
})
