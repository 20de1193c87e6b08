import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {anchorOf, headingsOf, readDocument, titlesOf} from './documents.js'

const DOCUMENT = 'docs/requirements.md'

/** How many requirements each reference system has. */
const SYSTEMS = {'000': 34, '001': 43, '002': 46, '003': 39, '004': 30}

const IDS = Object.entries(SYSTEMS).flatMap(([system, count]) =>
  Array.from({length: count}, (_, index) => `${system}.${index + 1}`)
)

interface Row {
  readonly id: string
  readonly where: string
  readonly lacking: string
}

/** A row of the tables: id, what is asked for, where it is shown, what is lacking. */
function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| (\d{3}\.\d+) (.*)\|$/gm)].map(([, id = '', rest = '']) => {
    const cells = rest.split(/(?<!\\)\|/).map(cell => cell.trim())
    return {id, where: cells[2] ?? '', lacking: cells[3] ?? ''}
  })
}

/** How a row says that nothing asserts it. */
const UNTESTED = /^(no test|not met): \S/

interface Citation {
  readonly file: string
  readonly anchor: string | undefined
  readonly quotes: readonly string[]
}

function citationsOf(where: string): Citation[] {
  const links = [...where.matchAll(/\[[^\]]*\]\(([^)#]+)(?:#([^)]+))?\)([^[]*)/g)]
  return links.map(([, target = '', anchor, behind = '']) => ({
    file: path.posix.join('docs', target),
    anchor,
    quotes: [...behind.matchAll(/(`+) ?(.+?) ?\1/g)].map(([, , quote = '']) => quote.replaceAll('\\|', '|'))
  }))
}

/** What a row names that is not there, and whether a test asserts it or it says that none does. */
function faultsOf({id, where, lacking}: Row): string[] {
  const citations = citationsOf(where)
  if (citations.length === 0) return [`${id} names nothing`]
  const isTested = citations.some(({file, quotes}) => isTest(file) && quotes.length > 0)
  const untested =
    isTested === UNTESTED.test(lacking)
      ? [`${id} names ${isTested ? 'a test, and says that there is none' : 'no test, and does not say so'}`]
      : []
  return [...citations.flatMap(citation => citationFaults(id, citation)), ...untested]
}

function citationFaults(id: string, {file, anchor, quotes}: Citation): string[] {
  const text = readDocument(file)
  if (text === undefined) return [`${id}: there is no ${file}`]
  const titles = isTest(file) ? titlesOf(text) : undefined
  if (titles !== undefined && quotes.length === 0) return [`${id}: ${file} is named without a test`]
  const isThere = (quote: string): boolean => titles?.has(quote) ?? text.includes(quote)
  const missing = quotes
    .filter(quote => !isThere(quote))
    .map(quote => `${id}: ${file} has no ${titles === undefined ? '' : 'test '}${quote}`)
  const isHeading = anchor === undefined || headingsOf(text).some(heading => anchorOf(heading) === anchor)
  return isHeading ? missing : [...missing, `${id}: ${file} has no heading #${anchor}`]
}

function isTest(file: string): boolean {
  return /^__tests__\/.*\.ts$/.test(file)
}

describe('the map of requirements', () => {
  const rows = rowsOf(readDocument(DOCUMENT) ?? '')

  it('has each of the 192 requirements once, in their order', () => {
    expect(IDS).toHaveLength(192)
    expect(rows.map(({id}) => id)).toEqual(IDS)
  })

  it('names what is there: files, headings, and the titles of tests', () => {
    expect(rows.flatMap(faultsOf)).toEqual([])
  })

  it.each([
    ['nothing', 'somewhere', 'names nothing'],
    ['a file that is not there', '[x](../nowhere.md)', ': there is no nowhere.md'],
    ['a text that is not there', '[x](../LICENSE) `not there`', ': LICENSE has no not there'],
    ['a heading that is not there', '[x](builds.md#nope)', ': docs/builds.md has no heading #nope'],
    [
      'a test by what it says, not by its title',
      '[x](../__tests__/errors.test.ts) `expect`',
      ': __tests__/errors.test.ts has no test expect'
    ],
    [
      'a file of tests alone',
      '[x](../__tests__/errors.test.ts)',
      ': __tests__/errors.test.ts is named without a test'
    ],
    ['no test', '[x](builds.md)', 'names no test, and does not say so']
  ])('would be found out to name %s', (_, where, fault) => {
    expect(faultsOf({id: '000.1', where, lacking: ''})).toContainEqual(
      expect.stringContaining(`000.1${fault.startsWith(':') ? '' : ' '}${fault}`)
    )
  })
})
