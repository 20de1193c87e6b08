import type {GateCall, GateProgram} from '../checks/gate-command.js'
import type {ImageWorkspace} from '../checks/image-workspace.js'
import {SBOM_PRESETS, isSbomTool} from '../checks/sbom/sbom-preset.js'
import type {SbomGate} from '../checks/sbom/sbom-gate.js'
import {SCAN_PRESETS, isScanner} from '../checks/scan/scan-preset.js'
import type {ScanGate} from '../checks/scan/scan-gate.js'
import type {TestGate} from '../checks/test/test-gate.js'
import type {Digest} from '../oci/digest.js'
import type {GateInputs} from './inputs/gate-inputs.js'
import type {GatePlan} from './gate-plan.js'

/** What the programs of the gates are given. */
export interface GateContext {
  readonly given: GateInputs
  readonly plan: GatePlan
  readonly bench: ImageWorkspace
  /** What the record will name. */
  readonly digest: Digest
  /** The digests that stand for the image: its own, that of its manifest, and that of its config. */
  readonly subjects: readonly Digest[]
  /** Texts that no output may show. */
  readonly secrets: readonly string[]
}

/**
 * The caller's test.
 * @param image the image as an engine or a registry knows it; undefined where none has it
 */
export async function testGate(
  context: GateContext,
  line: string,
  {image, isPushed}: {readonly image: string | undefined; readonly isPushed: boolean}
): Promise<TestGate> {
  const {plan, bench} = context
  const {engine} = bench
  const call = await callOf(context, {line}, {IMAGE: image ?? '', ENGINE: engine ?? ''})
  return {call, title: plan.title, artifact: plan.names.test, isPushed, ...(engine && {engine})}
}

/** A scanner that is known, or the caller's own. */
export async function scanGate(context: GateContext, scan: string): Promise<ScanGate> {
  const {given, plan, bench} = context
  const report = bench.fileFor('scan.sarif')
  const document = bench.fileFor('scan-subject.json')
  const level = plan.level === 'basic' ? 'basic' : 'full'
  const preset = isScanner(scan) ? SCAN_PRESETS[scan] : undefined
  const needsArchive = preset?.needsArchive ?? /\bIMAGE_ARCHIVE\b/.test(scan)
  const archive = needsArchive ? await bench.archive() : ''
  const command = preset?.command({
    layout: await bench.layout(),
    archive,
    report,
    document,
    level,
    fixedOnly: given['scan-fixed-only'],
    args: given['scan-args']
  })
  const env = {SCAN_REPORT: report, SCAN_LEVEL: level, ...(needsArchive ? {IMAGE_ARCHIVE: archive} : {})}
  return {
    call: await callOf(context, command ?? {line: scan}, env, preset?.variables),
    title: plan.title,
    artifact: plan.names.scan,
    report,
    document,
    proof: preset?.proof ?? {from: 'report'},
    demand: given['scan-proof'],
    done: preset?.done ?? [0],
    threshold: scanThreshold(given, level),
    ignore: given['scan-ignore'],
    vex: plan.vex,
    repositories: plan.repositories,
    subjects: context.subjects
  }
}

/** A tool for bills of materials that is known, or the caller's own. */
export async function sbomGate(context: GateContext, tool: string): Promise<SbomGate> {
  const {given, plan, bench} = context
  const file = bench.fileFor('sbom.json')
  const preset = isSbomTool(tool) ? SBOM_PRESETS[tool] : undefined
  const command = preset?.command({layout: await bench.layout(), format: given['sbom-format'], file})
  const call = await callOf(context, command ?? {line: tool}, {SBOM_FILE: file}, preset?.variables)
  return {call, title: plan.title, file}
}

async function callOf(
  {given, plan, bench, digest, secrets}: GateContext,
  command: GateProgram,
  env: Readonly<Record<string, string>>,
  passed: readonly string[] = []
): Promise<GateCall> {
  return {
    command,
    env: {...plan.variables, IMAGE_DIGEST: digest, IMAGE_LAYOUT: await bench.layout(), ...env},
    passed: [...passed, ...given['gate-env']],
    timeout: given['gate-timeout'],
    secrets
  }
}

/** From which severity on a finding stops the push: a basic scan stops it for what is critical alone. */
export function scanThreshold(
  given: Pick<GateInputs, 'scan-severity'>,
  level: GatePlan['level']
): ScanGate['threshold'] {
  return level === 'basic' && given['scan-severity'] !== 'never' ? 'critical' : given['scan-severity']
}
