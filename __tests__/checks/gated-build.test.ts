import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {ReleaseError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {digestOf, parseDigest} from '../../src/oci/digest.js'
import {layerFingerprint} from '../../src/oci/layer-fingerprint.js'
import {readManifest} from '../../src/oci/manifest.js'
import type {Plan} from '../../src/contracts/plan.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {parseMetrics} from '../../src/contracts/metrics-document.js'
import {listReferrers} from '../../src/registry/client/referrers.js'
import {type FakeBuildah, fakeBuildah} from '../support/fake-buildah.js'
import {type FakeScanners, fakeScanners, snykSarif, trivySarif} from '../support/fake-scanners.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientOf, planOf, releaseTags} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const ASKED = {context: 'examples/hello', builder: 'buildah', platforms: 'linux/arm64'}
const SPDX = JSON.stringify({spdxVersion: 'SPDX-2.3', name: 'app'})

let registries: RunningRegistry[]
let scanners: FakeScanners
let buildah: FakeBuildah
let ports: TestPorts
let plan: Plan
let images: string[]
const state = {number: 0}

beforeAll(async () => {
  registries = [await startEmbedded(), await startEmbeddedWith('token')]
})
afterAll(async () => {
  await Promise.all(registries.map(registry => registry.stop()))
})
beforeEach(() => {
  scanners = fakeScanners()
  scanners.let('docker', {})
  buildah = fakeBuildah()
  ports = testPorts(registries, {
    exec: (command, args, options) =>
      command === 'buildah' ? buildah.exec(command, args, options) : scanners.exec(command, args, options)
  })
  state.number += 1
  images = registries.map(({host}) => `${host}/org/gated${state.number}`)
  plan = planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')})
})
afterEach(() => {
  ports.close()
  scanners.remove()
})

const build = async (texts: Readonly<Record<string, string>> = {}, changed = plan) => {
  const all = {...ASKED, plan: formatPlan(changed), ...texts}
  return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
}
const variantPlan = (): Plan => {
  const [target] = plan.targets
  if (target === undefined) throw new Error('the plan has no target')
  const builds = target.builds.filter(({platform}) => platform === 'linux/arm64')
  return {...plan, targets: [{...target, builds, variant: {runtime: 'cuda', python: '3.11'}}]}
}
const isThere = async (digest: string): Promise<boolean[]> =>
  Promise.all(
    images.map(async image => (await clientOf(ports, image).headManifest(parseDigest(digest))) !== undefined)
  )
describe('an image that is scanned, with VEX', () => {
  const vexFile = (product: string): string => {
    const file = path.join(scanners.folder, 'app.vex.json')
    const statement = {
      vulnerability: {name: 'CVE-2024-1'},
      products: [{'@id': product}],
      status: 'not_affected',
      justification: 'component_not_present'
    }
    const document = {'@context': 'https://openvex.dev/ns/v0.2.0', statements: [statement]}
    writeFileSync(file, JSON.stringify(document))
    return file
  }
  const scan = async (product: string) => {
    scanners.let('trivy', {writes: trivySarif([['CVE-2024-1', 'CRITICAL']])})
    return await build({scan: 'trivy', vex: vexFile(product)})
  }

  it('is pushed where a statement about it excuses what was found, which log and summary show apart', async () => {
    const {digest, vulnerabilities} = await scan(`pkg:oci/app?repository_url=${images[1] ?? ''}`)
    expect(await isThere(digest)).toEqual([true, true])
    expect(JSON.parse(vulnerabilities)).toMatchObject({critical: 0})
    expect(ports.reporter.lines).toContainEqual(
      expect.stringMatching(/^VEX: CVE-2024-1 is not affected, component_not_present \(.*app\.vex\.json\)\.$/)
    )
    expect(ports.reporter.summaries.join('\n')).toMatch(
      /CVE-2024-1.*not affected.*component\\?_not\\?_present/
    )
  })

  it('is not pushed by a statement about another, or by a document that is none', async () => {
    await expect(scan('pkg:oci/other')).rejects.toMatchObject({code: 'SCAN_FAILED'})
    const file = vexFile('pkg:oci/app')
    writeFileSync(file, '{}')
    await expect(build({scan: 'trivy', vex: file})).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [{input: 'vex', message: expect.stringContaining('no OpenVEX document')}]
    })
  })
})

