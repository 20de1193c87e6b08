import {describe, expect, it} from '@jest/globals'
import {parseCacheFlag} from '../../src/building/caches/cache-flag.js'
import {type GhaFacts, ghaFault, withoutDeadGha} from '../../src/building/caches/gha-cache.js'

const part = (claims: unknown): string => Buffer.from(JSON.stringify(claims)).toString('base64url')
const CLAIMS = {ac: '[{"Scope":"refs/heads/main","Permission":3}]', nbf: 1000, exp: 2000}
const tokenOf = (claims: object, header: object = {alg: 'RS256', typ: 'JWT'}): string =>
  `${part(header)}.${part(claims)}.c2ln`
const URL = 'https://results.test/'
const facts = (token: string | undefined, url: string | undefined = URL): GhaFacts => ({
  environment: name => ({ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: url})[name],
  now: 1_500_000
})
const FLAG = 'type=gha,scope=a'
const faultOf = (flag: string, given: GhaFacts): string | undefined =>
  parseCacheFlag(flag)
    .map(entry => ghaFault(entry, given))
    .find(Boolean)

describe('a cache of GitHub for buildx', () => {
  it('is used with the token that the runner gives actions', () =>
    expect(faultOf(FLAG, facts(tokenOf(CLAIMS)))).toBeUndefined())

  // Each is what BuildKit's client of the cache refuses (go-actions-cache, New), or buildx drops without a word.
  it.each<[string, string | undefined, string]>([
    ['no token', undefined, 'there is no ACTIONS_RUNTIME_TOKEN'],
    ['an empty one', '', 'there is no ACTIONS_RUNTIME_TOKEN'],
    ['one of another form', 'ghs_1234567890', 'is no token of three parts'],
    ['one whose parts are no JSON', 'a.b.c', 'is no token of three parts'],
    ['one with a fourth part', `${tokenOf(CLAIMS)}.x`, 'is no token of three parts'],
    ['one of another algorithm', tokenOf(CLAIMS, {alg: 'X'}), 'is signed by no algorithm'],
    ['one without rights', tokenOf({nbf: 1000, exp: 2000}), 'says nothing of what it may do'],
    ['one whose rights are no list', tokenOf({...CLAIMS, ac: 'x'}), 'says nothing of what it may do'],
    ['one without a time', tokenOf({ac: '[]'}), 'does not say how long it holds'],
    ['one that has expired', tokenOf({...CLAIMS, exp: 1400}), 'has expired at 1970-01-01T00:23:20.000Z'],
    ['one of the future', tokenOf({...CLAIMS, nbf: 1600}), 'does not hold before 1970-01-01T00:26:40.000Z']
  ])('is dead with %s', (_, token, fault) => {
    expect(faultOf(FLAG, facts(token))).toContain(fault)
    if (token) expect(faultOf(FLAG, facts(token))).not.toContain(token)
  })

  it('is dead without an address', () =>
    expect(faultOf(FLAG, facts(tokenOf(CLAIMS), ''))).toContain('there is no ACTIONS_RESULTS_URL'))

  it('may have token and address in its own line, quoted or not', () => {
    const own = `type=gha,"token=${tokenOf(CLAIMS)}",url=${URL}`
    expect(faultOf(own, facts(undefined, ''))).toBeUndefined()
    expect(faultOf('type=gha,token=x', facts(tokenOf(CLAIMS)))).toBe(
      'its token is no token of three parts (JWT)'
    )
  })

  it('is left out alone, for reading and writing, and its token is not told', () => {
    const cache = {
      from: [`${FLAG},token=secret`, 'type=registry,ref=r.test/c'],
      to: ['type=inline', '"type=gha",token=secret,mode=max'],
      fresh: true
    }
    const {usable, dead} = withoutDeadGha(cache, facts(undefined))
    expect(usable).toEqual({from: ['type=registry,ref=r.test/c'], to: ['type=inline'], fresh: true})
    expect(dead.map(({tier, direction}) => [tier, direction])).toEqual([
      ['type=gha,scope=a', 'read'],
      ['type=gha', 'written']
    ])
    expect(JSON.stringify(dead)).not.toContain('secret')
  })
})
