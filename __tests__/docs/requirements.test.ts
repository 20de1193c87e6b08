import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {anchorOf, headingsOf, readDocument} from './documents.js'

const DOCUMENT = 'docs/requirements.md'

/** How many requirements each reference system has. */
const SYSTEMS = {'000': 34, '001': 43, '002': 46, '003': 39, '004': 30}

const IDS = Object.entries(SYSTEMS).flatMap(([system, count]) =>
  Array.from({length: count}, (_, index) => `${system}.${index + 1}`)
)

interface Row {
  readonly id: string
  readonly where: string
}

/** A row of the tables: id, what is asked for, where it is shown, what is lacking. */
function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| (\d{3}\.\d+) (.*)\|$/gm)].map(([, id = '', rest = '']) => ({
    id,
    where: rest.split(/(?<!\\)\|/)[2]?.trim() ?? ''
  }))
}

/** What a row names that is not there: files, headings of documents, and texts of files. */
function faultsOf({id, where}: Row): string[] {
  const links = [...where.matchAll(/\[[^\]]*\]\(([^)#]+)(?:#([^)]+))?\)([^[]*)/g)]
  if (links.length === 0) return [`${id} names nothing`]
  return links.flatMap(([, target = '', anchor, behind = '']) => {
    const file = path.posix.join('docs', target)
    const text = readDocument(file)
    if (text === undefined) return [`${id}: there is no ${file}`]
    const quoted = [...behind.matchAll(/(`+) ?(.+?) ?\1/g)].map(([, , quote = '']) =>
      quote.replaceAll('\\|', '|')
    )
    const missing = quoted
      .filter(quote => !text.includes(quote))
      .map(quote => `${id}: ${file} has no ${quote}`)
    const isThere = anchor === undefined || headingsOf(text).some(heading => anchorOf(heading) === anchor)
    return isThere ? missing : [...missing, `${id}: ${file} has no heading #${anchor}`]
  })
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
    ['nothing', 'somewhere', '000.1 names nothing'],
    ['a file that is not there', '[x](../nowhere.md)', '000.1: there is no nowhere.md'],
    ['a text that is not there', '[x](../LICENSE) `not there`', '000.1: LICENSE has no not there'],
    ['a heading that is not there', '[x](builds.md#nope)', '000.1: docs/builds.md has no heading #nope']
  ])('would be found out to name %s', (_, where, fault) => {
    expect(faultsOf({id: '000.1', where})).toEqual([fault])
  })
})
