import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import type {GateProgram} from '../../src/checks/gate-command.js'
import {type ScanGate, runScan} from '../../src/checks/scan/scan-gate.js'
import {SCAN_PRESETS, SCANNERS, type ScanQuestion} from '../../src/checks/scan/scan-preset.js'
import {
  type FakeScanners,
  GRYPE_JSON,
  fakeScanners,
  grypeSarif,
  snykSarif,
  trivySarif
} from '../support/fake-scanners.js'
import {component, describeWith} from '../support/components.js'
import {execPrograms} from '../support/exec-programs.js'
import {sampleImage, writeLayout} from '../building/layouts.js'
import {digestOf} from '../../src/oci/digest.js'
import {fieldAt, objectIn} from '../../src/shared/json.js'
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
const document = (): string => path.join(scanners.folder, 'subject.json')

/** A layout as far as a scanner reads it to say what it looked at: an index, and a manifest that names its config. */
const layoutOf = (config: string): string => {
  const layout = path.join(scanners.folder, 'layout')
  const manifest = '3'.repeat(64)
  mkdirSync(path.join(layout, 'blobs', 'sha256'), {recursive: true})
  writeFileSync(
    path.join(layout, 'index.json'),
    JSON.stringify({manifests: [{digest: `sha256:${manifest}`}]})
  )
  writeFileSync(path.join(layout, 'blobs', 'sha256', manifest), JSON.stringify({config: {digest: config}}))
  return layout
}
const question = (changes: Partial<ScanQuestion> = {}): ScanQuestion => ({
  layout: '/layout',
  archive: '/image.tar',
  report: report(),
  document: document(),
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
  document: document(),
  proof: {from: 'report'},
  demand: 'required',
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
    return run(changes)
  }
  const run = (changes: Partial<ScanGate> = {}, config = OWN) => {
    const {done, proof} = preset
    return runScan(
      gate(preset.command(question({layout: layoutOf(config)})), {done, proof, ...changes}),
      ports
    )
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
    const error = await failureOf(() => run())
    expect(error.message).toBe(
      `the scan of app, linux/amd64 could not be done: exit code 2: ${scanner} is done`
    )
  })

  it('that leaves no report, or another file, is a failure', async () => {
    scanners.let(scanner, {})
    expect((await failureOf(() => run())).message).toContain('the scanner wrote none')
    scanners.let(scanner, {writes: 'Total: 3'})
    expect((await failureOf(() => run())).message).toContain('it is not JSON')
  })
})

const BY: Readonly<Record<string, string>> = {
  trivy: `The report names ${OWN}.`,
  grype: `What the scanner says of its target names ${OWN}.`,
  snyk: 'The scanner was given this image alone, and names none itself.'
}

describe('what shows that a scan ran on this image', () => {
  const ran = async (scanner: 'trivy' | 'grype' | 'snyk', config: string, answer = {}) => {
    scanners.let(scanner, {writes: SARIF[scanner]([]), ...answer})
    const {command, done, proof} = SCAN_PRESETS[scanner]
    return await runScan(gate(command(question({layout: layoutOf(config)})), {done, proof}), ports)
  }

  it.each(SCANNERS)('is told for %s', async scanner => {
    await ran(scanner, OWN)
    expect(ports.reporter.lines).toContain(BY[scanner])
  })

  it.each(['trivy', 'grype'] as const)('is missing where %s looked at another image', async scanner => {
    const error = await failureOf(() => ran(scanner, OTHER))
    expect(error).toMatchObject({
      code: 'SCAN_FAILED',
      message: expect.stringContaining('is of another image')
    })
    expect(error.message).toContain(OTHER)
  })

  it.each([
    ['trivy', {writes: trivySarif([], '')}, 'Trivy 0.58.0 names no digest in imageID'],
    ['grype', {document: '{}'}, 'grype 0.121.3 names no digest in its report or its JSON'],
    ['grype', {document: ''}, 'grype 0.121.3 names no digest in its report or its JSON']
  ] as const)('is missing where %s says nothing of it: %j', async (scanner, answer, message) => {
    const error = await failureOf(() => ran(scanner, OWN, answer))
    expect(error).toMatchObject({code: 'SCAN_FAILED', message: expect.stringContaining(message)})
    expect(error.hint).toContain('scan-proof: waived')
  })

  it('does not come from a document that lay there before', async () => {
    writeFileSync(document(), GRYPE_JSON.replaceAll('sha256:@config@', OWN))
    scanners.let('grype', {writes: grypeSarif([])})
    const {proof} = SCAN_PRESETS.grype
    const line = `grype oci-dir:x --output sarif="$SCAN_REPORT"`
    const error = await failureOf(() => runScan(gate({line}, {proof}), ports))
    expect(error.message).toContain('does not say which image it is of')
  })
})

