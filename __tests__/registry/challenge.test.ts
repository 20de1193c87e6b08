import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {type Challenge, parseChallenges} from '../../src/registry/auth/challenge.js'

const bearer = (parameters: Record<string, string>): Challenge => ({scheme: 'bearer', parameters})
const basic = (parameters: Record<string, string>): Challenge => ({scheme: 'basic', parameters})

describe('a WWW-Authenticate header', () => {
  it.each<[string, string, Challenge[]]>([
    ['nothing', '', []],
    ['a scheme alone', 'Basic', [basic({})]],
    ['Basic', 'Basic realm="a registry"', [basic({realm: 'a registry'})]],
    [
      'what distribution says',
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:o/a:pull,push"',
      [
        bearer({
          realm: 'https://auth.example/token',
          service: 'registry.example',
          scope: 'repository:o/a:pull,push'
        })
      ]
    ],
    ['spaces about', 'Bearer   realm = "r" ,  service= "s"', [bearer({realm: 'r', service: 's'})]],
    [
      'values without quotes',
      'Bearer realm=https://a/b?c=d, service=s',
      [bearer({realm: 'https://a/b?c=d', service: 's'})]
    ],
    ['names in any case', 'BEARER REALM="R", Service="S"', [bearer({realm: 'R', service: 'S'})]],
    ['quoted pairs', 'Basic realm="a \\"b\\" \\\\ c"', [basic({realm: 'a "b" \\ c'})]],
    [
      'a comma and an equals sign in quotes',
      'Basic realm="a, b=c, Bearer d"',
      [basic({realm: 'a, b=c, Bearer d'})]
    ],
    ['an empty value', 'Basic realm=""', [basic({realm: ''})]],
    [
      'two challenges',
      'Basic realm="a", Bearer realm="https://b/", service="c"',
      [basic({realm: 'a'}), bearer({realm: 'https://b/', service: 'c'})]
    ],
    [
      'two without parameters',
      'Negotiate, Basic realm="a"',
      [{scheme: 'negotiate', parameters: {}}, basic({realm: 'a'})]
    ],
    [
      'a token68 before another',
      'Negotiate YWJj==, Basic realm="a"',
      [{scheme: 'negotiate', parameters: {}}, basic({realm: 'a'})]
    ],
    [
      'empty list members',
      ', ,Basic realm="a",, Bearer realm="b"',
      [basic({realm: 'a'}), bearer({realm: 'b'})]
    ],
    ['names that are all of a token', 'Basic x-a.b!=1, realm="a"', [basic({'x-a.b!': '1', realm: 'a'})]],
    ['tabs', 'Basic\trealm="a",\tcharset="UTF-8"', [basic({realm: 'a', charset: 'UTF-8'})]]
  ])('with %s', (_, header, expected) => {
    expect(parseChallenges(header)).toEqual(expected)
  })

  it.each([
    ['a quote that does not end', 'Basic realm="a'],
    ['no scheme', '="a"'],
    ['a parameter without scheme', 'realm="a"'],
    ['control characters', '\u0000\u0001']
  ])('with %s is read as far as it can be', (_, header) => {
    expect(parseChallenges(header).every(({parameters}) => parameters['realm'] === undefined)).toBe(true)
  })

  it('comes to the end of a long header', () => {
    const headers = [
      `Bearer ${'a=b, '.repeat(20_000)}`,
      `Bearer realm="${'\\'.repeat(50_000)}`,
      ' ,'.repeat(20_000)
    ]
    expect(headers.map(header => parseChallenges(header).length)).toEqual([1, 1, 0])
  })

  it('gives back any parameters that were written into it', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}$/).filter(text => text !== '__proto__')
    const value = fc.stringMatching(/^[\x20-\x7e]{0,30}$/)
    const parameters = fc.dictionary(name, value, {minKeys: 1, maxKeys: 4, noNullPrototype: true})
    const challenge = fc.record({scheme: fc.constantFrom('basic', 'bearer', 'digest'), parameters})
    fc.assert(
      fc.property(fc.array(challenge, {maxLength: 3}), challenges => {
        expect(parseChallenges(challenges.map(formatChallenge).join(', '))).toEqual(challenges)
      })
    )
  })
})

function formatChallenge({scheme, parameters}: Challenge): string {
  const quoted = Object.entries(parameters).map(
    ([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`
  )
  return `${scheme} ${quoted.join(', ')}`
}
