import {htmlPage} from './html.js'
import {PAGE_SCRIPT} from './page-assets.js'

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
  return htmlPage({
    title,
    body: `${options.head ?? ''}<noscript><p>This page draws itself by the script in it: allow scripts to see it. Everything it shows is in it as JSON.</p></noscript>
<script type="application/json" id="report">${scriptJson(data)}</script>
<script>${PAGE_SCRIPT}</script>`,
    script: PAGE_SCRIPT,
    hasForms: options.hasForms,
    mayAsk: options.isFollowing
  })
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
