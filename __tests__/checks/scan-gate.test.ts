import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import type {GateProgram} from '../../src/checks/gate-command.js'
import {type ScanGate, runScan} from '../../src/checks/scan/scan-gate.js'
import {SCAN_PRESETS, SCANNERS, type ScanQuestion} from '../../src/checks/scan/scan-preset.js'
import {type FakeScanners, fakeScanners, grypeSarif, snykSarif, trivySarif} from '../support/fake-scanners.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {failureOf} from '../support/thrown.js'

let scanners: FakeScanners
let ports: TestPorts
beforeEach(() => {
  scanners = fakeScanners()
  ports = testPorts([], {exec: scanners.exec})
})
afterEach(() => {
  ports.close()
  scanners.remove()
})

const OWN = `sha256:${'1'.repeat(64)}`
const OTHER = `sha256:${'2'.repeat(64)}`
const report = (): string => path.join(scanners.folder, 'scan.sarif')
const question = (changes: Partial<ScanQuestion> = {}): ScanQuestion => ({
  layout: '/layout',
  archive: '/image.tar',
  report: report(),
  level: 'full',
  fixedOnly: false,
  args: [],
  ...changes
})
const gate = (command: GateProgram, changes: Partial<ScanGate> = {}): ScanGate => ({
  call: {command, env: {SCAN_REPORT: report()}, passed: [], timeout: 20_000, secrets: []},
  title: 'app, linux/amd64',
  artifact: 'scan-app-linux-amd64',
  report: report(),
  done: [0],
  threshold: 'critical',
  ignore: [],
  vex: [],
  repositories: ['ghcr.io/o/app'],
  subjects: [OWN],
  ...changes
})

const SARIF = {trivy: trivySarif, grype: grypeSarif, snyk: snykSarif}

describe.each(SCANNERS)('a scan by %s', scanner => {
  const preset = SCAN_PRESETS[scanner]
  const scan = (findings: readonly (readonly [string, string])[], changes: Partial<ScanGate> = {}) => {
    scanners.let(scanner, {writes: SARIF[scanner](findings), exitCode: scanner === 'snyk' ? 1 : 0})
    return runScan(gate(preset.command(question()), {done: preset.done, ...changes}), ports)
  }

  it('counts what it finds, and keeps the report for people and for later steps', async () => {
    const result = await scan([
      ['CVE-1', 'HIGH'],
      ['CVE-2', 'HIGH'],
      ['CVE-3', 'LOW']
    ])
    expect(result.counts).toEqual({critical: 0, high: 2, medium: 0, low: 1, unknown: 0})
    expect(result.report).toBe('/runner/temp/scan-app-linux-amd64.sarif')
    expect(Object.keys(ports.kept.get('scan-app-linux-amd64') ?? {})).toEqual(['scan-app-linux-amd64.sarif'])
    expect(ports.files.get('scan-app-linux-amd64.sarif')).toContain('CVE-1')
  })

  it('stops at what is as bad as the threshold, with the report kept', async () => {
    const error = await failureOf(() => scan([['CVE-1', 'HIGH']], {threshold: 'high'}))
    expect(error).toMatchObject({
      code: 'SCAN_FAILED',
      outputs: {sarif: '/runner/temp/scan-app-linux-amd64.sarif'}
    })
    expect(error.message).toMatch(/^app, linux\/amd64: .+ found 1 high; nothing may be high or worse$/)
    expect(ports.kept.size).toBe(1)
  })

  it('passes over what is ignored, and what is not as bad', async () => {
    const findings = [
      ['CVE-2024-11', 'CRITICAL'],
      ['CVE-2024-2', 'MEDIUM']
    ] as const
    expect((await scan(findings, {ignore: ['cve-2024-11'], threshold: 'high'})).ignored).toBe(1)
    expect((await scan(findings, {threshold: 'never'})).ignored).toBe(0)
    // The start of an identifier is another one.
    await expect(scan(findings, {ignore: ['CVE-2024-1']})).rejects.toMatchObject({code: 'SCAN_FAILED'})
  })

  it('that fails says what the scanner said last', async () => {
    scanners.let(scanner, {exitCode: 2})
    const error = await failureOf(() => runScan(gate(preset.command(question()), {done: preset.done}), ports))
    expect(error.message).toBe(
      `the scan of app, linux/amd64 could not be done: exit code 2: ${scanner} is done`
    )
  })

  it('that leaves no report, or another file, is a failure', async () => {
    scanners.let(scanner, {})
    const run = () => runScan(gate(preset.command(question()), {done: preset.done}), ports)
    expect((await failureOf(run)).message).toContain('the scanner wrote none')
    scanners.let(scanner, {writes: 'Total: 3'})
    expect((await failureOf(run)).message).toContain('it is not JSON')
  })
})

