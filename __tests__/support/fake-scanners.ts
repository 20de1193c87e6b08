import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execPrograms} from './exec-programs.js'
import type {Exec} from '../../src/ports.js'

/** Programs that stand in for scanners: the real ones need databases from the internet. */
export interface FakeScanners {
  /** Runs programs of the system, with the fakes first in the search path. */
  readonly exec: Exec
  /** A folder for whatever a test needs. */
  readonly folder: string
  /** The arguments of each call, one call a line. */
  readonly calls: () => string[]
  /** Lets a program write this to the file that its arguments name, and end with an exit code. */
  readonly let: (program: string, answer: {readonly writes?: string; readonly exitCode?: number}) => void
  readonly remove: () => void
}

/** Arguments of the real programs that name the file of the report. */
const REPORT = `
file=
while [ $# -gt 0 ]; do
  case "$1" in
    --output|--file) case "$2" in *=*) file="\${2#*=}";; sarif) ;; *) file="$2";; esac;;
    --sarif-file-output=*) file="\${1#*=}";;
  esac
  shift
done
`

/** Where the shell and its tools are, and no scanner that a machine may have beside them. */
const SYSTEM = ['/usr/bin', '/bin']

/** Makes an empty folder of programs. */
export function fakeScanners(): FakeScanners {
  const folder = mkdtempSync(path.join(tmpdir(), 'scanners-'))
  const bin = path.join(folder, 'bin')
  const log = path.join(folder, 'calls')
  mkdirSync(bin)
  writeFileSync(log, '')
  return {
    folder,
    exec: (command, args, options = {}) =>
      execPrograms(command, args, {
        ...options,
        env: {PATH: [bin, ...SYSTEM].join(path.delimiter), ...options.env}
      }),
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    let(program, {writes, exitCode = 0}) {
      const answer = path.join(folder, `${program}.answer`)
      if (writes !== undefined) writeFileSync(answer, writes)
      const write = writes === undefined ? '' : `test -z "$file" || cat '${answer}' > "$file"\n`
      const script = `#!/bin/sh\necho "${program} $*" >> '${log}'\n${REPORT}${write}echo "${program} is done"\nexit ${exitCode}\n`
      writeFileSync(path.join(bin, program), script)
      chmodSync(path.join(bin, program), 0o755)
    },
    remove: () => rmSync(folder, {recursive: true, force: true})
  }
}

/** A finding as a scanner writes it. */
type Shape = (findings: readonly (readonly [id: string, severity: string])[]) => string

/** Trivy: the severity is a tag of the rule, and stands in a text. */
export const trivySarif: Shape = findings =>
  sarif({
    name: 'Trivy',
    version: '0.58.0',
    rules: findings.map(([id, severity]) => ({
      id,
      name: 'OsPackageVulnerability',
      shortDescription: {text: `${id} of a package`},
      fullDescription: {text: 'It may be a vulnerability of a low kind.'},
      defaultConfiguration: {level: levelOf(severity)},
      help: {text: `Vulnerability ${id}\nSeverity: ${severity}\nPackage: openssl`, markdown: `**${id}**`},
      properties: {
        precision: 'very-high',
        'security-severity': scoreOf(severity),
        tags: ['vulnerability', 'security', severity]
      }
    })),
    results: findings.map(([id, severity], ruleIndex) => result(id, ruleIndex, levelOf(severity)))
  })

/** grype: identifiers with the package behind them, and the severity in texts alone. */
export const grypeSarif: Shape = findings =>
  sarif({
    name: 'Grype',
    version: '0.87.0',
    rules: findings.map(([id, severity]) => ({
      id: `${id}-openssl`,
      name: 'DpkgMatcherExactDirectMatch',
      shortDescription: {text: `${id} ${capital(severity)} vulnerability for openssl package`},
      help: {text: `Vulnerability ${id}\nSeverity: ${capital(severity)}\nPackage: openssl`}
    })),
    results: findings.map(([id, severity], ruleIndex) =>
      result(`${id}-openssl`, ruleIndex, levelOf(severity))
    )
  })

/** Snyk: the severity begins the short description. */
export const snykSarif: Shape = findings =>
  sarif({
    name: 'Snyk Container',
    rules: findings.map(([id, severity]) => ({
      id,
      shortDescription: {text: `${capital(severity)} severity - Out-of-bounds Read vulnerability in openssl`},
      fullDescription: {text: `(${id}) openssl/libssl1.1@1.1.1d`},
      help: {text: '', markdown: ''},
      defaultConfiguration: {level: levelOf(severity)},
      properties: {tags: ['security', 'CWE-125', 'deb']}
    })),
    results: findings.map(([id, severity], ruleIndex) => result(id, ruleIndex, levelOf(severity)))
  })

function sarif({name, version, rules, results}: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [{tool: {driver: {name, ...(version === undefined ? {} : {version}), rules}}, results}]
  })
}

function result(ruleId: string, ruleIndex: number, level: string): object {
  const physicalLocation = {artifactLocation: {uri: 'app'}, region: {startLine: 1, endLine: 1}}
  return {ruleId, ruleIndex, level, message: {text: 'Package: openssl'}, locations: [{physicalLocation}]}
}

function levelOf(severity: string): string {
  if (/critical|high/i.test(severity)) return 'error'
  return /medium/i.test(severity) ? 'warning' : 'note'
}

function scoreOf(severity: string): string {
  return {CRITICAL: '9.5', HIGH: '8.0', MEDIUM: '5.5', LOW: '2.0'}[severity] ?? '0.0'
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
}
