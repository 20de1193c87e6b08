import {DIFFERENCES} from '../src/planning/metadata-action/differences.js'

const SECTION = /<!-- metadata-differences -->\n[^]*?<!-- \/metadata-differences -->/

/** Fills `<!-- metadata-differences -->` up to its end with the table of what docker/metadata-action does otherwise. */
export function fillDifferencesSection(document: string): string {
  const rows = [
    ['given', 'metadata-action', 'here'],
    ...DIFFERENCES.map(({given, there, here}) =>
      [given, there, here].map(cell => cell.replaceAll('|', '\\|'))
    )
  ]
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...body] = rows.map(line)
  const lines = [head, line(widths.map(width => '-'.repeat(width))), ...body].join('\n')
  return document.replace(
    SECTION,
    () => `<!-- metadata-differences -->\n\n${lines}\n\n<!-- /metadata-differences -->`
  )
}