// What grype's JSON says of its target is what syft says of it: both print the metadata of one library.
describeWith(['syft'], 'what grype says of its target', () => {
  it('names the digests of the layout that it is given', async () => {
    const archive = Buffer.alloc(1024)
    const rootfs = {type: 'layers', diff_ids: [digestOf(archive)]}
    const image = {os: 'linux', architecture: 'amd64', config: {}, rootfs}
    const {manifest, config, layer} = sampleImage(image, gzipSync(archive))
    const layout = writeLayout(scanners.folder, [manifest], [manifest.bytes, config, layer])
    const {stdout} = await execPrograms(component('syft'), ['scan', `oci-dir:${layout}`, '-o', 'json', '-q'])
    const target = objectIn(fieldAt(JSON.parse(stdout), 'source', 'metadata'))
    expect(target).toMatchObject({manifestDigest: manifest.digest, imageID: digestOf(config)})
  })
})

describe('a report', () => {
  const written = (
    properties: object,
    results: readonly object[] = [],
    {others = [], ...changes}: Partial<ScanGate> & {readonly others?: readonly object[]} = {}
  ) => {
    const tool = {driver: {name: 'mine'}}
    const text = JSON.stringify({version: '2.1.0', runs: [{tool, results, properties}, ...others]})
    scanners.let('mine', {writes: text})
    return runScan(gate({line: 'mine --output "$SCAN_REPORT"'}, changes), ports)
  }

  it('that names no image counts as none, with what to do', async () => {
    const error = await failureOf(() => written({}))
    expect(error).toMatchObject({
      code: 'SCAN_FAILED',
      message: expect.stringContaining('mine names no digest')
    })
    expect(error.hint).toContain('scan-proof: waived')
    expect(error.hint).toContain('$IMAGE_LAYOUT')
  })

  it('counts by each of its runs', async () => {
    const run = (properties: object) => ({tool: {driver: {name: 'two'}}, results: [], properties})
    expect(await written({imageID: OWN}, [], {others: [run({digest: OWN})]})).toMatchObject({
      scanner: 'mine, two'
    })
    expect((await failureOf(() => written({imageID: OWN}, [], {others: [run({})]}))).message).toContain(
      'two names no digest'
    )
    const other = await failureOf(() => written({imageID: OWN}, [], {others: [run({imageID: OTHER})]}))
    expect(other.message).toContain('is of another image')
  })

  it('is taken as it is where the caller waives the proof, and says so; never one of another image', async () => {
    expect(await written({}, [], {demand: 'waived'})).toMatchObject({scanner: 'mine'})
    expect(ports.reporter.warnings).toContain(
      'Nothing shows that the report of mine is of this image; scan-proof: waived takes it as it is.'
    )
    const error = await failureOf(() => written({imageID: OTHER}, [], {demand: 'waived'}))
    expect(error.message).toContain('is of another image')
  })

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
    const result = await written({imageID: OWN}, [{...finding, suppressions: [{kind: 'external'}]}])
    expect(result).toMatchObject({suppressed: 1, ignored: 0, counts: {critical: 0}})
    expect(ports.reporter.lines).toContainEqual('mine found: none; 0 ignored, 1 suppressed by the scanner.')
    expect((await failureOf(() => written({imageID: OWN}, [finding]))).message).toContain('found 1 critical')
  })
})

describe('the command line of a scanner', () => {
  it.each<[string, Partial<ScanQuestion>, readonly string[]]>([
    ['trivy', {}, ['image', '--input', '/layout', '--format', 'sarif', '--output', 'R', '--exit-code', '0']],
    ['trivy', {level: 'basic'}, ['--severity', 'CRITICAL']],
    ['trivy', {fixedOnly: true, args: ['--scanners', 'vuln']}, ['--ignore-unfixed', '--scanners', 'vuln']],
    ['grype', {}, ['oci-dir:/layout', '--output', 'sarif=R', '--output', 'json=D']],
    ['grype', {fixedOnly: true, args: ['--config', 'x']}, ['--only-fixed', '--config', 'x']],
    ['snyk', {}, ['container', 'test', 'docker-archive:/image.tar', '--sarif-file-output=R']],
    ['snyk', {level: 'basic'}, ['--severity-threshold=critical']]
  ])('of %s for %j has %j', (scanner, changes, args) => {
    const preset = SCAN_PRESETS[scanner as keyof typeof SCAN_PRESETS]
    const command = preset.command(question({report: 'R', document: 'D', ...changes}))
    expect('program' in command && command.args.join(' ')).toContain(args.join(' '))
  })
})

describe('a scan by lines of the caller', () => {
  it('finds its variables, and none that it was not given', async () => {
    process.env['A_TOKEN'] = 'secret-token'
    scanners.let('mine', {})
    const line = `mine "$SCAN_REPORT" "[$A_TOKEN]"\necho '${trivySarif([], OWN)}' > "$SCAN_REPORT"`
    expect((await runScan(gate({line}), ports)).scanner).toBe('Trivy 0.58.0')
    expect(scanners.calls()).toEqual([`mine ${report()} []`])
    Reflect.deleteProperty(process.env, 'A_TOKEN')
  })
})
