import {type InputIssue, InputError, ReleaseError, messageOf} from '../errors.js'
import {expectedFingerprint} from '../checks/fingerprint-gate.js'
import {type NameFields, fillName} from '../checks/name-template.js'
import {isSbomTool} from '../checks/sbom/sbom-preset.js'
import {type VexStatement, readOpenVex} from '../checks/scan/openvex.js'
import {SCAN_PRESETS, type ScanLevel, isScanner} from '../checks/scan/scan-preset.js'
import type {LayerFingerprint} from '../oci/layer-fingerprint.js'
import {formatRepository} from '../oci/reference.js'
import {readForeignFile} from '../shared/foreign-file.js'
import {formatPlatform, platformSlug} from '../oci/platform.js'
import type {Plan, PlannedTarget} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import type {BuildJob} from './build-job.js'
import type {GateInputs} from './inputs/gate-inputs.js'

/** What is to hold of one image, settled before anything is built. */
export interface GatePlan {
  /** `app, linux/amd64`, for people. */
  readonly title: string
  /** Names of artifacts. */
  readonly names: {
    readonly test: string
    readonly scan: string
    readonly metrics: string
    readonly fingerprint: string | undefined
  }
  /** The name under which the image stays loaded. */
  readonly loadAs: string | undefined
  readonly level: ScanLevel
  /** The fingerprint of the layers that were tested. */
  readonly expected: LayerFingerprint | undefined
  readonly vex: readonly VexStatement[]
  /** The repositories of the image, `ghcr.io/o/app`. */
  readonly repositories: readonly string[]
  /** TARGET, PLATFORM and the axes of the variant as VARIANT_…, for programs. */
  readonly variables: Readonly<Record<string, string>>
}

type Given = GateInputs & {readonly plan: Plan | undefined}

/**
 * Settles what is to hold of the image of a job.
 * @throws InputError with all that is wrong, before a builder is asked
 */
export async function planGates(given: Given, job: BuildJob, ports: Ports): Promise<GatePlan> {
  const target = given.plan?.targets.find(({name}) => name === job.target)
  const namer = new Namer(fieldsOf(job, target, given.plan))
  const several = (target?.builds.length ?? 1) > 1 ? '-{platform}' : ''
  const names = {
    test: namer.name('test-logs-name', given['test-logs-name'] ?? `test-logs-{target}${several}`),
    scan: namer.name('scan', 'scan-{target}-{platform}'),
    // Two releases of one run may have targets of the same name.
    metrics: namer.name(
      'keep-metrics',
      given.plan === undefined ? 'metrics-{target}-{platform}' : 'metrics-{plan}-{target}-{platform}'
    ),
    fingerprint: namer.optional('fingerprint-name', given['fingerprint-name'])
  }
  const loadAs = namer.localName(given['load-as'])
  const source = given['expected-fingerprint']
  const wanted =
    source !== undefined && 'artifact' in source
      ? {artifact: namer.name('expected-fingerprint', source.artifact)}
      : source
  if (given['sbom-command'] !== undefined && given['sbom-file'] !== undefined)
    namer.issues.push({input: 'sbom-file', message: 'is given, and so is sbom-command; give one of them'})
  namer.issues.push(...foreignTargets(given))
  const level = levelOf(given, job)
  namer.issues.push(...(await missingTools(given, {level, push: job.push}, ports)))
  const vex = await readStatements(given.vex, namer.issues)
  if (namer.issues.length > 0) throw new InputError(namer.issues)
  return {
    vex,
    repositories: job.images.map(formatRepository),
    title: [job.target, formatPlatform(job.platform)].filter(Boolean).join(', '),
    names,
    loadAs,
    level,
    expected: wanted === undefined ? undefined : await expectedFingerprint(wanted, ports),
    variables: variablesOf(job, target)
  }
}

