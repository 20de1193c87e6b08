import {describe, expect, it} from '@jest/globals'
import {withoutControls} from '../../src/host/foreign-text.js'

describe('a text of others on a terminal', () => {
  it.each([
    ['the screen is not cleared', 'a\u001b[2Jb', 'ab'],
    ['the cursor stays', 'a\u001b[1A\u001b[Kb', 'ab'],
    ['eight-bit sequences, too', 'a\u009b2Jb', 'ab'],
    ['the window keeps its name', 'a\u001b]0;evil\u0007b', 'ab'],
    ['links are not hidden', 'a\u001b]8;;http://evil\u001b\\b\u001b]8;;\u001b\\', 'ab'],
    ['a sequence without an end', 'a\u001b]0;evil', 'a'],
    ['nothing is overstruck', 'good\b\b\b\bevil', 'goodevil'],
    ['no bell', 'a\u0007b', 'ab'],
    ['no other escape', 'a\u001bcb', 'acb'],
    ['colours stay', '\u001b[1;31mred\u001b[0m', '\u001b[1;31mred\u001b[0m'],
    ['lines and tabs stay', 'a\tb\r\nc', 'a\tb\r\nc'],
    ['letters stay', 'größe 🐳 日本', 'größe 🐳 日本']
  ])('%s', (_, text, expected) => {
    expect(withoutControls(text)).toBe(expected)
  })
})
