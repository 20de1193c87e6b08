import {describe, expect, it} from '@jest/globals'
import {readSarif} from '../../src/checks/scan/sarif.js'
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
    ['grype 0.121.3', grypeSarif],
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
    ['a word of the rule', {ruleId: 'a'}, {id: 'a', properties: {cvssV3_severity: 'CRITICAL'}}, 'critical'],
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

  it.each<[string, object, RegExp]>([
    ['no run', {runs: []}, /has no run: nothing was scanned/],
    ['no results', {runs: [{tool: {}, results: null}]}, /has no results: nothing was scanned/],
    ['results left out', {runs: [{tool: {}}]}, /has no results/],
    [
      'a run that failed',
      {
        runs: [
          {
            tool: {},
            results: [],
            invocations: [
              {
                executionSuccessful: false,
                toolExecutionNotifications: [{message: {text: 'no database'}}]
              }
            ]
          }
        ]
      },
      /did not succeed: no database/
    ]
  ])('with %s is of no scan', async (_, document, message) => {
    const failure = await failureOf(() => readSarif(JSON.stringify({version: '2.1.0', ...document})))
    expect(failure).toMatchObject({code: 'SCAN_FAILED', message: expect.stringMatching(message)})
  })

  it('may have found nothing', () =>
    expect(readSarif(run([]))).toEqual({
      scanner: 'x',
      findings: [],
      runs: [{scanner: 'x', subjects: [], hashes: []}]
    }))

  it.each<[string, object]>([
    ['its index', {rule: {index: 1, toolComponent: {index: 1}}}],
    ['its index beside the identifier', {ruleId: 'a', ruleIndex: 1, rule: {toolComponent: {index: 1}}}],
    ['the name of the extension', {rule: {index: 1, toolComponent: {name: 'two'}}}],
    ['its identifier', {ruleId: 'b'}],
    ['its identifier in the reference', {rule: {id: 'b'}}]
  ])('finds the rule of an extension by %s', (_, result) => {
    const rules = [{id: 'a'}, {id: 'b', properties: {'security-severity': '9.9'}}]
    const extensions = [
      {name: 'one', rules: [{id: 'c'}]},
      {name: 'two', rules}
    ]
    const tool = {driver: {name: 'x', rules: [{id: 'z'}]}, extensions}
    const text = JSON.stringify({version: '2.1.0', runs: [{tool, results: [result]}]})
    expect(readSarif(text).findings[0]?.severity).toBe('critical')
  })

  it.each<[string, object, boolean]>([
    ['without a status', {suppressions: [{kind: 'external'}]}, true],
    ['that is accepted', {suppressions: [{kind: 'inSource', status: 'accepted'}]}, true],
    ['under review', {suppressions: [{kind: 'external'}, {kind: 'external', status: 'underReview'}]}, false],
    ['that was rejected', {suppressions: [{kind: 'external', status: 'rejected'}]}, false],
    ['of which there is none', {suppressions: []}, false]
  ])('knows a suppression %s', (_, result, isSuppressed) =>
    expect(readSarif(run([result])).findings).toEqual([expect.objectContaining({isSuppressed})])
  )

  it('does not count what was there at an earlier time', () =>
    expect(readSarif(run([{baselineState: 'absent'}, {baselineState: 'new'}])).findings).toHaveLength(1))

  const [ONE, TWO] = ['a', 'b'].map(digit => `sha256:${digit.repeat(64)}`) as [string, string]
  const target = (artifact: object) => ({artifacts: [{roles: ['analysisTarget'], ...artifact}]})
  it.each<[string, object, {readonly subjects?: readonly string[]; readonly hashes?: readonly string[]}]>([
    [
      'by the properties of Trivy',
      {properties: {imageName: 'x', imageID: ONE, repoDigests: [`r.test/x@${TWO}`]}},
      {subjects: [ONE, TWO]}
    ],
    ['by the address of its target', target({location: {uri: `r.test/x@${ONE}`}}), {subjects: [ONE]}],
    [
      'by a package URL',
      target({location: {uri: `pkg:oci/x@${ONE.replace(':', '%3A')}`}}),
      {subjects: [ONE]}
    ],
    ['by the hash of its target', target({hashes: {'sha-256': 'A'.repeat(64)}}), {hashes: [ONE]}],
    [
      'not by other properties, or files that it met',
      {properties: {run: ONE}, artifacts: [{location: {uri: ONE}}]},
      {}
    ]
  ])('says which image it is of %s', (_, said, {subjects = [], hashes = []}) => {
    const text = JSON.stringify({version: '2.1.0', runs: [{tool: {}, results: [], ...said}]})
    expect(readSarif(text).runs).toEqual([{scanner: 'scanner', subjects, hashes}])
  })

  it.each(['', '{', '[]', '{"runs":[]}', '{"version":"2.1.0"}', '{"version":"1.0.0","runs":[]}'])(
    'is none: %j',
    async text => {
      expect((await failureOf(() => readSarif(text))).code).toBe('SCAN_FAILED')
    }
  )
})
