import {ReleaseError, messageOf} from '../../errors.js'
import {SEVERITIES, type Severity} from './scan-count.js'
import {type JsonObject, listIn, objectIn, parseJson, textIn} from '../../shared/json.js'

/** One finding of a report. */
export interface Finding {
  /** What the scanner calls the rule: `CVE-2024-1234`, with grype `CVE-2024-1234-openssl`. */
  readonly id: string
  readonly severity: Severity
  /** What the scanner says of it, which names the package. */
  readonly text: string
  /** Whether the scanner has it suppressed, by a comment, a file or VEX (SARIF 3.27.23): it is told, and does not count. */
  readonly isSuppressed: boolean
}

/** What a report says. */
export interface SarifReport {
  /** `Trivy 0.58.0` */
  readonly scanner: string
  readonly findings: readonly Finding[]
  readonly runs: readonly ScanRun[]
}

/** One run of a scanner. */
export interface ScanRun {
  readonly scanner: string
  /** The digests by which it says which image it is of; none where it says nothing. */
  readonly subjects: readonly string[]
  /** Hashes of what it calls its targets: the digest of an image, or that of a file which holds one. */
  readonly hashes: readonly string[]
}

/**
 * Reads a SARIF 2.1.0 report (docs.oasis-open.org/sarif). What a finding's severity is, SARIF does not say; scanners
 * write it as a tag of the rule (Trivy), as a score in `security-severity` (all, for GitHub), or into a text (grype:
 * «CVE-… High vulnerability», Snyk: «High severity - …»), in the rules of the scanner or of its extensions. Where nothing says
 * it, `level` stands for it.
 * @throws ReleaseError SCAN_FAILED where it is no such report, or says that no scan was done
 */
export function readSarif(text: string): SarifReport {
  const document = objectIn(parseJson(text, cause => invalid(`it is not JSON: ${messageOf(cause)}`, cause)))
  const runs = document['runs']
  if (!Array.isArray(runs) || !/^2\./.test(textIn(document['version'])))
    throw invalid('it is not SARIF: version 2 with runs')
  const read = runs.map(objectIn)
  if (read.length === 0) throw invalid('it has no run: nothing was scanned')
  for (const run of read) assertDone(run)
  const scans = read.map(run => ({
    scanner: scannerOf(objectIn(objectIn(run['tool'])['driver'])),
    subjects: [...new Set(subjectsOf(run))],
    hashes: hashesOf(run)
  }))
  return {
    scanner: [...new Set(scans.map(({scanner}) => scanner))].join(', '),
    findings: read.flatMap(findingsOf),
    runs: scans
  }
}

/** A run without a list of results did not look (SARIF 3.14.23), and one of an invocation that failed did not see all. */
function assertDone(run: JsonObject): void {
  if (!Array.isArray(run['results'])) throw invalid('a run of it has no results: nothing was scanned')
  const failed = listIn(run['invocations'])
    .map(objectIn)
    .find(each => each['executionSuccessful'] === false)
  if (failed === undefined) return
  const said = listIn(failed['toolExecutionNotifications'])
    .map(each => textIn(objectIn(objectIn(each)['message'])['text']))
    .filter(Boolean)
  throw invalid(['the scan of it did not succeed', ...said.slice(0, 3)].join(': '))
}

/**
 * `imageID`, `repoDigests` and the like, as Trivy (pkg/report/sarif.go) and others write them beside the results, and the
 * addresses of what the run lists as the target of its analysis (SARIF 3.24.6).
 */
function subjectsOf(run: JsonObject): string[] {
  const properties = Object.entries(objectIn(run['properties'])).flatMap(([name, value]) =>
    /image|digest/i.test(name) ? [value, ...listIn(value)] : []
  )
  const addresses = targetsOf(run).map(({location}) => objectIn(location)['uri'])
  // An address may have its colon escaped: `pkg:oci/app@sha256%3A…`.
  return [...properties, ...addresses]
    .flatMap(each => textIn(each).match(/sha256(?::|%3a)[0-9a-f]{64}/gi) ?? [])
    .map(digest => digest.toLowerCase().replace('%3a', ':'))
}

function hashesOf(run: JsonObject): string[] {
  const hashes = targetsOf(run).map(each => textIn(objectIn(each['hashes'])['sha-256']))
  return hashes.filter(Boolean).map(hash => `sha256:${hash.toLowerCase()}`)
}

function targetsOf(run: JsonObject): JsonObject[] {
  return listIn(run['artifacts'])
    .map(objectIn)
    .filter(({roles}) => listIn(roles).includes('analysisTarget'))
}

function scannerOf(driver: JsonObject): string {
  const version = textIn(driver['semanticVersion']) || textIn(driver['version'])
  return [textIn(driver['name']) || 'scanner', version].filter(Boolean).join(' ')
}

