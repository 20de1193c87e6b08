import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {micromark} from 'micromark'
import {putSection, sectionIn} from '../../src/delivery/notes/notes-section.js'
import {
  type Markdown,
  code,
  fence,
  fold,
  link,
  markdownForms,
  markdownTable,
  prose,
  mermaidLabel,
  words
} from '../../src/shared/markdown.js'
import {fc} from '../support/random.js'

/** Names of branches, Git tags, labels, titles and messages as somebody would write them who wants more than a name. */
const NAMES: readonly (readonly [what: string, name: string])[] = [
  ['an element of HTML', '<img src=x onerror=alert(1)>'],
  ['the end of a fold', '</details></summary>'],
  ['a comment', '<!-- /image-release:images -->'],
  ['an entity', '&lt;b&gt;&#60;'],
  ['a code mark', 'a`b'],
  ['two code marks', '``a`` `b`'],
  ['a code mark at each end', '`a`'],
  ['a fence', '```\n# Owned\n```'],
  ['a fence of tildes', '~~~\n# Owned\n~~~'],
  ['a bar', 'a|b|c'],
  ['a bar behind a backslash', 'a\\|b\\\\|c'],
  ['a row of a table', 'x |\n| --- |\n| y'],
  ['a link', '[release](https://evil.example/)'],
  ['an image', '![x](https://evil.example/pixel.png)'],
  ['an address', 'https://evil.example/a?b=c'],
  ['an address without a scheme', 'www.evil.example'],
  ['an address in brackets', '<https://evil.example>'],
  ['a reference of a link', '[x]: https://evil.example'],
  ['a mention', '@octo-org/everybody'],
  ['an issue', 'fixes #1 and octo/hello#12'],
  ['emphasis', '*a* **b** _c_ __d__ ~~e~~'],
  ['a heading', '# Released 9.9.9'],
  ['a heading beneath', 'Released\n==='],
  ['a list', '- [x] approved'],
  ['a list with numbers', '1. approved'],
  ['a quote', '> [!CAUTION]\n> owned'],
  ['a rule', '---'],
  ['mathematics', '$\\href{https://evil.example}{x}$'],
  ['code by its margin', '      code'],
  ['a footnote', '[^1]'],
  ['a quote in a label', 'a"]; evil["b'],
  ['a directive of Mermaid', "%%{init: {'securityLevel': 'loose'}}%%"],
  ['a click of Mermaid', 'a\n  click event "javascript:alert(1)"'],
  ['Markdown in a label', '"`**a**`"'],
  ['an entity of Mermaid', '#quot;#35;'],
  ['the end of a subgraph', 'end; subgraph x'],
  ['a line that turns around', 'latest\u202egpj.exe'],
  ['what has no width', 'lat\u200best\ufeff'],
  ['control characters', 'a\u0000\u0007\u001b[31mb\u0085c\u009b'],
  ['half a pair', 'a\ud800b'],
  ['ends of lines', 'a\r\nb\u2028c'],
  ['a command of a runner', '::set-output name=a::b'],
  ['blanks at its ends', ' a '],
  ['nothing', '']
]

/** HTML as a reader would get it who only reads the text. */
function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const render = (markdown: string): string => micromark(markdown, {allowDangerousHtml: true})
const UNSEEN =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
/** What a name is to look like: itself, without what nobody sees. */
const seen = (name: string): string =>
  name
    .replaceAll('\r\n', '\n')
    .replace(UNSEEN, '\ufffd')
    .replace(/\p{Surrogate}/gu, '\ufffd')
const asWords = (name: string): string => html(seen(name)).replaceAll('\n', '<br>')
/** What GitHub looks for in text beside CommonMark (docs.github.com, "Autolinked references and URLs", "Writing mathematical expressions"). */
const GITHUB = /@\w|(?<!&)#\d|:\/\/|www\.|\$|~~|\[\^/i

