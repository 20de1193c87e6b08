import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {readDocument} from './documents.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith(ending))
    .map(file => path.posix.join(folder, file))

const [terms = '', refused = ''] = (readDocument('docs/glossary.md') ?? '').split(
  '## Words that are not used'
)
const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| ([^|]+?) +\|/gm)]
    .map(([, cell = '']) => cell)
    .filter(cell => !/^(-+|word|not)$/.test(cell))

/** Texts that people read, by file: prose of documents, and lines of the source that are no comments. */
function texts(): Map<string, string> {
  const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs', '.md')]
  const sources = filesBelow('src', '.ts').filter(file => !file.endsWith('page-assets.ts'))
  const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
  return new Map([
    ...documents.filter(file => file !== 'docs/glossary.md').map(file => [file, read(file)] as const),
    ...sources.map(file => [file, read(file).replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')] as const)
  ])
}

describe('the glossary', () => {
  const all = new Map([...texts()].map(([file, text]) => [file, text.replace(/\s+/g, ' ')]))

  it('keeps its words out of all that people read', () => {
    const words = firstCells(refused)
    expect(words.length).toBeGreaterThan(15)
    const escaped = words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const pattern = new RegExp(`(?<!\\w)(?:${escaped.join('|')})(?!\\w).{0,30}`, 'gi')
    const found = [...all].flatMap(([file, text]) =>
      (text.match(pattern) ?? []).map(hit => `${file}: ${hit}`)
    )
    expect(found).toEqual([])
  })

  it('has words that are used', () => {
    const words = firstCells(terms)
    expect(words.length).toBeGreaterThan(15)
    const whole = [...all.values()].join(' ').toLowerCase()
    expect(words.filter(word => !whole.includes(word.replace(/ of a tag$/, '').toLowerCase()))).toEqual([])
  })
})
