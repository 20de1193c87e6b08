import {existsSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {readDocument} from './documents.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const PLACES = ['.', 'src', '__tests__', 'scripts']
const NAMES = new Set(
  PLACES.slice(1).flatMap(place =>
    readdirSync(path.join(ROOT, place), {recursive: true, encoding: 'utf8'}).map(file => path.basename(file))
  )
)

/** Names of files and folders in a document's prose: `oci/digest.ts`, `scripts/generate.ts`, `tags/`. */
function pathsIn(markdown: string): string[] {
  const prose = markdown.replace(/^```[^]*?^```/gm, '')
  const spans = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, span = '']) => span)
  return spans.filter(span => /^[\w./-]+(\.ts|\.mjs|\.json|\.yml|\.md|\/)$/.test(span))
}

/** A path is one from the project's folder or from src; a name alone is any file's. */
function isThere(name: string): boolean {
  return PLACES.some(place => existsSync(path.join(ROOT, place, name))) || NAMES.has(name)
}

describe('the paths that contributors are told', () => {
  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('are there: %s', file => {
    const paths = pathsIn(readDocument(file) ?? '')
    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter(name => !isThere(name))).toEqual([])
  })
})

describe('what a newcomer changes', () => {
  const recipes = (readDocument('CONTRIBUTING.md') ?? '')
    .split(/^## /m)
    .filter(text => /^(Add|Teach) /.test(text))
  const roomsOf = (text: string): string[] => [
    ...new Set([...text.matchAll(/`src\/([\w-]+)\//g)].map(([, room = '']) => room))
  ]

  it.each([
    ['Add a tag rule', ['planning']],
    ["Teach it a registry's quirk", ['registry']],
    ['Add a builder', ['building']],
    ['Add a host of packages', ['cleanup']],
    ['Add a CI system', ['ci']],
    // Its order among the others is the build's.
    ['Add a gate', ['checks', 'building']],
    // Another action that has the rule is translated.
    ['Add a clean-up rule', ['cleanup', 'onboarding']]
  ])('is in one room: %s', (title, rooms) => {
    const recipe = recipes.find(text => text.startsWith(`${title}\n`)) ?? ''
    expect(roomsOf(recipe)).toEqual(rooms)
  })
})