describe('an image that is tested', () => {
  it('is loaded under a local name that the test finds, then handed over', async () => {
    const line = 'echo "$IMAGE $IMAGE_DIGEST $PLATFORM $TARGET"; test -f "$IMAGE_LAYOUT/index.json"'
    const {digest} = await build({test: line})
    expect(ports.kept.get('test-logs-app-linux-arm64')?.['test-logs-app-linux-arm64.log']).toMatch(
      new RegExp(`^localhost/image-release-test:[0-9a-f]{12} ${digest} linux/arm64 app\n$`)
    )
    expect(scanners.calls().map(call => call.split(' ').slice(0, 3).join(' '))).toEqual([
      'docker version --format',
      'docker load --input',
      'docker image rm'
    ])
    expect([...ports.records.keys()]).toEqual(['digest-app-linux-arm64'])
  })

  it('and fails leaves its log, no record, and nothing in any registry', async () => {
    const error = await failureOf(() => build({test: 'echo "of $IMAGE_DIGEST"; exit 3'}))
    expect(error).toMatchObject({code: 'TEST_FAILED'})
    expect(error.message).toBe('the test of app, linux/arm64 failed: exit code 3')
    const log = ports.kept.get('test-logs-app-linux-arm64')?.['test-logs-app-linux-arm64.log'] ?? ''
    const digest = /sha256:[0-9a-f]{64}/.exec(log)?.[0] ?? ''
    expect(await isThere(digest)).toEqual([false, false])
    expect(ports.records.size).toBe(0)
  })

  it('and calls podman is loaded there, though docker works, too', async () => {
    scanners.let('podman', {})
    await build({test: 'echo "$ENGINE"; podman run --rm "$IMAGE" true'})
    expect(scanners.calls().map(call => call.split(' ').slice(0, 2).join(' '))).toEqual([
      'podman version',
      'podman load',
      'podman run',
      'podman image'
    ])
    expect(ports.kept.get('test-logs-app-linux-arm64')?.['test-logs-app-linux-arm64.log']).toMatch(
      /^podman\n/
    )
  })

  it('and fails says which program had the image', async () => {
    const error = await failureOf(() => build({test: 'make test-image'}))
    expect(error.hint).toContain(
      'docker had the image: a test that calls another program finds it by load-into'
    )
  })

  it('after the push is known by its reference, and has no record where it fails', async () => {
    const test = 'echo "$IMAGE"; exit 1'
    const error = await failureOf(() => build({test, 'test-after': 'push'}))
    expect(error.hint).toContain('Nothing was tagged, and no digest was handed over.')
    const [file = ''] = Object.values(ports.kept.get('test-logs-app-linux-arm64') ?? {})
    expect(file).toMatch(new RegExp(`^${images[0] ?? ''}@sha256:[0-9a-f]{64}\n$`))
    expect(await isThere(file.trim().split('@')[1] ?? '')).toEqual([true, true])
    expect(ports.records.size).toBe(0)
  })

  it('leaves its log under the name that a system is used to', async () => {
    const texts = {test: 'echo "$VARIANT_RUNTIME $VARIANT_PYTHON"', 'load-into': 'none'}
    await build({...texts, 'test-logs-name': 'test-logs-{runtime}-py{python}'}, variantPlan())
    expect(ports.kept.get('test-logs-cuda-py3.11')).toEqual({'test-logs-cuda-py3.11.log': 'cuda 3.11\n'})
    await build(texts, variantPlan())
    expect(ports.kept.has('test-logs-app')).toBe(true)
  })

  it('may stay loaded for later steps, under a name of its own', async () => {
    await build({'load-as': 'org/app-{runtime}:{python}'}, variantPlan())
    const calls = scanners.calls().map(call => call.split(' ').slice(0, 2).join(' '))
    expect(calls).toEqual(['docker version', 'docker load'])
  })

  it('is not loaded where nothing works that could: the test reads its layout', async () => {
    scanners.let('docker', {exitCode: 1})
    scanners.let('podman', {exitCode: 1})
    buildah.builds.length = 0
    const exec: TestPorts['exec'] = (command, args, options) =>
      command === 'buildah' && args[0] === '--version' && buildah.builds.length > 0
        ? Promise.reject(new Error('spawn buildah ENOENT'))
        : ports.exec(command, args, options)
    const all = {...ASKED, plan: formatPlan(plan)}
    const inputs = parseInputs(buildByDigest.inputs, {
      ...all,
      test: 'test -z "$IMAGE"; test -d "$IMAGE_LAYOUT"'
    })
    await buildByDigest.run(inputs, {...ports, exec})
    expect(ports.reporter.notices).toContain(
      'Neither docker nor podman nor buildah works here: the image is not loaded, and IMAGE is empty.'
    )
  })

  it('shows no login in its log', async () => {
    const login = `${registries[0]?.host ?? ''}=me:pass-phrase-1`
    await build({test: 'echo "pass-phrase-1"', 'registry-credentials': login, 'load-into': 'none'})
    expect(ports.kept.get('test-logs-app-linux-arm64')?.['test-logs-app-linux-arm64.log']).toBe('***\n')
  })
})