describe('a report', () => {
  const written = (properties: object, results: readonly object[] = []) => {
    const document = {version: '2.1.0', runs: [{tool: {driver: {name: 'mine'}}, results, properties}]}
    scanners.let('mine', {writes: JSON.stringify(document)})
    return runScan(gate({line: 'mine --output "$SCAN_REPORT"'}), ports)
  }

  it('of another image counts as none', async () => {
    expect(await written({imageID: OWN})).toMatchObject({scanner: 'mine'})
    expect(await written({repoDigests: [`a@${OTHER}`, `b@${OWN}`]})).toMatchObject({scanner: 'mine'})
    const error = await failureOf(() => written({imageID: OTHER}))
    expect(error).toMatchObject({
      code: 'SCAN_FAILED',
      message: expect.stringContaining('is of another image')
    })
  })

  it('that lay there before the scan is none', async () => {
    writeFileSync(report(), trivySarif([]))
    scanners.let('mine', {})
    expect(
      (await failureOf(() => runScan(gate({line: 'mine --output "$SCAN_REPORT"'}), ports))).message
    ).toContain('wrote none')
  })

  it('shows what the scanner suppressed apart, and does not count it', async () => {
    const finding = {level: 'error', properties: {'security-severity': '9.9'}}
    const result = await written({}, [{...finding, suppressions: [{kind: 'external'}]}])
    expect(result).toMatchObject({suppressed: 1, ignored: 0, counts: {critical: 0}})
    expect(ports.reporter.lines).toContainEqual('mine found: none; 0 ignored, 1 suppressed by the scanner.')
    expect((await failureOf(() => written({}, [finding]))).message).toContain('found 1 critical')
  })
})

describe('the command line of a scanner', () => {
  it.each<[string, Partial<ScanQuestion>, readonly string[]]>([
    ['trivy', {}, ['image', '--input', '/layout', '--format', 'sarif', '--output', 'R', '--exit-code', '0']],
    ['trivy', {level: 'basic'}, ['--severity', 'CRITICAL']],
    ['trivy', {fixedOnly: true, args: ['--scanners', 'vuln']}, ['--ignore-unfixed', '--scanners', 'vuln']],
    ['grype', {}, ['oci-dir:/layout', '--output', 'sarif', '--file', 'R']],
    ['grype', {fixedOnly: true, args: ['--config', 'x']}, ['--only-fixed', '--config', 'x']],
    ['snyk', {}, ['container', 'test', 'docker-archive:/image.tar', '--sarif-file-output=R']],
    ['snyk', {level: 'basic'}, ['--severity-threshold=critical']]
  ])('of %s for %j has %j', (scanner, changes, args) => {
    const preset = SCAN_PRESETS[scanner as keyof typeof SCAN_PRESETS]
    const command = preset.command(question({report: 'R', ...changes}))
    expect('program' in command && command.args.join(' ')).toContain(args.join(' '))
  })
})

describe('a scan by lines of the caller', () => {
  it('finds its variables, and none that it was not given', async () => {
    process.env['A_TOKEN'] = 'secret-token'
    scanners.let('mine', {})
    const line = `mine "$SCAN_REPORT" "[$A_TOKEN]"\necho '${trivySarif([])}' > "$SCAN_REPORT"`
    expect((await runScan(gate({line}), ports)).scanner).toBe('Trivy 0.58.0')
    expect(scanners.calls()).toEqual([`mine ${report()} []`])
    Reflect.deleteProperty(process.env, 'A_TOKEN')
  })
})
