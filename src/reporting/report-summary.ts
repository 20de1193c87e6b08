import {formatSize} from '../shared/format.js'
import {type Markdown, code, joined, link, markdownTable, prose, words} from '../shared/markdown.js'
import type {ReportData, ReportTarget} from './report-data.js'

/** How many images the table names: the page has all. */
const MAX_ROWS = 50

/**
 * The section of the job summary: first of all the link to the page, then what it says in short.
 * @param address where the page can be opened; empty where it lies in a folder
 */
export function reportSummary(title: string, data: ReportData, address: string): Markdown {
  const {targets, checks} = data
  const faults = checks.reduce((count, check) => count + check.faults.length, 0)
  const rest = targets.length - MAX_ROWS
  return joined([
    ...(address === '' ? [] : [prose`**[Open the page of this release](${link(address)})**`]),
    prose`## ${words(title)}`,
    markdownTable(
      ['Image', 'Digest', 'Platforms', 'Tags', 'Size', 'Before'],
      targets.slice(0, MAX_ROWS).map(rowOf)
    ),
    ...(rest > 0 ? [prose`${rest} more images are on the page.`] : []),
    ...(checks.length === 0 ? [] : [prose`${checks.length} checks, ${faults} faults.`])
  ])
}

function rowOf({name, digest, platforms, tags, before}: ReportTarget): Markdown[] {
  const size = sizeOf(platforms)
  const earlier = before === undefined ? 0 : sizeOf(before.platforms)
  return [
    words(name),
    digest === undefined ? words('not published') : code(digest.slice(0, 19)),
    words(platforms.map(({platform}) => platform).join(', ')),
    prose`${tags.length}`,
    words(size === 0 ? '' : formatSize(size)),
    words(earlier === 0 ? '' : formatSize(earlier))
  ]
}

function sizeOf(platforms: readonly {readonly size?: number}[]): number {
  return platforms.reduce((all, {size = 0}) => all + size, 0)
}
