/** How bad a vulnerability is, the worst first. `unknown` is what a scanner does not say. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const
export type Severity = (typeof SEVERITIES)[number]

/** From which severity on a scan fails; `never` only counts. */
export const SCAN_THRESHOLDS = ['critical', 'high', 'medium', 'low', 'never'] as const
export type ScanThreshold = (typeof SCAN_THRESHOLDS)[number]

/** How many findings of each severity there are. */
export type SeverityCounts = Readonly<Record<Severity, number>>

/** A finding that a statement takes out of the count. */
export interface ExcusedFinding {
  readonly id: string
  readonly status: 'not_affected' | 'fixed'
  readonly reason: string
  readonly file: string
}

/** What a scanner found, as the summary, the outputs and the metrics tell it. */
export interface ScanCount {
  /** The scanner's name for itself, with its version where it says it. */
  readonly scanner: string
  readonly counts: SeverityCounts
  /** Findings that the caller wants ignored. */
  readonly ignored: number
  /** Findings that the scanner has suppressed. */
  readonly suppressed?: number
  /** Findings that VEX takes out of the count, each with what justifies that. */
  readonly excused?: readonly ExcusedFinding[]
}

/** All findings of a scan. */
export function totalOf(counts: SeverityCounts): number {
  return SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0)
}

/** The findings that are as bad as the threshold, or worse. */
export function countFrom(counts: SeverityCounts, threshold: ScanThreshold): number {
  if (threshold === 'never') return 0
  const worst = SEVERITIES.slice(0, SEVERITIES.indexOf(threshold) + 1)
  return worst.reduce((sum, severity) => sum + counts[severity], 0)
}

/** `2 critical, 1 low`, or `none`. */
export function describeCounts(counts: SeverityCounts): string {
  const parts = SEVERITIES.filter(severity => counts[severity] > 0).map(
    severity => `${counts[severity]} ${severity}`
  )
  return parts.join(', ') || 'none'
}
