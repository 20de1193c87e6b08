import {rm} from 'node:fs/promises'
import {stripVTControlCharacters} from 'node:util'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import {readForeignFile} from '../../shared/foreign-file.js'
import type {Ports} from '../../ports.js'
import {type VexStatement, excuseOf} from './openvex.js'
import {readSarif, type SarifReport} from './sarif.js'
import {type Proof, type ProofDemand, type ProofSource, proofOf} from './scan-proof.js'
import {
  type ScanCount,
  SEVERITIES,
  type ScanThreshold,
  type Severity,
  countFrom,
  describeCounts
} from './scan-count.js'
import {type GateCall, type GateRun, endOf, runGate} from '../gate-command.js'
import {keepFiles} from '../artifact-files.js'

/** Bytes of a report: GitHub takes one of 10 MB, packed (docs.github.com, "SARIF support for code scanning"). */
const MAX_REPORT = 64 * 1024 * 1024

/** A scan of an image. */
export interface ScanGate {
  readonly call: GateCall
  /** `app, linux/amd64`, for people. */
  readonly title: string
  /** The name of the artifact that keeps the report, and the start of the report's own. */
  readonly artifact: string
  /** The file that the scanner writes. */
  readonly report: string
  /** The file of a second document that names the image. */
  readonly document: string
  readonly proof: ProofSource
  readonly demand: ProofDemand
  /** Exit codes of a scan that was done. */
  readonly done: readonly number[]
  readonly threshold: ScanThreshold
  /** Identifiers of findings that do not count. */
  readonly ignore: readonly string[]
  /** What is known to do no harm here. */
  readonly vex: readonly VexStatement[]
  /** `ghcr.io/o/app`, as statements of VEX name the image. */
  readonly repositories: readonly string[]
  /** The digests that a report may name: those of the image and of its config. */
  readonly subjects: readonly string[]
}

/** What a scan that passed found. */
export interface ScanResult extends ScanCount {
  /** The path of the report, for the steps after this one. */
  readonly report: string
  readonly milliseconds: number
}

type ScanPorts = Pick<Ports, 'exec' | 'reporter' | 'clock' | 'signal' | 'artifacts' | 'saveText'>

/**
 * Runs a scanner, keeps its report, and counts what it found.
 * @throws ReleaseError SCAN_FAILED where it fails, leaves no report, or found something as bad as the threshold; the
 * output `sarif` is there then, too
 */
export async function runScan(gate: ScanGate, ports: ScanPorts): Promise<ScanResult> {
  const {call, title, artifact, threshold} = gate
  for (const file of [gate.report, gate.document]) await rm(file, {force: true})
  const run = await ports.reporter.group(`Scan ${title}`, () => runGate(call, ports))
  if (run.timedOut || !gate.done.includes(run.exitCode)) throw brokenScan(gate, run)
  const text = await readReport(gate)
  const name = `${artifact}.sarif`
  await keepFiles(artifact, [{name, text}], ports)
  const report = await ports.saveText(name, text)
  const sarif = readSarif(text)
  const proof = await provenBy(sarif, gate)
  ports.reporter[proof.isShown ? 'info' : 'warning'](proof.text)
  const count = countOf(sarif, gate)
  const suppressed = count.suppressed === 0 ? '' : `, ${count.suppressed ?? 0} suppressed by the scanner`
  ports.reporter.info(
    `${count.scanner} found: ${describeCounts(count.counts)}; ${count.ignored} ignored${suppressed}.`
  )
  for (const {id, status, reason, file} of count.excused ?? [])
    ports.reporter.info(`VEX: ${id} is ${words(status)}${reason === '' ? '' : `, ${reason}`} (${file}).`)
  if (gate.vex.length > 0 && count.excused?.length === 0)
    ports.reporter.info(`VEX: none of ${gate.vex.length} statements is about what was found here.`)
  const wrong = countFrom(count.counts, threshold)
  if (wrong === 0) return {...count, report, milliseconds: run.milliseconds}
  throw new ReleaseError(
    'SCAN_FAILED',
    `${title}: ${count.scanner} found ${describeCounts(count.counts)}; nothing may be ${threshold} or worse`,
    {
      hint: 'Nothing was pushed. Fix what the report names, or list what you accept in scan-ignore.',
      outputs: {sarif: report}
    }
  )
}

/** A document that cannot be read proves nothing. */
async function provenBy(report: SarifReport, gate: ScanGate): Promise<Proof> {
  const {title, proof: source, demand, subjects} = gate
  const document =
    source.from === 'document'
      ? await readForeignFile(gate.document, MAX_REPORT).then(
          bytes => bytes.toString('utf8'),
          () => undefined
        )
      : undefined
  return proofOf({title, source, demand, subjects, report, document})
}

function brokenScan({title, call}: ScanGate, run: GateRun): ReleaseError {
  // grype colours what it writes, also where nobody sees it.
  const last = stripVTControlCharacters(run.log).trim().split('\n').slice(-3).join(' / ')
  return new ReleaseError(
    'SCAN_FAILED',
    `the scan of ${title} could not be done: ${endOf(run, call.timeout)}${last === '' ? '' : `: ${last}`}`,
    {hint: 'Nothing was pushed. Run the scanner by itself to see what it lacks.'}
  )
}

async function readReport({title, report}: ScanGate): Promise<string> {
  try {
    return (await readForeignFile(report, MAX_REPORT)).toString('utf8')
  } catch (cause) {
    const fault = systemCodeOf(cause) === 'ENOENT' ? 'the scanner wrote none' : messageOf(cause)
    throw new ReleaseError('SCAN_FAILED', `the report of the scan of ${title}: ${fault}`, {
      cause,
      hint: 'The scanner must write SARIF 2.1.0 to the file that $SCAN_REPORT names.'
    })
  }
}

/** `not_affected` for people. */
function words(status: string): string {
  return status.replaceAll('_', ' ')
}

/** Findings that are ignored or excused count for nothing; what is only said to be under investigation does. */
function countOf(
  {scanner, findings}: SarifReport,
  {ignore, vex, repositories, subjects}: Pick<ScanGate, 'ignore' | 'vex' | 'repositories' | 'subjects'>
): ScanCount {
  const wanted = ignore.map(id => id.toLowerCase())
  const isIgnored = (id: string): boolean =>
    wanted.some(one => id.toLowerCase() === one || id.toLowerCase().startsWith(`${one}-`))
  const active = findings.filter(({isSuppressed}) => !isSuppressed)
  const left = active.filter(({id}) => !isIgnored(id))
  const excuses = left.map(finding => excuseOf(finding, vex, {repositories, digests: subjects}))
  const counted = left.filter((_finding, at) => excuses[at] === undefined)
  const entries = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    counted.filter(finding => finding.severity === severity).length
  ])
  return {
    scanner,
    counts: Object.fromEntries(entries) as ScanCount['counts'],
    ignored: active.length - left.length,
    suppressed: findings.length - active.length,
    excused: excuses.filter(excuse => excuse !== undefined)
  }
}