describe('an image that is scanned', () => {
  it('is pushed where nothing is too bad, with what was found in outputs and summary', async () => {
    const sarif = trivySarif([
      ['CVE-1', 'HIGH'],
      ['CVE-2', 'LOW']
    ])
    scanners.let('trivy', {writes: sarif})
    const outputs = await build({scan: 'trivy'})
    expect(JSON.parse(outputs.vulnerabilities)).toEqual({critical: 0, high: 1, medium: 0, low: 1, unknown: 0})
    expect(outputs.sarif).toBe('/runner/temp/scan-app-linux-arm64.sarif')
    expect(ports.reporter.summaries[0]).toContain('1 high, 1 low (Trivy 0.58.0)')
    expect(scanners.calls()[1]).toMatch(/^trivy image --input \S+\/layout --format sarif --output \S+\.sarif/)
  })

  it('by lines that name no image is not pushed, unless the proof is waived', async () => {
    const report = JSON.stringify({version: '2.1.0', runs: [{tool: {driver: {name: 'mine'}}, results: []}]})
    const scan = `echo '${report}' > "$SCAN_REPORT"`
    await expect(build({scan})).rejects.toMatchObject({
      code: 'SCAN_FAILED',
      hint: expect.stringContaining('scan-proof: waived')
    })
    expect(ports.records.size).toBe(0)
    const named = `echo '${report.replace('"results"', '"properties":{"imageDigest":"\'$IMAGE_DIGEST\'"},"results"')}' > "$SCAN_REPORT"`
    await expect(build({scan: named})).resolves.toBeDefined()
    await expect(build({scan, 'scan-proof': 'waived'})).resolves.toBeDefined()
  })

  it('by snyk is given no other image', async () => {
    scanners.let('snyk', {writes: snykSarif([])})
    await expect(build({scan: 'snyk', 'scan-args': '--app-vulns\nalpine:3'})).rejects.toMatchObject({
      issues: [{input: 'scan-args', message: expect.stringContaining('"alpine:3" is another image to snyk')}]
    })
    expect(buildah.builds).toEqual([])
    await expect(build({scan: 'snyk', 'scan-args': '--app-vulns'})).resolves.toBeDefined()
  })

  it('before it is tested, and stops at what is too bad', async () => {
    scanners.let('trivy', {writes: trivySarif([['CVE-1', 'CRITICAL']])})
    const error = await failureOf(() => build({scan: 'trivy', test: 'true'}))
    expect(error).toMatchObject({code: 'SCAN_FAILED', outputs: {sarif: expect.any(String)}})
    expect([...ports.kept.keys()]).toEqual(['scan-app-linux-arm64'])
    expect(ports.records.size).toBe(0)
  })

  it('by a scanner that is not installed is refused before anything is built', async () => {
    await expect(build({scan: 'grype', 'sbom-command': 'syft'})).rejects.toMatchObject({
      issues: [
        {input: 'scan', message: expect.stringContaining('grype cannot be started')},
        {input: 'sbom-command', message: expect.stringContaining('syft cannot be started')}
      ]
    })
    expect(buildah.builds).toEqual([])
  })

  it('as closely as the scan matrix says, and not at all where it is not in it', async () => {
    const matrix = (target: string): string => JSON.stringify({include: [{target, level: 'basic'}]})
    scanners.let('trivy', {writes: trivySarif([['CVE-1', 'HIGH']])})
    const texts = {scan: 'trivy', 'scan-severity': 'high'}
    expect((await build({...texts, 'scan-matrix': matrix('other')})).sarif).toBe('')
    expect(scanners.calls()).toEqual([])
    expect((await build({...texts, 'scan-matrix': matrix('app')})).sarif).not.toBe('')
    expect(scanners.calls()[1]).toContain('--severity CRITICAL')
  })
})

