import {formatMinutes, formatSeconds, formatSize} from '../shared/format.js'
import type {SiteRelease} from '../contracts/site-document.js'
import {escapeText, htmlTable, plainPage} from './html.js'

/** The index of all releases, with a link to the page of each. */
export function siteHtml(title: string, releases: readonly SiteRelease[]): string {
  const caption = `${releases.length} ${releases.length === 1 ? 'release' : 'releases'}, the newest first`
  const table = htmlTable(caption, HEAD, releases.map(row))
  const main = `<section aria-labelledby="releases-title"><h2 id="releases-title">Releases</h2>\n${table}</section>`
  return plainPage({title, main})
}

const HEAD = [
  'Release',
  'When',
  'Images',
  'Platforms',
  'Tags',
  'Size',
  'Slowest build',
  'Vulnerabilities',
  'Checks'
]

function row(release: SiteRelease): string[] {
  const {folder, name, created, images, platforms, tags, size, buildTime, vulnerabilities, faults} = release
  return [
    `<a href="${escapeText(folder)}/index.html">${escapeText(name)}</a>`,
    escapeText(created.slice(0, 10)),
    escapeText(images.join(', ')),
    String(platforms),
    String(tags),
    size === undefined ? '' : formatSize(size),
    buildTime === undefined ? '' : timeOf(buildTime),
    vulnerabilities === undefined ? 'not scanned' : String(vulnerabilities),
    faults === 0
      ? '<span class="badge good">no fault</span>'
      : `<span class="badge bad">${faults} ${faults === 1 ? 'fault' : 'faults'}</span>`
  ]
}

function timeOf(milliseconds: number): string {
  return milliseconds < 60_000 ? formatSeconds(milliseconds) : formatMinutes(milliseconds)
}
