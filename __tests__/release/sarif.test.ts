import {describe, expect, it} from '@jest/globals'
import {readSarif} from '../../src/release/sarif.js'
import {grypeSarif, snykSarif, trivySarif} from '../support/fake-scanners.js'
import {failureOf} from '../support/thrown.js'

const FINDINGS = [
  ['CVE-2024-1', 'CRITICAL'],
  ['CVE-2024-2', 'HIGH'],
  ['CVE-2024-3', 'MEDIUM'],
  ['CVE-2024-4', 'LOW']
] as const

describe('a report in SARIF', () => {
  it.each([
    ['Trivy 0.58.0', trivySarif],
    ['Grype 0.87.0', grypeSarif],
    ['Snyk Container', snykSarif]
  ])('of %s says how bad each finding is', (scanner, write) => {
    const report = readSarif(write(FINDINGS))
    expect(report.scanner).toBe(scanner)
    expect(report.findings.map(({severity}) => severity)).toEqual(['critical', 'high', 'medium', 'low'])
    for (const [at, [id]] of FINDINGS.entries()) expect(report.findings[at]?.id).toContain(id)
  })

  const run = (results: readonly object[], rules: readonly object[] = []): string =>
    JSON.stringify({version: '2.1.0', runs: [{tool: {driver: {name: 'x', rules}}, results}]})

  it.each<[string, object, object, string]>([
    ['a score of the rule', {ruleId: 'a'}, {id: 'a', properties: {'security-severity': '9.0'}}, 'critical'],
    ['a score of the result', {properties: {'security-severity': 7}}, {}, 'high'],
    ['a score of nothing', {properties: {'security-severity': '0.0'}}, {}, 'unknown'],
    ['a score that is none', {level: 'note', properties: {'security-severity': 'x'}}, {}, 'low'],
    ['grype’s negligible', {ruleId: 'a'}, {id: 'a', help: {text: 'Severity: Negligible'}}, 'low'],
    ['the level', {level: 'error'}, {}, 'high'],
    ['the level of the rule', {ruleId: 'a'}, {id: 'a', defaultConfiguration: {level: 'note'}}, 'low'],
    ['nothing', {}, {}, 'medium'],
    ['a rule by its index', {ruleIndex: 0}, {id: 'a', properties: {tags: ['LOW']}}, 'low']
  ])('takes the severity from %s', (_, result, rule, severity) => {
    expect(readSarif(run([result], [rule])).findings[0]?.severity).toBe(severity)
  })

  it('does not count what passed', () => {
    expect(readSarif(run([{kind: 'pass'}, {kind: 'fail'}])).findings).toHaveLength(1)
  })

  it('may hold no run, and runs that found nothing', () => {
    expect(readSarif('{"version":"2.1.0","runs":[]}')).toEqual({scanner: 'scanner', findings: []})
    expect(
      readSarif('{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":null}]}').findings
    ).toEqual([])
  })

  it.each(['', '{', '[]', '{"runs":[]}', '{"version":"2.1.0"}', '{"version":"1.0.0","runs":[]}'])(
    'is none: %j',
    async text => {
      expect((await failureOf(() => readSarif(text))).code).toBe('SCAN_FAILED')
    }
  )
})
