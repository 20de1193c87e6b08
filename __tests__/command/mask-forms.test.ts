import {describe, expect, it} from '@jest/globals'
import {secretForms} from '../../src/registry/auth/registry-credential.js'
import {maskForms, maskLines} from '../../src/command/mask-forms.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the masks of a secret', () => {
  const key = '{\n  "private": "abcd"\n}\n'

  it('are lines that say something, and the whole as others write it, none with a line break', () => {
    expect(maskForms(key)).toEqual(
      expect.arrayContaining(['"private": "abcd"', base64(key), '{\\n  \\"private\\": \\"abcd\\"\\n}'])
    )
    for (const form of maskForms(key)) {
      expect(form.length).toBeGreaterThanOrEqual(4)
      expect(form).not.toMatch(/[\r\n]/)
    }
    expect(maskLines(key)).toEqual(['  "private": "abcd"'])
  })

  it.each(['', 'a', '{}', ' 1 \n'])('are none of %j', text => {
    expect(maskForms(text)).toEqual([])
    expect(maskLines(text)).toEqual([])
  })
})

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

  it('of a key of several lines have no line break, and none is a bracket alone', () => {
    const forms = secretForms({username: '_json_key', password: '{\n  "private": "abcd"\n}\n'})
    expect(forms).toContain('"private": "abcd"')
    expect(forms.filter(form => /[\r\n]/.test(form) || form.length < 4)).toEqual([])
  })

  it('are none that stand in every word', () => {
    expect(secretForms({username: 'a', password: 'x'})).toEqual([base64('a:x')])
    expect(secretForms({username: '', password: ''})).toEqual([])
  })
})
