import {describe, expect, it} from '@jest/globals'
import {headingsOf, readDocument} from './documents.js'

/** The names of the type ErrorCode, which is gone when the program runs. */
function errorCodes(): string[] {
  const [, union = ''] =
    /export type ErrorCode =\n((?:  \| '\w+'\n)+)/.exec(readDocument('src/errors.ts') ?? '') ?? []
  return [...new Set([...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code))].sort()
}

describe('the page of error codes', () => {
  const page = readDocument('docs/troubleshooting.md') ?? ''

  it('has an entry for every code, by name, and none for what is no code', () => {
    expect(errorCodes().length).toBeGreaterThan(30)
    expect(headingsOf(page).filter(heading => /^[A-Z_]+$/.test(heading))).toEqual(errorCodes())
  })

  it('says of each what it means, shows a line, and says what to do', () => {
    const entries = page.split(/^### (?=[A-Z_]+$)/m).slice(1)
    const lacking = entries.filter(entry => !/^```text\n[^]+^```$/m.test(entry) || !/^- /m.test(entry))
    expect(lacking.map(entry => entry.split('\n')[0])).toEqual([])
  })
})
