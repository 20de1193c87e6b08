import path from 'node:path'
import {readFileSync, readdirSync} from 'node:fs'
import {describe, expect, it} from '@jest/globals'
import ts from 'typescript'
import {readDocument, titlesOf} from './documents.js'

const page = readDocument('docs/security.md') ?? ''
const rows = [
  ...(/## Asset by asset\n([^]*?)\n## /.exec(page)?.[1] ?? '').matchAll(/^\| (?!asset|---)(.*) \|$/gm)
].map(([, row = '']) => row.split(' | '))

/** The suites that a claim names, each with the titles of its tests. */
function citationsIn(cell: string): {file: string; titles: string[]}[] {
  return [...cell.matchAll(/\]\(\.\.\/([^)]+)\)([^[]*)/g)].map(([, file = '', behind = '']) => ({
    file,
    titles: [...behind.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title)
  }))
}

/** How many rows the tables of a suite have: arrays of arrays, or of calls and spreads, in a constant or a call of each. */
function rowsIn(file: string): number {
  const text = readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8')
  let count = 0
  const look = (node: ts.Node): void => {
    const isTable =
      ts.isArrayLiteralExpression(node) &&
      node.elements.length > 1 &&
      node.elements.every(one => ts.isArrayLiteralExpression(one))
    if (isTable) count += node.elements.length
    else ts.forEachChild(node, look)
  }
  look(ts.createSourceFile(file, text, ts.ScriptTarget.Latest))
  return count
}

describe('the page about security', () => {
  it('has a claim for each asset, and each claim a test that is there', () => {
    expect(rows.length).toBeGreaterThanOrEqual(9)
    const faults = rows.flatMap(([asset = '', , holds = '']) => {
      const cited = citationsIn(holds)
      if (cited.every(({titles}) => titles.length === 0)) return [`${asset}: no test`]
      return cited.flatMap(({file, titles}) => {
        const known = titlesOf(readDocument(file) ?? '')
        return titles
          .filter(title => !known.has(title))
          .map(title => `${asset}: ${file} has no test ${title}`)
      })
    })
    expect(faults).toEqual([])
  })

  it('has suites with more than 150 rows of hostile input', () => {
    const files = [...new Set(rows.flatMap(([, , holds = '']) => citationsIn(holds).map(({file}) => file)))]
    const hostile = files.filter(file =>
      /markdown|patterns|expression|bounds|hostile|poisoning|trust|stranger|workflow-commands|foreign-/.test(
        file
      )
    )
    const counts = Object.fromEntries(hostile.map(file => [file, rowsIn(file)]))
    const sum = Object.values(counts).reduce((all, one) => all + one, 0)
    expect({counts, sum: sum >= 150}).toEqual({counts, sum: true})
  })

  it('says how to report a weakness, where GitHub looks for it', () => {
    expect(readDocument('SECURITY.md')).toMatch(/## Report a weakness\n\nPlease report it privately/)
    expect(page).toContain('(../SECURITY.md)')
  })
})

describe('actions of others', () => {
  const ROOT = path.resolve(import.meta.dirname, '../..')
  const below = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'}).map(file =>
      path.join(folder, file)
    )
  const files = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...['docs', 'examples', '.github'].flatMap(below)
  ].filter(file => /\.(md|ya?ml)$/.test(file))
  const uses = files.flatMap(file =>
    [
      ...readFileSync(path.join(ROOT, file), 'utf8').matchAll(
        /^[ `]*(?:- )?uses: *["']?([\w.-]+\/[\w./-]+)@([^\s"'`]+)["'`]?(?: +# *(\S+))?.*$/gm
      )
    ].map(([, action = '', ref = '', version = '']) => ({file, action, ref, version}))
  )
  const foreign = uses.filter(({action}) => !/^(?:[\w-]+)\/image-release(?:\/|$)/.test(action))

  it('are pinned by their commit wherever one is shown, with the version beside it', () => {
    expect(foreign.length).toBeGreaterThan(40)
    const loose = foreign.filter(({ref, version}) => !/^[0-9a-f]{40}$/.test(ref) || !/^v\d/.test(version))
    expect(loose).toEqual([])
  })

  it('are at one commit each, everywhere', () => {
    const commits = new Map<string, Set<string>>()
    for (const {action, ref, version} of foreign) {
      const key = `${action.split('/').slice(0, 2).join('/')} ${version.replace(/[;,].*$/, '')}`
      commits.set(key, (commits.get(key) ?? new Set()).add(ref))
    }
    expect([...commits].filter(([, refs]) => refs.size > 1)).toEqual([])
  })
})
