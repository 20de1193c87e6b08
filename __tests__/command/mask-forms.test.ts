import {describe, expect, it} from '@jest/globals'
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
