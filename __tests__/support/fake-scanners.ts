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
  readonly let: (program: string, answer: FakeAnswer) => void
  readonly remove: () => void
}

/** What a program does. */
export interface FakeAnswer {
  /** What it writes; CONFIG_DIGEST and MANIFEST_DIGEST in it become those of the layout that it was given. */
  readonly writes?: string
  /** What it writes where it is asked for its JSON, too; grype's by default. */
  readonly document?: string
  readonly exitCode?: number
}

/** Stand for the digests of the image that a scanner is given, as Trivy and grype read them. */
export const CONFIG_DIGEST = 'sha256:@config@'
export const MANIFEST_DIGEST = 'sha256:@manifest@'

/** What grype's JSON says of its target (syft/source, ImageMetadata). */
export const GRYPE_JSON = JSON.stringify({
  matches: [],
  source: {type: 'image', target: {imageID: CONFIG_DIGEST, manifestDigest: MANIFEST_DIGEST, repoDigests: []}}
})

/** Arguments of the real programs that name the file of the report. */
const REPORT = String.raw`
after() { echo "$1" | cut -d= -f2-; }
file= document= layout=
while [ $# -gt 0 ]; do
  case "$1" in
    --output|--file) case "$2" in json=*) document=$(after "$2");; *=*) file=$(after "$2");; sarif) ;; *) file="$2";; esac;;
    --sarif-file-output=*) file=$(after "$1");;
    --input) layout="$2";;
    oci-dir:*) layout=$(echo "$1" | cut -d: -f2-);;
  esac
  shift
done
manifest= config=
if [ -f "$layout/index.json" ]; then
  manifest=$(sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$layout/index.json")
  config=$(tr -d ' \n' < "$layout/blobs/sha256/$manifest" | sed 's/.*"config":{[^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/')
fi
fill() { sed "s/@manifest@/$manifest/g; s/@config@/$config/g" "$1"; }
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
    let(program, {writes, document = GRYPE_JSON, exitCode = 0}) {
      const answer = path.join(folder, `${program}.answer`)
      if (writes !== undefined) writeFileSync(answer, writes)
      writeFileSync(`${answer}.json`, document)
      const write =
        writes === undefined
          ? ''
          : `test -z "$file" || fill '${answer}' > "$file"\ntest -z "$document" || fill '${answer}.json' > "$document"\n`
      const script = `#!/bin/sh\necho "${program} $*" >> '${log}'\n${REPORT}${write}echo "${program} is done"\nexit ${exitCode}\n`
      writeFileSync(path.join(bin, program), script)
      chmodSync(path.join(bin, program), 0o755)
    },
    remove: () => rmSync(folder, {recursive: true, force: true})
  }
}

/** A finding as a scanner writes it. */
type Findings = readonly (readonly [id: string, severity: string])[]
type Shape = (findings: Findings) => string

/** Trivy: the severity is a tag of the rule, and stands in a text; properties of the run name the image (pkg/report/sarif.go). */
export const trivySarif = (findings: Findings, imageID = CONFIG_DIGEST): string =>
  sarif({
    name: 'Trivy',
    version: '0.58.0',
    properties: {imageName: '/layout', repoTags: null, repoDigests: null, imageID},
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

/** grype 0.121.3, seen in 2026-11: identifiers with the package behind them, the severity in texts, and a score that is made of it. */
export const grypeSarif: Shape = findings =>
  sarif({
    name: 'grype',
    version: '0.121.3',
    rules: findings.map(([id, severity]) => ({
      id: `${id}-openssl`,
      name: 'ApkMatcherExactDirectMatch',
      shortDescription: {text: `${id} ${severity.toLowerCase()} vulnerability for openssl package`},
      fullDescription: {text: 'It may be a vulnerability of a low kind.'},
      helpUri: 'https://github.com/anchore/grype',
      help: {
        text: `Vulnerability ${id}\nSeverity: ${severity.toLowerCase()}\nPackage: openssl\nVersion: 3.1.4-r0\nFix Version: 3.1.5-r0\nType: apk`,
        markdown: `**Vulnerability ${id}**\n| Severity | Package |\n| --- | --- |\n| ${severity.toLowerCase()}  | openssl  |\n`
      },
      properties: {purls: ['pkg:apk/alpine/openssl@3.1.4-r0'], 'security-severity': scoreOf(severity)}
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

function sarif({name, version, rules, results, properties}: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [{tool: {driver: {name, ...(version === undefined ? {} : {version}), rules}}, results, properties}]
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
