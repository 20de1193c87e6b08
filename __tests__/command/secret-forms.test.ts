import {describe, expect, it} from '@jest/globals'
import {secretForms} from '../../src/registry/auth/registry-credential.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the forms of a login that the log may not show', () => {
  it.each([
    [
      'a plain one',
      {username: 'ada', password: 's3cret-word'},
      ['s3cret-word', base64('ada:s3cret-word'), base64('s3cret-word')]
    ],
    ['in a URL', {username: 'ada', password: 'a/b+c=d'}, ['a%2Fb%2Bc%3Dd']],
    ['in JSON', {username: 'ada', password: 'a"b\\cd'}, ['a\\"b\\\\cd']],
    ['of a service account', {username: '_json_key', password: '{"a": 1}'}, [base64('_json_key:{"a": 1}')]],
    [
      'a token',
      {username: '<token>', password: '', identityToken: 'refresh-me'},
      ['refresh-me', base64('refresh-me')]
    ]
  ])('%s', (_, login, expected) => {
    expect(secretForms(login)).toEqual(expect.arrayContaining(expected))
    expect(new Set(secretForms(login)).size).toBe(secretForms(login).length)
  })

  it('are none that stand in every word', () => {
    expect(secretForms({username: 'a', password: 'x'})).toEqual([base64('a:x')])
    expect(secretForms({username: '', password: ''})).toEqual([])
  })
})
