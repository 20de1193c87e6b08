import {createHash} from 'node:crypto'
import {PAGE_SCRIPT, PAGE_STYLE} from './page-assets.js'

/** What a page may do that a server on this machine gives out. A file may do none of it. */
export interface PageOptions {
  /** HTML that stands above, in which every text of others is escaped. */
  readonly head?: string
  /** Whether its forms may be sent to where it comes from. */
  readonly hasForms?: boolean
  /** Whether it may ask where it comes from for its data anew. */
  readonly isFollowing?: boolean
}

/**
 * One HTML file with its style, its script and a document in it. It asks for nothing and can ask for nothing: its policy
 * allows this one script and this one style by their hashes, and no request (https://www.w3.org/TR/CSP3/).
 */
export function pageHtml(title: string, data: object, options: PageOptions = {}): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(PAGE_SCRIPT)}'`,
    `style-src '${hashOf(PAGE_STYLE)}'`,
    "base-uri 'none'",
    `form-action '${options.hasForms ? 'self' : 'none'}'`,
    ...(options.isFollowing ? ["connect-src 'self'"] : [])
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
${options.head ?? ''}<noscript><p>This page draws itself by the script in it: allow scripts to see it. All that it shows stands in it as JSON.</p></noscript>
<script type="application/json" id="report">${scriptJson(data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

/** The hash of a script or a style, as a content policy names it. */
export function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/**
 * JSON that is nothing but JSON for the parser of HTML, whatever stands in its texts: neither `</script>` nor `<!--`, which
 * would end or change the element (https://html.spec.whatwg.org/, "Restrictions for contents of script elements").
 */
export function scriptJson(data: object): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** A text as HTML: it has no other meaning, in an attribute neither. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
