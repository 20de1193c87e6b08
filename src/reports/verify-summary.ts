import {shortDigest, type Digest} from '../oci/digest.js'
import {code, markdownTable, textTable} from './markdown.js'

/** What was found of one tag. */
export interface VerifiedTag {
  /** `registry/name:tag` */
  readonly reference: string
  readonly digest?: Digest
  readonly platforms: readonly string[]
  /** How many blobs were asked for and are there. */
  readonly blobs: number
  /** Empty where all is well. */
  readonly faults: readonly string[]
}

/** The log's table of what was found. */
export function verifyTable(reports: readonly VerifiedTag[]): string[] {
  return textTable(reports.map(report => [`  ${report.reference}`, ...cellsOf(report)]))
}

/** The section of the job summary. */
export function verifySummary(reports: readonly VerifiedTag[]): string {
  const failed = reports.filter(({faults}) => faults.length > 0).length
  const title =
    failed === 0
      ? `## Verified: ${reports.length} tags`
      : `## Not verified: ${failed} of ${reports.length} tags`
  const rows = reports.map(report => [code(report.reference), ...cellsOf(report)])
  return `${title}\n\n${markdownTable(['Tag', 'Digest', 'Platforms', 'Blobs', 'Result'], rows)}`
}

function cellsOf({digest, platforms, blobs, faults}: VerifiedTag): string[] {
  return [
    digest === undefined ? '' : shortDigest(digest),
    platforms.join(', '),
    String(blobs),
    faults.length === 0 ? 'ok' : faults.join('; ')
  ]
}
