import {describe, expect, it} from '@jest/globals'
import {parseBuildArgument} from '../../src/building/inputs/build-argument.js'
import {splitEntries} from '../../src/command/entries.js'
import {entries, parseInputs} from '../../src/command/input.js'
import {parseEntry} from '../../src/command/key-value.js'

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