describe('a hostile name is only a name', () => {
  it.each(NAMES)('in a sentence: %s', (_, name) => {
    expect(render(prose`before ${words(name)} after`)).toBe(
      `<p>before ${asWords(name.trimStart())} after</p>`
    )
    expect(words(name)).not.toMatch(GITHUB)
  })

  it.each(NAMES)('at the start of a line, an item and a heading: %s', (_, name) => {
    const text = asWords(name.trim())
    const shown = text
    expect(render(prose`${words(`${name.trim()}.`)}`)).toBe(`<p>${shown}.</p>`)
    expect(render(prose`- ${words(`${name.trim()}.`)}`)).toBe(`<ul>\n<li>${shown}.</li>\n</ul>`)
    expect(render(prose`### ${words(`${name.trim()}.`)}`)).toBe(`<h3>${shown}.</h3>`)
  })

  it.each(NAMES)('as code: %s', (_, name) => {
    const text = html(seen(name.replaceAll(/\r?\n/g, ' ')))
    expect(render(prose`before ${code(name)} after`)).toBe(`<p>before <code>${text}</code> after</p>`)
  })

  it.each(NAMES)('in cells of a table: %s', (_, name) => {
    const [, , row = '', ...rest] = markdownTable(
      ['A', 'B', 'C'],
      [[words(name), code(name), prose`x`]]
    ).split('\n')
    expect(rest).toEqual([])
    // A bar behind a backslash is none, and a backslash behind a backslash takes that away (cmark-gfm, table.c).
    expect(row.replace(/\\[^]/g, '').split('|')).toHaveLength(5)
  })

  it.each(NAMES)('in a block of code: %s', (_, name) => {
    const text = `docker pull ${name.replaceAll('\r', '').replaceAll('\u0000', '')}`
    expect(render(fence('sh', text))).toBe(`<pre><code class="language-sh">${html(text)}\n</code></pre>`)
  })

  it.each(NAMES)('in a label of Mermaid: %s', (_, name) => {
    const label = mermaidLabel(name, 'x')
    expect(label).toMatch(/^"(?:[^"#<>&`%{}[\]|;\\\r\n\u0000-\u001f]|#quot;|#\d+;)*<br\/>x"$/)
    const back = label
      .slice(1, -'<br/>x"'.length)
      .replaceAll('#quot;', '"')
      .replace(/#(\d+);/g, (_all, number) => String.fromCodePoint(Number(number)))
    expect(back).toBe(seen(name.replace(/[\r\n]+/g, ' ')).replaceAll('\t', ' '))
  })

  it.each(NAMES)('under a fold, and in a section of notes: %s', (_, name) => {
    const content = fold(words(name), prose`${words(name)}\n\n${code(name)}`)
    expect(content.match(/<\/?(?:details|summary)>/g)).toEqual([
      '<details>',
      '<summary>',
      '</summary>',
      '</details>'
    ])
    const notes = putSection('', 'images', content)
    expect(sectionIn(putSection(notes, 'images', content), 'images')).toBe(content)
    expect(putSection(notes, 'images', content)).toBe(notes)
  })

  it('is no link, unless it is an address and nothing else', () => {
    const page = 'https://github.com/octo/hello/attestations/1'
    expect(link(page)).toBe(page)
    expect(NAMES.filter(([, name]) => link(name) !== words(name)).map(([what]) => what)).toEqual([
      'an address'
    ])
  })

  it('whatever it is', () => {
    const signs = [...Array.from('<>&`*_[]()|~\\$#@!+=-.:;"\'/ab1'), '\u202e', '<!--', '](', '```', '&amp;']
    const name = fc.array(fc.constantFrom(...signs), {maxLength: 14}).map(all => all.join(''))
    fc.assert(
      fc.property(name, text => {
        expect(render(prose`${words(`${text}x`)} ${code(text)}`)).toBe(
          `<p>${asWords(text)}x <code>${html(seen(text))}</code></p>`
        )
      }),
      {numRuns: 1_000}
    )
  })
})

describe('a secret in Markdown', () => {
  it('is known in the forms that it takes there', () => {
    expect(markdownForms('p@ss|w_rd')).toEqual(['p&#64;ss&#124;w_rd', 'p&#64;ss&#124;w&#95;rd'])
    expect(markdownForms('plain')).toEqual([])
  })
})

describe('Markdown in the source', () => {
  const root = path.resolve(import.meta.dirname, '../../src')
  const files = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))
  const sources = files.map(file => [file, readFileSync(path.join(root, file), 'utf8')] as const)

  it('is made by the functions for it alone: nothing else says that a string is some', () => {
    const makers = sources.filter(([, text]) => / as Markdown(?:$|[\n)])/.test(text)).map(([file]) => file)
    expect(makers.sort()).toEqual(['delivery/notes/notes-body.ts', 'shared/markdown.ts'])
  })

  it('is what summaries, notes and pull requests take, by the compiler', () => {
    // @ts-expect-error a string is no Markdown
    const wrong: Markdown = 'text'
    // @ts-expect-error nor has a place in some
    const alsoWrong = prose`${'text'}`
    expect([wrong, alsoWrong]).toEqual(['text', 'text'])
    const takers = [
      'summary(markdown: Markdown): void',
      'readonly body: Markdown',
      'readonly texts: readonly Markdown[]'
    ]
    for (const taker of takers) expect(sources.some(([, text]) => text.includes(taker))).toBe(true)
  })
})
