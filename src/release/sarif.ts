import {ReleaseError, messageOf} from '../errors.js'
import {SEVERITIES, type Severity} from './scan-count.js'

/** One finding of a report. */
export interface Finding {
  /** What the scanner calls the rule: `CVE-2024-1234`, with grype `CVE-2024-1234-openssl`. */
  readonly id: string
  readonly severity: Severity
}

/** What a report says. */
export interface SarifReport {
  /** `Trivy 0.58.0` */
  readonly scanner: string
  readonly findings: readonly Finding[]
}

/**
 * Reads a SARIF 2.1.0 report (docs.oasis-open.org/sarif). What a finding's severity is, SARIF does not say; scanners
 * write it as a tag of the rule (Trivy), as a score in `security-severity` (all, for GitHub), or into a text (grype:
 * «CVE-… High vulnerability», Snyk: «High severity - …»). Where nothing says it, `level` stands for it.
 * @throws ReleaseError SCAN_FAILED where it is no such report
 */
export function readSarif(text: string): SarifReport {
  const document = objectIn(parseJson(text))
  const runs = document['runs']
  if (!Array.isArray(runs) || !/^2\./.test(textIn(document['version'])))
    throw invalid('it is not SARIF: version 2 with runs')
  const read = runs.map(objectIn)
  const names = read.map(run => scannerOf(objectIn(objectIn(run['tool'])['driver'])))
  return {scanner: [...new Set(names)].join(', ') || 'scanner', findings: read.flatMap(findingsOf)}
}

function scannerOf(driver: JsonObject): string {
  const version = textIn(driver['semanticVersion']) || textIn(driver['version'])
  return [textIn(driver['name']) || 'scanner', version].filter(Boolean).join(' ')
}

function findingsOf(run: JsonObject): Finding[] {
  const rules = listIn(objectIn(objectIn(run['tool'])['driver'])['rules']).map(objectIn)
  const byId = new Map(rules.map(rule => [textIn(rule['id']), rule]))
  return listIn(run['results'])
    .map(objectIn)
    .filter(result => (textIn(result['kind']) || 'fail') === 'fail')
    .map(result => {
      const id = textIn(result['ruleId']) || textIn(objectIn(result['rule'])['id'])
      const index = result['ruleIndex']
      const rule = byId.get(id) ?? (typeof index === 'number' ? rules[index] : undefined) ?? {}
      return {id: id || textIn(rule['id']), severity: severityOf(result, rule)}
    })
}

function severityOf(result: JsonObject, rule: JsonObject): Severity {
  return (
    severityInTags(rule) ??
    severityOfScore(result) ??
    severityOfScore(rule) ??
    severityInText(textIn(objectIn(rule['help'])['text'])) ??
    severityInText(textIn(objectIn(rule['shortDescription'])['text'])) ??
    severityOfLevel(textIn(result['level']) || textIn(objectIn(rule['defaultConfiguration'])['level']))
  )
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
    /\bseverity:\s*(\w+)|\b(\w+) vulnerability\b|^\s*(\w+) severity\b/im.exec(text) ?? []
  const word = (first ?? second ?? third)?.toLowerCase()
  if (word === 'negligible') return 'low'
  return SEVERITIES.find(severity => severity === word)
}

function severityOfLevel(level: string): Severity {
  if (level === 'error') return 'high'
  if (level === 'note' || level === 'none') return 'low'
  return 'medium'
}

type JsonObject = Readonly<Record<string, unknown>>

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(`it is not JSON: ${messageOf(cause)}`, cause)
  }
}

function objectIn(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function invalid(fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('SCAN_FAILED', `the report of the scan: ${fault}`, {
    cause,
    hint: 'The scanner must write SARIF 2.1.0 to the file that $SCAN_REPORT names.'
  })
}
