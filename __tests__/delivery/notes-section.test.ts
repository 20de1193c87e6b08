import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {putSection, sectionIn} from '../../src/delivery/notes/notes-section.js'
import {failureOf} from '../support/thrown.js'

const START = '<!-- image-release:images -->'
const END = '<!-- /image-release:images -->'

describe('a section of the notes', () => {
  it.each([
    ['an empty text', '', `${START}\nnew\n${END}`],
    ['a text without line break at its end', 'What is new', `What is new\n\n${START}\nnew\n${END}`],
    ['a text with one', 'What is new\n', `What is new\n\n${START}\nnew\n${END}`],
    ['a text with an empty line', 'What is new\n\n', `What is new\n\n${START}\nnew\n${END}`],
    ['a text of an editor in a browser', 'a\r\nb', `a\r\nb\r\n\r\n${START}\r\nnew\r\n${END}`],
    ['a text with its section', `a\n${START}\nold\nolder\n${END}\nb`, `a\n${START}\nnew\n${END}\nb`],
    ['a text with an empty section', `${START}${END}`, `${START}\nnew\n${END}`],
    [
      'a text that was copied together',
      `a\n${START}\nold\n${END}\nb\n${START}\nold\n${END}\nc`,
      `a\n${START}\nnew\n${END}\nb\n\nc`
    ],
    [
      'a text with the section of another',
      '<!-- image-release:images-2 -->\nother\n<!-- /image-release:images-2 -->',
      `<!-- image-release:images-2 -->\nother\n<!-- /image-release:images-2 -->\n\n${START}\nnew\n${END}`
    ],
    [
      'a text that speaks of its marks',
      `- the mark \`${START}\` is no longer lost\n- nor is ${END}`,
      `- the mark \`${START}\` is no longer lost\n- nor is ${END}\n\n${START}\nnew\n${END}`
    ],
    [
      'a text that quotes a section',
      `\`\`\`md\n${START}\nold\n${END}\n\`\`\`\n`,
      `\`\`\`md\n${START}\nold\n${END}\n\`\`\`\n\n${START}\nnew\n${END}`
    ],
    [
      'a text that quotes one mark',
      `~~~\n${START}\n~~~\n${START}\nold\n${END}\n`,
      `~~~\n${START}\n~~~\n${START}\nnew\n${END}\n`
    ],
    [
      'a change log that is folded away',
      `<details><summary>1.0.0</summary>\n\n${START}\nold\n${END}\n</details>\n`,
      `<details><summary>1.0.0</summary>\n\n${START}\nold\n${END}\n</details>\n\n${START}\nnew\n${END}`
    ],
    [
      'a text whose code is never closed',
      `\`\`\`sh\nmake\n\n${START}\nold\n${END}\n`,
      `\`\`\`sh\nmake\n\n${START}\nnew\n${END}\n`
    ]
  ])('is put into %s', (_, before, after) => {
    expect(putSection(before, 'images', 'new')).toBe(after)
    expect(putSection(after, 'images', 'new')).toBe(after)
    expect(sectionIn(after, 'images')).toBe('new')
  })

  it.each([
    ['the closing mark is gone', `a\n${START}\nold`],
    ['the opening mark is gone', `a\nold\n${END}`],
    ['the marks are the wrong way round', `${END}\n${START}`],
    ['one opens within the other', `${START}\n${START}\n${END}`]
  ])('is refused where %s', async (_, before) => {
    const failure = await failureOf(() => putSection(before, 'images', 'new'))
    expect(failure.code).toBe('NOTES_INVALID')
  })

  it('with blocks of code of its own is found behind a block that is never closed', () => {
    const first = putSection('```\nmake\n', 'images', '```sh\ndocker pull x\n```')
    expect(putSection(first, 'images', '```sh\ndocker pull x\n```')).toBe(first)
    expect(sectionIn(first, 'images')).toBe('```sh\ndocker pull x\n```')
  })

  it('leaves what others wrote, in any order of writing, and comes to rest', () => {
    const line = fc.stringMatching(/^[ -~]{0,12}$/).filter(one => !one.includes('<!--'))
    const eol = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(fc.array(line), eol, fc.array(line), fc.array(line), (lines, ending, one, other) => {
        const others = lines.join(ending)
        const first = putSection(putSection(others, 'a', one.join('\n')), 'b', other.join('\n'))
        expect(first.startsWith(others)).toBe(true)
        expect(putSection(putSection(first, 'b', other.join('\n')), 'a', one.join('\n'))).toBe(first)
        const changed = putSection(first, 'a', 'changed')
        expect(sectionIn(changed, 'b')).toBe(sectionIn(first, 'b'))
        expect(changed.startsWith(others)).toBe(true)
      })
    )
  })
})
