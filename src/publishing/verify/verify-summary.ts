import {shortDigest} from '../../oci/digest.js'
import {type Markdown, code, markdownTable, prose, textTable, words} from '../../shared/markdown.js'
import {type VerifiedCheck, nameOfCheck} from '../../contracts/verified-check.js'
import type {VerifiedTag} from './verified-tag.js'

/** The log's table of what was found. */
export function verifyTable(
  reports: readonly VerifiedTag[],
  checks: readonly VerifiedCheck[] = []
): string[] {
  return [
    ...textTable(
      reports.map(report => {
        const [digest = '', platforms = '', blobs = '', result = ''] = cellsOf(report)
        return [`  ${report.reference}`, digest, platforms, `${blobs} blobs`, result]
      })
    ),
    ...textTable(checks.map(check => [`  ${nameOfCheck(check)}`, check.kind, resultOf(check)]))
  ]
}

function resultOf({outcome, faults}: VerifiedCheck): string {
  return faults.length === 0 ? outcome : faults.join('; ')
}

/** The section of the job summary. */
export function verifySummary(
  reports: readonly VerifiedTag[],
  checks: readonly VerifiedCheck[] = []
): Markdown {
  const failed = reports.filter(({faults}) => faults.length > 0).length
  const title =
    failed === 0
      ? prose`## Verified: ${reports.length} tags`
      : prose`## Not verified: ${failed} of ${reports.length} tags`
  const rows = reports.map(report => [code(report.reference), ...cellsOf(report).map(words)])
  const tags = prose`${title}\n\n${markdownTable(['Tag', 'Digest', 'Platforms', 'Blobs', 'Result'], rows)}`
  if (checks.length === 0) return tags
  const found = checks.map(check => [code(nameOfCheck(check)), words(check.kind), words(resultOf(check))])
  return prose`${tags}\n\n${markdownTable(['Image', 'Check', 'Result'], found)}`
}

function cellsOf({digest, platforms, blobs, faults}: VerifiedTag): string[] {
  return [
    digest === undefined ? '' : shortDigest(digest),
    platforms.join(', '),
    String(blobs),
    faults.length === 0 ? 'ok' : faults.join('; ')
  ]
}
