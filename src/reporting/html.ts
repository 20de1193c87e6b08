import {PAGE_STYLE} from './page-assets.js'
import {escapeText, hashOf} from './page-html.js'

/** What a page without a script may do beside being read. */
export interface PlainPage {
  readonly title: string
  /** HTML in which every text of others is escaped. */
  readonly main: string
  /** Whether its forms may be sent to where it comes from. */
  readonly hasForms?: boolean
}

/** A page without a script, in the style of the others. */
export function plainPage({title, main, hasForms = false}: PlainPage): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(PAGE_STYLE)}'`,
    "base-uri 'none'",
    `form-action '${hasForms ? 'self' : 'none'}'`
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
<header><h1>${escapeText(title)}</h1></header>
<main>
${main}
</main>
</body>
</html>
`
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
