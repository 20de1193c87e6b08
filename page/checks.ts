import type {ReportCheck, ReportData} from '../src/reporting/report-data.js'
import {counted} from './amounts.js'
import {badge, nothing, section, table} from './dom.js'

const KINDS: Readonly<Record<ReportCheck['kind'], string>> = {
  tag: 'tag read back',
  signature: 'signature verified',
  start: 'container started',
  scan: 'scanned',
  test: 'tested',
  layers: 'layers compared with those that were tested',
  sbom: 'bill of materials attached'
}

/** Every check with its evidence; what failed stands first. */
export function checks({checks: all}: ReportData): HTMLElement {
  if (all.length === 0)
    return section(
      'checks',
      'Checks',
      nothing('No document names a check: give the report of verify-release.')
    )
  const sorted = [...all].sort((a, b) => b.faults.length - a.faults.length)
  const failed = all.filter(({faults}) => faults.length > 0).length
  return section(
    'checks',
    'Checks',
    table(
      failed === 0
        ? `${counted(all.length, 'check')}, no fault`
        : `${counted(all.length, 'check')}, ${failed} with faults`,
      ['What', 'Check', 'Result', 'Evidence'],
      sorted.map(({kind, subject, evidence, faults}) => [
        subject,
        KINDS[kind],
        faults.length === 0 ? badge('good', 'passed') : badge('bad', 'failed'),
        faults.length === 0 ? evidence : `${faults.join('; ')} (${evidence})`
      ]),
      sorted.map(({subject}) => subject)
    )
  )
}
