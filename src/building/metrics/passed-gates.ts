import {SEVERITIES} from '../../checks/scan/scan-count.js'
import {scanThreshold} from '../gate-calls.js'
import type {PassedGate} from '../../contracts/metrics.js'
import type {GateResults, GateWork} from '../build-gates.js'

/** What an image was held against and passed, with what speaks for it: for the metrics, and so for the page of a release. */
export function passedGates(
  {given, plan}: Pick<GateWork, 'given' | 'plan'>,
  {fingerprint, scan, sboms}: GateResults
): PassedGate[] {
  const gates: PassedGate[] = []
  if (plan.expected !== undefined)
    gates.push({gate: 'layers', evidence: `they are those that were tested: fingerprint ${fingerprint}`})
  if (scan !== undefined) {
    const found = SEVERITIES.filter(severity => scan.counts[severity] > 0)
    const counts = found.map(severity => `${scan.counts[severity]} ${severity}`).join(', ') || 'nothing'
    const threshold = scanThreshold(given, plan.level)
    const limit = threshold === 'never' ? 'only counted' : `nothing ${threshold} or worse`
    const ignored = scan.ignored === 0 ? '' : `, ${scan.ignored} ignored`
    gates.push({gate: 'scan', evidence: `${scan.scanner} found ${counts}${ignored}; ${limit}`})
  }
  if (given.test !== undefined)
    gates.push({
      gate: 'test',
      evidence: given['test-after'] === 'build' ? 'passed before the push' : 'passed on the pushed image'
    })
  if (sboms.length > 0) gates.push({gate: 'sbom', evidence: `attached as ${sboms.join(', ')}`})
  return gates
}