/** Where what a scanner was given is the only proof of what it scanned, it must not be given another image beside. */
function foreignTargets({scan, 'scan-args': args}: GateInputs): InputIssue[] {
  if (scan === undefined || !isScanner(scan) || SCAN_PRESETS[scan].proof.from !== 'invocation') return []
  return args
    .filter(arg => !arg.startsWith('-'))
    .map(arg => ({
      input: 'scan-args',
      message: `${JSON.stringify(arg)} is another image to ${scan}: options are one word each, --name=value`
    }))
}

/** Bytes of a document; one of a whole distribution has some megabytes. */
const MAX_VEX = 64 * 1024 * 1024

async function readStatements(files: readonly string[], issues: InputIssue[]): Promise<VexStatement[]> {
  const statements: VexStatement[] = []
  for (const file of files)
    try {
      statements.push(...readOpenVex((await readForeignFile(file, MAX_VEX)).toString('utf8'), file))
    } catch (error) {
      issues.push({input: 'vex', message: messageOf(error)})
    }
  return statements
}

/** Programs that are known and not installed: better known before an image is built than after. */
async function missingTools(
  given: Given,
  {level, push}: {readonly level: ScanLevel; readonly push: boolean},
  {exec, signal}: Pick<Ports, 'exec' | 'signal'>
): Promise<InputIssue[]> {
  const {scan, 'sbom-command': sbom} = given
  const tools: [input: string, program: string][] = []
  if (scan !== undefined && isScanner(scan) && level !== 'none') tools.push(['scan', scan])
  if (sbom !== undefined && isSbomTool(sbom) && push) tools.push(['sbom-command', sbom])
  const issues = tools.map(async ([input, program]): Promise<InputIssue[]> => {
    try {
      await exec(program, ['--version'], {signal})
      return []
    } catch (error) {
      signal.throwIfAborted()
      return [{input, message: messageOf(error)}]
    }
  })
  return (await Promise.all(issues)).flat()
}

/** What a scan matrix says counts more than a level that holds for all. */
function levelOf(given: Given, {target}: BuildJob): ScanLevel {
  if (given.scan === undefined) return 'none'
  const {'scan-matrix': matrix, 'scan-level': level} = given
  if (matrix === undefined) return level
  return matrix.include.find(one => one.target === target)?.level ?? 'none'
}

function fieldsOf(job: BuildJob, target: PlannedTarget | undefined, plan: Plan | undefined): NameFields {
  return {
    target: job.target ?? 'image',
    platform: platformSlug(job.platform),
    ...(plan === undefined ? {} : {plan: plan.id}),
    ...(plan?.version === undefined ? {} : {version: plan.version}),
    ...target?.variant
  }
}

function variablesOf(job: BuildJob, target: PlannedTarget | undefined): Record<string, string> {
  const variables: Record<string, string> = {TARGET: job.target ?? '', PLATFORM: formatPlatform(job.platform)}
  for (const [axis, value] of Object.entries(target?.variant ?? {}))
    variables[`VARIANT_${axis.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`] = value
  return variables
}

/** Makes names, and gathers what is wrong with them. */
class Namer {
  readonly issues: InputIssue[] = []
  readonly #fields: NameFields

  constructor(fields: NameFields) {
    this.#fields = fields
  }

  name(input: string, template: string): string {
    try {
      return fillName(template, this.#fields)
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error
      this.issues.push({input, message: messageOf(error)})
      return ''
    }
  }

  optional(input: string, template: string | undefined): string | undefined {
    return template === undefined ? undefined : this.name(input, template)
  }

  /** A name of an image has slashes and a colon, which no artifact may have: its parts are filled in one by one. */
  localName(template: string | undefined): string | undefined {
    if (template === undefined) return undefined
    const name = template.replaceAll(/[^/:@]+/g, part => this.name('load-as', part))
    const repository = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*/
    const isName = new RegExp(`${repository.source}:[\\w][\\w.-]{0,127}$`).test(name)
    if (isName || this.issues.some(({input}) => input === 'load-as')) return name
    const message = `${JSON.stringify(name)} is not the name of an image with a tag, such as app:test`
    this.issues.push({input: 'load-as', message})
    return name
  }
}
