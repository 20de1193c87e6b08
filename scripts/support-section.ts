import {SUPPORT, type SupportRow} from '../src/building/builders/builder-support.js'

const SECTION = /<!-- builder-support -->\n[^]*?<!-- \/builder-support -->/

/** Fills `<!-- builder-support -->` up to `<!-- /builder-support -->` with the table of what each builder knows of the inputs. */
export function fillSupportSection(document: string): string {
  const rows = [
    ['input', 'buildx', 'buildah', 'podman'],
    ...Object.values(SUPPORT).map((row: SupportRow) => [
      titleOf(row),
      buildxOf(row),
      since(row.buildah),
      since(row.podman)
    ])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = widths.map(width => '-'.repeat(width))
  const lines = [line(rows[0]!), line(rule), ...rows.slice(1).map(line)].join('\n')
  return document.replace(SECTION, () => `<!-- builder-support -->\n\n${lines}\n\n<!-- /builder-support -->`)
}

function titleOf({inputs, of}: SupportRow): string {
  const names = inputs.map(input => `\`${input}\``).join(', ')
  return of === undefined ? names : `${names}: ${of}`
}

function buildxOf({buildx, buildkit}: SupportRow): string {
  return buildkit === undefined ? since(buildx) : `BuildKit ${buildkit.replace(/\.0$/, '')}`
}

function since(version: SupportRow['buildx']): string {
  if (version === 'all') return 'yes'
  return version === 'none' ? 'refused' : version.replace(/\.0$/, '')
}
