import type {BuildMetrics, VulnerabilityMetric} from '../contracts/metrics.js'
import {type ReleaseNumbers, numbersOf} from '../contracts/release-history.js'
import type {ReportBuild} from './report-data.js'

/** The numbers of a build that the page shows, and its times. */
export function reportBuild(metrics: BuildMetrics): ReportBuild {
  const {builder, phases, began} = metrics
  return {...numbersOf(metrics), builder, phases, ...(began === undefined ? {} : {began})}
}

/** A release by the numbers of its builds. */
export function releaseOfBuilds(
  name: string,
  created: string | undefined,
  metrics: readonly BuildMetrics[]
): ReleaseNumbers {
  return {name, ...(created === undefined ? {} : {created}), builds: metrics.map(numbersOf)}
}

/** Each image keeps its own history: releases of one name are one. From the oldest on, where times are known. */
export function joinReleases(releases: readonly ReleaseNumbers[]): ReleaseNumbers[] {
  const byName = new Map<string, ReleaseNumbers>()
  for (const release of releases) {
    const known = byName.get(release.name)
    byName.set(release.name, {...release, builds: [...(known?.builds ?? []), ...release.builds]})
  }
  return [...byName.values()].sort((a, b) =>
    a.created === undefined || b.created === undefined ? 0 : Date.parse(a.created) - Date.parse(b.created)
  )
}

/** What a scanner found, in words: `1 critical, 2 high`; `nothing` where it found nothing. */
export function findingsInWords(findings: VulnerabilityMetric): string {
  const kinds = ['critical', 'high', 'medium', 'low', 'unknown'] as const
  const words = kinds.filter(kind => findings[kind] > 0).map(kind => `${findings[kind]} ${kind}`)
  return words.length === 0 ? 'nothing' : words.join(', ')
}
