import {escapeText, htmlTable, plainPage} from './html.js'

/** A tag of a repository, as far as it was looked at. */
export interface TagSeen {
  readonly name: string
  readonly digest?: string
  readonly platforms?: readonly string[]
  readonly created?: string
  readonly version?: string
}

/** The first page: what to look at. */
export function startHtml(fault = '', image = ''): string {
  const main = `${fault === '' ? '' : `<p role="alert"><span class="badge bad">not shown</span> ${escapeText(fault)}</p>\n`}
<section aria-labelledby="look-title"><h2 id="look-title">Look at an image</h2>
<form action="/look" method="get" class="search">
<label for="image">Image</label>
<input id="image" name="image" required size="50" autocomplete="off" spellcheck="false" placeholder="ghcr.io/owner/app or ghcr.io/owner/app:1.2.3" value="${escapeText(image)}">
<button type="submit">Look</button>
</form>
<p class="quiet">Without a tag: all tags of the repository. Logins are those of docker and podman. Nothing is written.</p></section>
<section aria-labelledby="follow-title"><h2 id="follow-title">Follow a release</h2>
<p><a href="/release">The release under way in this folder</a></p></section>`
  return plainPage({title: 'image-release', main, hasForms: true})
}

/** A repository: its tags, each with a link, and a form that compares two. */
export function repositoryHtml(repository: string, tags: readonly TagSeen[], total: number): string {
  const rows = tags.map(tag => rowOf(repository, tag))
  const rest = total > tags.length ? `, of which ${tags.length} were looked at` : ''
  const caption = `${total} ${total === 1 ? 'tag' : 'tags'}${rest}`
  const table = htmlTable(caption, ['Tag', 'From', 'To', 'Digest', 'Platforms', 'Created'], rows)
  const main = `<p><a href="/">Another image</a></p>
<section aria-labelledby="tags-title"><h2 id="tags-title">Tags</h2>
<form action="/look" method="get">
<input type="hidden" name="image" value="${escapeText(repository)}">
${table}
<button type="submit">Compare what is chosen</button>
</form></section>`
  return plainPage({title: repository, main, hasForms: true})
}

function rowOf(repository: string, {name, digest, platforms, created, version}: TagSeen): string[] {
  const reference = escapeText(`${repository}:${name}`)
  const address = `/look?image=${encodeURIComponent(`${repository}:${name}`)}`
  const radio = (which: string): string =>
    `<input type="radio" name="${which}" value="${escapeText(name)}" aria-label="${which} ${reference}">`
  return [
    `<a href="${escapeText(address)}">${escapeText(name)}</a>${version === undefined || version === name ? '' : ` <span class="quiet">${escapeText(version)}</span>`}`,
    radio('from'),
    radio('to'),
    digest === undefined
      ? ''
      : `<code title="${escapeText(digest)}">${escapeText(digest.slice(7, 19))}</code>`,
    escapeText((platforms ?? []).join(', ')),
    escapeText((created ?? '').slice(0, 10))
  ]
}

/** What stands above the page of an image: the way back, and a form that compares it with another tag. */
export function imageHead(repository: string, to: string, tags: readonly string[]): string {
  const options = tags.map(tag => `<option>${escapeText(tag)}</option>`).join('')
  return `<nav aria-label="Image"><a href="/look?image=${escapeText(encodeURIComponent(repository))}">All tags of ${escapeText(repository)}</a>
<form action="/look" method="get" class="search"><input type="hidden" name="image" value="${escapeText(repository)}"><input type="hidden" name="to" value="${escapeText(to)}">
<label for="from">Compare with</label> <select id="from" name="from">${options}</select> <button type="submit">Compare</button></form></nav>`
}
