import {describe, expect, it} from '@jest/globals'
import {
  type BuildSecret,
  parseSecretFile,
  parseSecretValues,
  parseSecretVariable
} from '../../src/building/inputs/build-secret.js'
import {linesTo, parseInputs} from '../../src/command/input.js'

/** What is thrown, as text. */
const faultOf = (work: () => unknown): string => {
  try {
    work()
  } catch (fault) {
    return String(fault)
  }
  return ''
}

const value = (id: string, text: string) => ({id, source: {kind: 'value', value: text}})

describe('parseSecretValues', () => {
  it.each<[string, string, ReturnType<typeof value>[]]>([
    ['one', 'token=abc', [value('token', 'abc')]],
    ['equals signs in it', 'token=a=b=', [value('token', 'a=b=')]],
    ['two', 'a=1\nb=2\n', [value('a', '1'), value('b', '2')]],
    ['commas in it', 'a=1,2', [value('a', '1,2')]],
    [
      'several lines in quotes',
      '"key=one\ntwo\n three"\nb=2',
      [value('key', 'one\ntwo\n three'), value('b', '2')]
    ],
    ['quotes in quotes', '"json={""a"": 1}"', [value('json', '{"a": 1}')]],
    ['quotes in the middle', 'json={"a": 1}', [value('json', '{"a": 1}')]],
    ['a last line break, which a key of OpenSSH needs', '"key=a\nb\n"', [value('key', 'a\nb\n')]],
    ['white space around it', 'a= x \n', [value('a', ' x ')]],
    ['line breaks of Windows', '"a=1\r\n2"', [value('a', '1\r\n2')]],
    ['one that is empty', 'a=\nb=1', [value('a', ''), value('b', '1')]]
  ])('%s', (_title, text, expected) => expect(parseSecretValues(text)).toEqual(expected))

  it('says which entry is none, and not what is there', () => {
    const table = {
      secrets: linesTo<readonly BuildSecret[]>({summary: '', secret: true}, parseSecretValues, [])
    }
    expect(() => parseInputs(table, {secrets: 'a=1\nhunter2\nhunter3'})).toThrow(
      expect.objectContaining({
        issues: [
          {input: 'secrets', message: expect.stringMatching(/^entry 2 .*not shown/)},
          {input: 'secrets', message: expect.stringMatching(/^entry 3 .*not shown/)}
        ]
      })
    )
  })

  it.each(['hunter2', '=hunter2', 'a b=hunter2', '"a=hunter2'])('refuses %s and does not show it', text => {
    const fault = faultOf(() => parseSecretValues(text))
    expect(fault).not.toBe('')
    expect(fault).not.toContain('hunter2')
  })
})

describe('parseSecretVariable and parseSecretFile', () => {
  it('read what they name', () => {
    expect(parseSecretVariable('a=TOKEN')).toEqual({id: 'a', source: {kind: 'variable', name: 'TOKEN'}})
    expect(parseSecretFile('a=./b c.txt')).toEqual({id: 'a', source: {kind: 'file', file: './b c.txt'}})
  })

  it('do not show what may be the secret itself', () => {
    expect(faultOf(() => parseSecretVariable('a=ghp_$ecret'))).not.toContain('$ecret')
    expect(() => parseSecretFile('a=b,c')).toThrow(/comma/)
  })
})