describe('the fingerprint of the layers', () => {
  // The image of the stand-in for buildah says of no layer what it is without compression.
  const FINGERPRINT = layerFingerprint([])

  it('is given out, and kept under the name that a system is used to', async () => {
    const outputs = await build({'fingerprint-name': 'digest-{runtime}-py{python}.txt'}, variantPlan())
    expect(outputs.fingerprint).toBe(FINGERPRINT)
    expect(ports.kept.get('digest-cuda-py3.11.txt')).toEqual({'digest-cuda-py3.11.txt': `${FINGERPRINT}\n`})
    const expected = 'artifact:digest-{runtime}-py{python}.txt'
    await expect(build({'expected-fingerprint': expected}, variantPlan())).resolves.toBeDefined()
  })

  it('that is another one stops the push', async () => {
    const {digest} = await build({}, {...plan, push: false})
    const error = await failureOf(() => build({'expected-fingerprint': 'a'.repeat(64)}))
    expect(error.code).toBe('FINGERPRINT_MISMATCH')
    expect(error.message).toContain(`${FINGERPRINT} was built, ${'a'.repeat(64)} is expected`)
    expect(ports.records.size).toBe(0)
    expect(await isThere(digest)).toEqual([false, false])
  })

  it.each([
    ['artifact:absent', 'there is no artifact absent'],
    ['no/such/file', 'there is no file no/such/file'],
    ['artifact:{colour}', 'there is no field {colour}']
  ])('%s is refused before anything is built', async (expected, message) => {
    await expect(build({'expected-fingerprint': expected})).rejects.toMatchObject({
      issues: [{input: 'expected-fingerprint', message: expect.stringContaining(message)}]
    })
    expect(buildah.builds).toEqual([])
  })
})

describe('a bill of materials', () => {
  const referrers = async (digest: string) =>
    Promise.all(images.map(image => listReferrers(clientOf(ports, image), parseDigest(digest))))

  it('refers to the image in every registry, once however often the job runs', async () => {
    const file = path.join(scanners.folder, 'sbom.json')
    writeFileSync(file, SPDX)
    const first = await build({'sbom-file': file})
    writeFileSync(file, JSON.stringify({...JSON.parse(SPDX), created: 'now'}))
    const again = await build({'sbom-file': file})
    expect(again.digest).toBe(first.digest)
    expect(again.sboms).toBe(first.sboms)
    for (const list of await referrers(first.digest))
      expect(list).toMatchObject([{artifactType: 'application/spdx+json'}])
    const [one = ''] = first.sboms.split('\n')
    const [image = '', digest = ''] = one.split('@')
    const manifest = await clientOf(ports, image).getManifest(parseDigest(digest))
    expect(readManifest(manifest)).toMatchObject({
      subject: {digest: first.digest},
      layers: [{digest: digestOf(Buffer.from(SPDX))}]
    })
  })

  it.each([
    {tool: 'syft', start: 'syft scan oci-dir:', format: 'spdx', writes: SPDX, type: 'application/spdx+json'},
    {
      tool: 'trivy',
      start: 'trivy image --input',
      format: 'cyclonedx',
      writes: '{"bomFormat":"CycloneDX"}',
      type: 'application/vnd.cyclonedx+json'
    }
  ])('is made by $tool', async ({tool, start, format, writes, type: artifactType}) => {
    scanners.let(tool, {writes})
    const {digest} = await build({'sbom-command': tool, 'sbom-format': format})
    expect(scanners.calls()[1]).toContain(start)
    for (const list of await referrers(digest)) expect(list).toMatchObject([{artifactType}])
  })

  it.each([
    ['a tool that fails', 'exit 4', 'could not be made: exit code 4'],
    ['a tool that writes nothing', 'true', 'cannot be read'],
    ['something else', 'echo hello > "$SBOM_FILE"', 'it is neither SPDX nor CycloneDX'],
    ['JSON of another kind', 'echo "{}" > "$SBOM_FILE"', 'it is JSON, but neither SPDX nor CycloneDX']
  ])('of %s stops the push', async (_, line, message) => {
    const error = await failureOf(() => build({'sbom-command': line}))
    expect(error).toMatchObject({code: 'SBOM_INVALID', message: expect.stringContaining(message)})
    expect(ports.records.size).toBe(0)
  })

  it('is made once: by a tool, or from a file', async () => {
    await expect(build({'sbom-command': 'true', 'sbom-file': 'x'})).rejects.toMatchObject({
      issues: [{input: 'sbom-file', message: 'is given, and so is sbom-command; give one of them'}]
    })
  })
})

