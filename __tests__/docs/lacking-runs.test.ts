import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {readDocument} from './documents.js'

/** What shows each row of the table of runs that lack something: a file of tests, and the title of one. */
const SHOWN: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'pull request of a fork, or of Dependabot': [
    ['lacking-builders', 'builds, publishes nothing, and says what it goes without: %s'],
    ['cache-poisoning', 'neither reads nor writes the cache %s in %s']
  ],
  'builder without what an input asks for': [
    ['lacking-builders', '%s: %s is refused before it builds, by its input'],
    ['builder-support', 'takes the next that can']
  ],
  'builder that is too old for a feature': [
    ['lacking-builders', '%s: %s is refused before it builds, by its input'],
    ['builder-support', 'is said by its input, with what to do']
  ],
  'cache that cannot be read or written': [
    ['build-by-digest-cache', 'never fail a build, whatever is wrong with them'],
    ['build-by-digest-cache', 'do not fail a build that they cannot be written in']
  ],
  'login that is missing': [['lacking-builders', 'is told so before it builds']]
}

/** The first cells of the table behind a line of a document. */
function rowsBehind(text: string, line: string): string[] {
  const [, behind = ''] = text.split(line)
  const [, table = ''] = /^\n*((?:\|.*\n)+)/.exec(behind) ?? []
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map(row => row.split('|')[1]?.trim() ?? '')
}

describe('the table of runs that lack something', () => {
  it('has the rows that tests show, and no other', () => {
    const rows = rowsBehind(
      readDocument('docs/builds.md') ?? '',
      'What happens in a run that lacks something:'
    )
    expect(rows).toEqual(Object.keys(SHOWN))
  })

  it.each(Object.entries(SHOWN).flatMap(([row, tests]) => tests.map(([file, title]) => [row, file, title])))(
    'is shown: %s, by %s',
    (_, file, title) => {
      const text = readFileSync(path.resolve(import.meta.dirname, `../building/${file}.test.ts`), 'utf8')
      expect(text).toContain(title)
    }
  )
})
