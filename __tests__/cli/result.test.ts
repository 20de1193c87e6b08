import {describe, expect, it} from '@jest/globals'
import {COMMANDS, loadCommand} from '../../src/commands.js'
import {resultJson, resultTable} from '../../src/cli/result.js'

const OUTPUTS = {
  digest: 'sha256:0a',
  tags: 'ghcr.io/o/app:1.2.3\nghcr.io/o/app:latest',
  kept: '',
  release: '{"schema":1}',
  digests: '{"app":"sha256:0a"}',
  note: '[not JSON'
}

describe('the result of a command line', () => {
  it('is JSON for programs: documents as such, lists as arrays, also empty ones', () => {
    expect(JSON.parse(resultJson({lists: ['tags', 'kept']}, OUTPUTS))).toEqual({
      digest: 'sha256:0a',
      tags: ['ghcr.io/o/app:1.2.3', 'ghcr.io/o/app:latest'],
      kept: [],
      release: {schema: 1},
      digests: {app: 'sha256:0a'},
      note: '[not JSON'
    })
  })

  it('is a table for people, without empty rows and without documents', () => {
    expect(resultTable(OUTPUTS, 60)).toBe(
      [
        'digest  sha256:0a',
        'tags    ghcr.io/o/app:1.2.3',
        '        ghcr.io/o/app:latest',
        'note    [not JSON',
        'More, by --output NAME or --json: release, digests'
      ].join('\n')
    )
  })

  it('names what is long within the width of the terminal', () => {
    const labels = Array.from({length: 9}, (_, at) => `label${at}=x`).join('\n')
    expect(resultTable({labels, plan: '{}', release: '{}', metrics: '[]'}, 50)).toBe(
      'More, by --output NAME or --json: labels, plan,\n  release, metrics'
    )
  })

  it('says nothing where there is nothing', () => {
    expect(resultTable({tags: ''}, 80)).toBe('')
  })
})

describe.each([...COMMANDS.keys()])('the lists of %s', name => {
  it('are its outputs with one value a line', async () => {
    const {outputs, lists = []} = await loadCommand(name)
    const said = Object.entries(outputs).filter(([, summary]) =>
      /^One .* a line\b|, one a line/.test(summary)
    )
    const named = said.map(([output]) => output)
    expect([...lists].filter(one => name !== 'compute-tags' || named.includes(one)).sort()).toEqual(
      named.sort()
    )
    for (const one of lists) expect(Object.keys(outputs)).toContain(one)
  })
})