function findingsOf(run: JsonObject): Finding[] {
  const rules = rulesOf(objectIn(run['tool']))
  return listIn(run['results'])
    .map(objectIn)
    .filter(result => (textIn(result['kind']) || 'fail') === 'fail' && result['baselineState'] !== 'absent')
    .map(result => {
      const id = textIn(result['ruleId']) || textIn(objectIn(result['rule'])['id'])
      const rule = ruleOf(result, id, rules)
      return {
        id: id || textIn(rule['id']),
        severity: severityOf(result, rule),
        text: textIn(objectIn(result['message'])['text']),
        isSuppressed: isSuppressed(result)
      }
    })
}

/** The rules of each component of a tool: first the driver's, then those of its extensions, in their order. */
interface Rules {
  readonly names: readonly JsonObject[]
  readonly lists: readonly (readonly JsonObject[])[]
}

function rulesOf(tool: JsonObject): Rules {
  const components = [objectIn(tool['driver']), ...listIn(tool['extensions']).map(objectIn)]
  return {names: components, lists: components.map(({rules}) => listIn(rules).map(objectIn))}
}

/** By its index in the component that the result names (SARIF 3.52), else by its identifier wherever it stands. */
function ruleOf(result: JsonObject, id: string, {names, lists}: Rules): JsonObject {
  const reference = objectIn(result['rule'])
  const component = objectIn(reference['toolComponent'])
  const at = component['index']
  const named = names.findIndex(
    each =>
      (textIn(component['guid']) !== '' && each['guid'] === component['guid']) ||
      (textIn(component['name']) !== '' && each['name'] === component['name'])
  )
  const list = lists[typeof at === 'number' ? at + 1 : Math.max(named, 0)] ?? []
  const index = reference['index'] ?? result['ruleIndex']
  const indexed = typeof index === 'number' ? list[index] : undefined
  const isNamed = Object.keys(component).length > 0
  const byId = [list, ...lists].flat().find(rule => id !== '' && rule['id'] === id)
  return (isNamed ? (indexed ?? byId) : (byId ?? indexed)) ?? {}
}

/** One suppression that is not accepted keeps it counting; one without a status is accepted (SARIF 3.35.3). */
function isSuppressed(result: JsonObject): boolean {
  const suppressions = listIn(result['suppressions']).map(objectIn)
  return (
    suppressions.length > 0 && suppressions.every(({status}) => status === undefined || status === 'accepted')
  )
}

function severityOf(result: JsonObject, rule: JsonObject): Severity {
  return (
    severityInTags(rule) ??
    severityInTags(result) ??
    severityOfScore(result) ??
    severityOfScore(rule) ??
    severityInWords(result) ??
    severityInWords(rule) ??
    severityInText(textIn(objectIn(rule['help'])['text'])) ??
    severityInText(textIn(objectIn(rule['shortDescription'])['text'])) ??
    severityOfLevel(textIn(result['level']) || textIn(objectIn(rule['defaultConfiguration'])['level']))
  )
}

/** `severity: HIGH`, `cvssV3_severity: CRITICAL` (Docker Scout) and the like among the properties. */
function severityInWords(holder: JsonObject): Severity | undefined {
  const words = Object.entries(objectIn(holder['properties'])).flatMap(([name, value]) =>
    /severity$/i.test(name) && typeof value === 'string' ? [value.toLowerCase()] : []
  )
  return SEVERITIES.find(severity => words.includes(severity))
}

function severityInTags(rule: JsonObject): Severity | undefined {
  const tags = listIn(objectIn(rule['properties'])['tags']).map(tag => textIn(tag).toLowerCase())
  return SEVERITIES.find(severity => tags.includes(severity))
}

/** The bounds are GitHub's (docs.github.com, "SARIF support for code scanning", security-severity). */
function severityOfScore(holder: JsonObject): Severity | undefined {
  const written = objectIn(holder['properties'])['security-severity']
  const score = typeof written === 'string' && written.trim() !== '' ? Number(written) : written
  if (typeof score !== 'number' || Number.isNaN(score)) return undefined
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'unknown'
}

/** `Severity: HIGH` of Trivy and grype, `CVE-1 High vulnerability` of grype, `High severity - ` of Snyk. */
function severityInText(text: string): Severity | undefined {
  const [, first, second, third] =
    /\bseverity:\s*(\w+)|\b(\w+) vulnerability\b|^[^\S\n]*(\w+) severity\b/im.exec(text) ?? []
  const word = (first ?? second ?? third)?.toLowerCase()
  if (word === 'negligible') return 'low'
  return SEVERITIES.find(severity => severity === word)
}

function severityOfLevel(level: string): Severity {
  if (level === 'error') return 'high'
  if (level === 'note' || level === 'none') return 'low'
  return 'medium'
}

function invalid(fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('SCAN_FAILED', `the report of the scan: ${fault}`, {
    cause,
    hint: 'The scanner must write SARIF 2.1.0 to the file that $SCAN_REPORT names.'
  })
}
