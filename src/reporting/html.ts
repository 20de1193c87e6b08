import {createHash} from 'node:crypto'
import {PAGE_STYLE} from './page-assets.js'

/** What a page is made of. */
export interface HtmlPage {
  readonly title: string
  /** HTML in which every text of others is escaped. */
  readonly body: string
  /** The one script that may run in it. */
  readonly script?: string
  /** Whether its forms may be sent to where it comes from. */
  readonly hasForms?: boolean | undefined
  /** Whether it may ask where it comes from for something. */
  readonly mayAsk?: boolean | undefined
}

/** A whole page in the style of all. Its policy allows nothing but what is said (https://www.w3.org/TR/CSP3/). */
export function htmlPage({title, body, script, hasForms = false, mayAsk = false}: HtmlPage): string {
  const policy = [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`]),
    `style-src '${hashOf(PAGE_STYLE)}'`,
    "base-uri 'none'",
    `form-action '${hasForms ? 'self' : 'none'}'`,
    ...(mayAsk ? ["connect-src 'self'"] : [])
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** The hash of a script or a style, as a content policy names it. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** A text as HTML: it has no other meaning, in an attribute neither. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** What a page without a script may do beside being read. */
export interface PlainPage {
  readonly title: string
  /** HTML in which every text of others is escaped. */
  readonly main: string
  /** Whether its forms may be sent to where it comes from. */
  readonly hasForms?: boolean
}

/** A page without a script, in the style of the others. */
export function plainPage({title, main, hasForms}: PlainPage): string {
  const body = `<header><h1>${escapeText(title)}</h1></header>\n<main>\n${main}\n</main>`
  return htmlPage({title, body, hasForms})
}

/** A table whose cells are HTML; the first of each row is its head. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[]
): string {
  const row = ([first = '', ...cells]: readonly string[]): string =>
    `<tr><th scope="row">${first}</th>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeText(caption)}"><table>
<caption>${escapeText(caption)}</caption>
<thead><tr>${head.map(name => `<th scope="col">${escapeText(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(row).join('\n')}
</tbody></table></div>`
}
