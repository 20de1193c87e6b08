import {createHash} from 'node:crypto'
import {PAGE_SCRIPT, PAGE_STYLE} from './page-assets.js'

/**
 * One HTML file with its style, its script and a document in it. It asks for nothing and can ask for nothing: its policy
 * allows this one script and this one style by their hashes, and no request (https://www.w3.org/TR/CSP3/).
 */
export function pageHtml(title: string, data: object): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(PAGE_SCRIPT)}'`,
    `style-src '${hashOf(PAGE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'"
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
<noscript><p>This page draws itself by the script in it: allow scripts to see it. All that it shows stands in it as JSON.</p></noscript>
<script type="application/json" id="report">${scriptJson(data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

function hashOf(text: string): string {
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

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
