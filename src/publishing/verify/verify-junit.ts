import {type VerifiedCheck, nameOfCheck} from '../../contracts/verified-check.js'
import type {VerifiedTag} from './verified-tag.js'

/**
 * What was found of every tag as JUnit XML: a suite for each repository, a case for each tag, with all its faults in one
 * failure. In the form that Jenkins, GitLab and others read: `testsuites`, `testsuite`, `testcase`.
 */
export function verifyJunit(reports: readonly VerifiedTag[], checks: readonly VerifiedCheck[] = []): string {
  const suites = new Map<string, VerifiedTag[]>()
  for (const report of reports) {
    const {repository} = splitReference(report)
    suites.set(repository, [...(suites.get(repository) ?? []), report])
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="verify-release" ${counts([...reports, ...checks])}>`,
    ...[...suites].flatMap(([repository, tags]) => suiteLines(repository, tags)),
    ...(['signature', 'start'] as const).flatMap(kind => checkLines(kind, checks)),
    '</testsuites>',
    ''
  ].join('\n')
}

function suiteLines(repository: string, reports: readonly VerifiedTag[]): string[] {
  return [
    `  <testsuite name="${escape(repository)}" ${counts(reports)}>`,
    ...reports.flatMap(caseLines),
    '  </testsuite>'
  ]
}

/** A suite for all checks of a kind; nothing where there are none. */
function checkLines(kind: VerifiedCheck['kind'], checks: readonly VerifiedCheck[]): string[] {
  const own = checks.filter(check => check.kind === kind)
  if (own.length === 0) return []
  return [
    `  <testsuite name="${kind}" ${counts(own)}>`,
    ...own.flatMap(check => [
      `    <testcase classname="${kind}" name="${escape(nameOfCheck(check))}">`,
      ...failureLines(check.faults),
      `      <system-out>${escape(check.outcome)}</system-out>`,
      '    </testcase>'
    ]),
    '  </testsuite>'
  ]
}

function failureLines(faults: readonly string[]): string[] {
  const [first] = faults
  return first === undefined
    ? []
    : [`      <failure message="${escape(first)}">${escape(faults.join('\n'))}</failure>`]
}

function caseLines(report: VerifiedTag): string[] {
  const {repository, tag} = splitReference(report)
  const {faults, digest, platforms, blobs} = report
  const found = [digest ?? 'not there', platforms.join(', '), `${blobs} blobs`].filter(Boolean).join('\n')
  return [
    `    <testcase classname="${escape(repository)}" name="${escape(tag)}">`,
    ...failureLines(faults),
    `      <system-out>${escape(found)}</system-out>`,
    '    </testcase>'
  ]
}

function counts(reports: readonly Pick<VerifiedTag, 'faults'>[]): string {
  const failures = reports.filter(({faults}) => faults.length > 0).length
  return `tests="${reports.length}" failures="${failures}" errors="0" skipped="0"`
}

/** A registry may have a port, so that the last colon counts. */
function splitReference({reference}: VerifiedTag): {repository: string; tag: string} {
  const colon = reference.lastIndexOf(':')
  return {repository: reference.slice(0, colon), tag: reference.slice(colon + 1)}
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;'
}

/** For text and attributes alike. What XML 1.0 cannot hold at all, and a registry may well have answered, is replaced. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replace(/[&<>"'\n\r\t]/g, character => ENTITIES[character] ?? '')
}
