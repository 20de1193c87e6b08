import type {BuildMetrics} from '../contracts/metrics.js'
import type {ReportBuild, ReportFindings, ReportRelease} from './report-data.js'

/** The numbers of a build that the page shows, and its times. */
export function reportBuild(metrics: BuildMetrics): ReportBuild {
  return {...numbersOf(metrics), builder: metrics.builder, phases: metrics.phases}
}

function numbersOf(metrics: BuildMetrics): ReportRelease['builds'][number] {
  const {platform, buildTime, imageSize, layerCount, cache, vulnerabilities} = metrics
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
  return {
    target: metrics.target ?? 'image',
    platform,
    buildTime,
    imageSize,
    layerCount,
    ...(cache === undefined ? {} : {cache}),
    ...(vulnerabilities === undefined ? {} : {findings: vulnerabilities}),
    sent: sum(metrics.registries.map(({uploaded}) => uploaded)),
    skipped: sum(metrics.registries.map(({skipped}) => skipped))
  }
}

/** A release of the history, without what no chart shows. */
export function releaseOfBuilds(
  name: string,
  created: string | undefined,
  metrics: readonly BuildMetrics[]
): ReportRelease {
  return {
    name,
    ...(created === undefined ? {} : {created}),
    builds: metrics.map(numbersOf)
  }
}

/** What a scanner found, in words: `1 critical, 2 high`; `nothing` where it found nothing. */
export function findingsInWords(findings: ReportFindings): string {
  const kinds = ['critical', 'high', 'medium', 'low', 'unknown'] as const
  const words = kinds.filter(kind => findings[kind] > 0).map(kind => `${findings[kind]} ${kind}`)
  return words.length === 0 ? 'nothing' : words.join(', ')
}
