import {type PublishRight, TRUST} from '../src/ci/run-trust.js'

const SECTION = /<!-- trust -->\n[^]*?<!-- \/trust -->/

const WORDS: Readonly<Record<PublishRight, string>> = {
  auto: 'published',
  asked: 'built and tested; published only where `push: true` is given',
  never: 'built and tested; never published, whatever is given'
}

/** Fills `<!-- trust -->` up to `<!-- /trust -->` with the table of events and origins that decides what is published. */
export function fillTrustSection(document: string): string {
  const rows = [
    ['event', 'of', 'the run holds', 'what happens'],
    ...TRUST.map(({event, from, holds, right}) => [event, from, holds, WORDS[right]])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = widths.map(width => '-'.repeat(width))
  const lines = [line(rows[0]!), line(rule), ...rows.slice(1).map(line)].join('\n')
  return document.replace(SECTION, () => `<!-- trust -->\n\n${lines}\n\n<!-- /trust -->`)
}
