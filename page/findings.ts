import type {VulnerabilityMetric} from '../src/contracts/metrics.js'
import type {ReportData} from '../src/reporting/report-data.js'
import {badge, nothing, row, section, table} from './dom.js'

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const

/** Scan results by severity against the release before. */
export function findings({builds, history}: ReportData): HTMLElement {
  const scanned = builds.filter(build => build.findings !== undefined)
  if (scanned.length === 0)
    return section('findings', 'Vulnerabilities', nothing('No scan is in the metrics of this release.'))
  const before = history.at(-2)?.builds ?? []
  return section(
    'findings',
    'Vulnerabilities',
    table(
      before.some(build => build.findings)
        ? 'Findings, compared with the release before'
        : 'Findings; nothing is known of the release before',
      ['Image', 'Platform', ...SEVERITIES, 'Ignored', 'Scanner'],
      scanned.map(({target, platform, findings: found}) => {
        const was = before.find(one => one.target === target && one.platform === platform)?.findings
        return [
          target,
          platform,
          ...SEVERITIES.map(severity => cell(severity, found as VulnerabilityMetric, was)),
          String(found?.ignored ?? 0),
          found?.scanner ?? ''
        ]
      }),
      scanned.map(({target, platform}) => `${target} ${platform}`)
    )
  )
}

function cell(
  severity: (typeof SEVERITIES)[number],
  now: VulnerabilityMetric,
  before: VulnerabilityMetric | undefined
): HTMLElement {
  const difference = before === undefined ? 0 : now[severity] - before[severity]
  const isGrave = severity === 'critical' || severity === 'high'
  return row(
    String(now[severity]),
    difference > 0 && badge(isGrave ? 'bad' : 'warn', `+${difference}`),
    difference < 0 && badge('good', `−${-difference}`)
  )
}