describe('the metrics of a build', () => {
  const growth = (): string[] => ports.reporter.warnings.filter(line => line.includes('grew'))

  it('tell times, sizes, layers and what each registry was sent', async () => {
    const outputs = await build({test: 'true', 'load-into': 'none', 'keep-metrics': 'true'})
    const [metrics] = parseMetrics(outputs.metrics)
    expect(metrics).toMatchObject({
      schema: 1,
      target: 'app',
      platform: 'linux/arm64',
      digest: outputs.digest,
      builder: 'buildah 1.28.2',
      layerCount: 1
    })
    expect(metrics?.registries.map(({repository}) => repository)).toEqual(images)
    for (const {uploaded, skipped} of metrics?.registries ?? [])
      expect([uploaded, skipped]).toEqual([metrics?.imageSize, 0])
    expect(metrics?.phases.map(({name}) => name)).toEqual([
      ...['build', 'test'],
      ...images.map(image => `push ${image}`)
    ])
    const kept = ports.kept.get(`metrics-${plan.id}-app-linux-arm64`)?.['metrics.json'] ?? ''
    expect(parseMetrics(kept)).toEqual([metrics])
  })

  it('of several platforms are a list', async () => {
    const outputs = await build({platforms: 'linux/amd64,linux/arm64'})
    expect(parseMetrics(outputs.metrics).map(({platform}) => platform)).toEqual([
      'linux/amd64',
      'linux/arm64'
    ])
  })

  it('are compared with an earlier build: what grew is a warning', async () => {
    const first = await build()
    const [metrics] = parseMetrics(first.metrics)
    if (metrics === undefined) throw new Error('no metrics')
    const smaller = {...metrics, imageSize: Math.round(metrics.imageSize / 2)}
    await build({'metrics-baseline': JSON.stringify([smaller, {...metrics, platform: 'linux/amd64'}])})
    expect(growth()).toEqual([
      expect.stringMatching(/^app, linux\/arm64: image size grew by \d+ %, from \d+ B to \d+ B$/)
    ])
    expect(ports.reporter.summaries.at(-1)).toContain('> [!WARNING]\n> The image size grew by')
    await build({'metrics-baseline': JSON.stringify(smaller), 'max-growth': '1000'})
    expect(growth()).toHaveLength(1)
  })
})

describe('a digest that no artifact can keep', () => {
  const refused = () => ({
    ...ports,
    digests: {
      ...ports.digests,
      save: () => Promise.reject(new ReleaseError('ARTIFACT_FAILED', 'service says 403'))
    }
  })
  const buildOn = async (on: TestPorts, texts: Readonly<Record<string, string>>) => {
    const all = {...ASKED, plan: formatPlan(plan), ...texts}
    return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), on)
  }

  it('stops the job, unless the outputs may do', async () => {
    await expect(buildOn(refused(), {})).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    const outputs = await buildOn(refused(), {'hand-over': 'either'})
    const record = `digest-app-linux-arm64=${outputs.digest}`
    expect(outputs).toMatchObject({records: record, 'record-linux-arm64': record})
    expect(outputs).toHaveProperty('record-app-linux-arm64', record)
    expect(ports.reporter.warnings.at(-1)).toContain('service says 403; the digest is in the outputs')
  })

  it('is not tried where the outputs are asked for', async () => {
    await build({'hand-over': 'output'})
    expect(ports.records.size).toBe(0)
  })
})
