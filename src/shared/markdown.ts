declare const MARKDOWN: unique symbol

/**
 * GitHub Markdown in which every text of others stands by one of the functions here: names of branches and tags, messages of
 * registries, instructions of images. A string alone is none, so that the compiler holds it.
 */
export type Markdown = string & {readonly [MARKDOWN]: true}

/** Markdown that is written in the source, with Markdown and numbers in it. */
export function prose(parts: TemplateStringsArray, ...values: readonly (Markdown | number)[]): Markdown {
  return String.raw({raw: parts}, ...values) as Markdown
}

/** Several, with what is written in the source between them: an empty line, if it is not said. */
export function joined(parts: readonly Markdown[], between = '\n\n'): Markdown {
  return parts.join(between) as Markdown
}

/** A table of GitHub Markdown. Bars in cells are escaped, so that they cannot break a row. */
export function markdownTable(head: readonly string[], rows: readonly (readonly Markdown[])[]): Markdown {
  const line = (cells: readonly Markdown[]): Markdown =>
    prose`| ${joined(
      cells.map(cell => cell.replaceAll('|', '\\|').replace(/\r?\n/g, '<br>') as Markdown),
      ' | '
    )} |`
  const rule = prose`|${joined(
    head.map(() => prose` --- |`),
    ''
  )}`
  return joined([line(head.map(words)), rule, ...rows.map(line)], '\n')
}

/** A table for a log: columns padded with spaces. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, cell.length)),
    []
  )
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

/** What a code span may hold between its marks, also in a cell: everything there stands for itself. */
const PLAIN_CODE = /^(?! )[\u0020-\u007e\u00a1-\u02ff\u0370-\u05ff\u2190-\u21ff…]+(?<! )$/

/**
 * Text as inline code. What would end the span, or cannot be seen in it, makes it one of HTML, in which only letters and digits
 * stand as they are.
 */
export function code(text: string): Markdown {
  if (PLAIN_CODE.test(text) && !/[<`\\|]/.test(text)) return `\`${text}\`` as Markdown
  return `<code>${visible(text.replaceAll(/\r?\n/g, ' ')).replace(/[^A-Za-z0-9 \u00a1-\u{10ffff}-]/gu, entity)}</code>` as Markdown
}

/** Text as words of a sentence, a cell, a heading or an element of HTML: it has no other meaning. A line break stays one. */
export function words(text: string): Markdown {
  return visible(text.replaceAll('\r\n', '\n'))
    .replace(SIGNS, entity)
    .replace(/^ *([#+=-]|\d+(?=[.)](?:\s|$)))?/, (_, first = '') => entity(String(first)))
    .replaceAll('\n', '<br>') as Markdown
}

/** Words in which what a pattern finds is marked; it finds only what has no meaning in Markdown, such as digests. */
export function wordsWith(text: string, pattern: RegExp, mark: (found: string) => Markdown): Markdown {
  return words(text).replace(pattern, mark) as Markdown
}

/**
 * What begins or ends something in GitHub Markdown: also mathematics ($), mentions, references to issues (#12) and addresses,
 * where they would be taken for that.
 */
const SIGNS =
  /[&<>`*[\]|~\\$]|(?<![a-z0-9])_|_(?![a-z0-9])|@(?=\w)|#(?=\d)|(?<!\w)#(?=\w)|:(?=\/\/)|(?<=\bwww)\./gi

/**
 * A text as it stands in Markdown, where that is not as it is: what has to be masked there, too.
 */
export function markdownForms(text: string): string[] {
  return [words(text), code(text).replace(/^<code>|<\/code>$/g, '')].filter(form => !form.includes(text))
}

/** An address of our own, or of GitHub's answer, that readers may follow; words where it is none. */
export function link(address: string): Markdown {
  return /^https?:\/\/[\w.:@-]+(?:\/[\w./?#=&%~+-]*)?$/.test(address) ? (address as Markdown) : words(address)
}

/**
 * Without what nobody sees or what turns a line around: control characters and the marks of Unicode for direction and width
 * (unicode.org, UTR 36). Line feeds stay.
 */
function visible(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replace(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
      '\ufffd'
    )
    .replace(/\p{Surrogate}/gu, '\ufffd')
}

/** The first character as HTML names it, and all others. */
function entity(text: string): string {
  return Array.from(text, character => `&#${character.codePointAt(0)};`).join('')
}

/** A fenced block, whose fence is longer than any in the text. */
export function fence(language: string, text: string): Markdown {
  const runs = text.match(/`{3,}/g) ?? []
  const mark = '`'.repeat(Math.max(3, ...runs.map(run => run.length + 1)))
  return `${mark}${language}\n${text}\n${mark}` as Markdown
}

/** What is folded away beneath a title. */
export function fold(title: Markdown, content: Markdown): Markdown {
  return prose`<details><summary>${title}</summary>\n\n${content}\n\n</details>`
}

/**
 * Text within a label of a Mermaid node, quoted. Mermaid looks for directives (`%%{`) anywhere, takes backticks for Markdown
 * and shows HTML; its own entities are numbers between `#` and `;` (mermaid.js.org, "Entity codes to escape characters").
 */
export function mermaidLabel(...texts: readonly string[]): string {
  return `"${texts.map(text => mermaidText(text.replace(/[\r\n]+/g, ' '))).join('<br/>')}"`
}

/** Text of a line of a Mermaid chart that has no quotes, such as a task of a gantt. */
export function mermaidText(text: string): string {
  return visible(text).replace(/[^\w .,/@+()=*^$!?'\u00a1-\u{10ffff}:-]/gu, character =>
    character === '"' ? '#quot;' : `#${character.codePointAt(0)};`
  )
}
