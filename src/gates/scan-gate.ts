import {readFile} from 'node:fs/promises'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import type {Ports} from '../ports.js'
import {readSarif, type SarifReport} from '../release/sarif.js'
import {
  type ScanCount,
  SEVERITIES,
  type ScanThreshold,
  type Severity,
  countFrom,
  describeCounts
} from '../release/scan-count.js'
import {type GateCall, type GateRun, endOf, runGate} from './gate-command.js'
import {keepFiles} from './kept-files.js'

/** A scan of an image. */
export interface ScanGate {
  readonly call: GateCall
  /** `app, linux/amd64`, for people. */
  readonly title: string
  /** The name of the artifact that keeps the report, and the start of the report's own. */
  readonly artifact: string
  /** The file that the scanner writes. */
  readonly report: string
  /** Exit codes of a scan that was done. */
  readonly done: readonly number[]
  readonly threshold: ScanThreshold
  /** Identifiers of findings that do not count. */
  readonly ignore: readonly string[]
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
  const run = await ports.reporter.group(`Scan ${title}`, () => runGate(call, ports))
  if (run.timedOut || !gate.done.includes(run.exitCode)) throw brokenScan(gate, run)
  const text = await readReport(gate)
  const name = `${artifact}.sarif`
  await keepFiles(artifact, [{name, text}], ports)
  const report = await ports.saveText(name, text)
  const count = countOf(readSarif(text), gate.ignore)
  ports.reporter.info(`${count.scanner} found: ${describeCounts(count.counts)}; ${count.ignored} ignored.`)
  const wrong = countFrom(count.counts, threshold)
  if (wrong === 0) return {...count, report, milliseconds: run.milliseconds}
  throw new ReleaseError(
    'SCAN_FAILED',
    `${title}: ${count.scanner} found ${describeCounts(count.counts)}; nothing may be ${threshold} or worse`,
    {
      hint: 'Nothing was pushed. Mend what the report names, or list what you accept in scan-ignore.',
      outputs: {sarif: report}
    }
  )
}

function brokenScan({title, call}: ScanGate, run: GateRun): ReleaseError {
  const last = run.log.trim().split('\n').slice(-3).join(' / ')
  return new ReleaseError(
    'SCAN_FAILED',
    `the scan of ${title} could not be done: ${endOf(run, call.timeout)}${last === '' ? '' : `: ${last}`}`,
    {hint: 'Nothing was pushed. Run the scanner by itself to see what it lacks.'}
  )
}

async function readReport({title, report}: ScanGate): Promise<string> {
  try {
    return await readFile(report, 'utf8')
  } catch (cause) {
    const fault = systemCodeOf(cause) === 'ENOENT' ? 'the scanner wrote none' : messageOf(cause)
    throw new ReleaseError('SCAN_FAILED', `the report of the scan of ${title}: ${fault}`, {
      cause,
      hint: 'The scanner must write SARIF 2.1.0 to the file that $SCAN_REPORT names.'
    })
  }
}

function countOf({scanner, findings}: SarifReport, ignore: readonly string[]): ScanCount {
  const wanted = ignore.map(id => id.toLowerCase())
  const isIgnored = (id: string): boolean =>
    wanted.some(one => id.toLowerCase() === one || id.toLowerCase().startsWith(`${one}-`))
  const counted = findings.filter(({id}) => !isIgnored(id))
  const entries = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    counted.filter(finding => finding.severity === severity).length
  ])
  return {
    scanner,
    counts: Object.fromEntries(entries) as ScanCount['counts'],
    ignored: findings.length - counted.length
  }
}
