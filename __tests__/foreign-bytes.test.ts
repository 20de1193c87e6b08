import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {parseRepository, parseReference, parseRegistry, parseTag} from '../src/oci/reference.js'
import {parseDigest} from '../src/oci/digest.js'
import {parsePlatform} from '../src/oci/platform.js'
import {manifestOf, readManifest} from '../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../src/oci/media-type.js'
import {readImageConfig} from '../src/oci/image-config.js'
import {parseLayerFingerprint} from '../src/oci/layer-fingerprint.js'
import {readBundle} from '../src/signing/sigstore-bundle.js'
import {parsePlan} from '../src/contracts/plan-document.js'
import {parseRelease} from '../src/contracts/release-document.js'
import {parseVerification} from '../src/contracts/verification-document.js'
import {parseChecks} from '../src/contracts/checks-document.js'
import {parseCleanup} from '../src/contracts/cleanup-document.js'
import {parseHistory} from '../src/contracts/history-document.js'
import {parseJournal} from '../src/contracts/journal-document.js'
import {parseRunNote} from '../src/contracts/run-note.js'
import {parseMetrics} from '../src/contracts/metrics-document.js'
import {parseOrigin} from '../src/contracts/record-origin.js'
import {parseSite} from '../src/contracts/site-document.js'
import {parseStepTimes} from '../src/contracts/step-times.js'
import {parseScanJobs} from '../src/contracts/scan-jobs.js'
import {parseDigestRecord} from '../src/contracts/digest-record.js'
import {parseRecordLines} from '../src/building/record-lines.js'
import {parseCacheTier} from '../src/building/caches/cache-tier.js'
import {readOpenVex} from '../src/checks/scan/openvex.js'
import {parseCacheFlag} from '../src/building/caches/cache-flag.js'
import {ghaFault} from '../src/building/caches/gha-cache.js'
import {readSarif} from '../src/checks/scan/sarif.js'
import {SCAN_PRESETS} from '../src/checks/scan/scan-preset.js'
import {proofOf} from '../src/checks/scan/scan-proof.js'
import {parseTagPattern, parseTagSelector, parseNumberedPattern} from '../src/patterns/tag-pattern.js'
import {parseChallenges} from '../src/registry/auth/challenge.js'
import {InputFaults} from '../src/command/input.js'
import {parseRegistryLogin} from '../src/registry/auth/registry-credential.js'
import {parseSecretValues, parseSecretFile, parseSecretVariable} from '../src/building/inputs/build-secret.js'
import {findImageSource, parseImageSource} from '../src/building/builders/image-source.js'
import {parseBuildxInstance} from '../src/building/builders/buildx-instance.js'
import {parseBuilderVersion} from '../src/building/builders/builder-version.js'
import {PrebuiltBuilder} from '../src/building/builders/prebuilt.js'
import {adviseContainerfile} from '../src/building/builders/containerfile-advice.js'
import {plainHttpRegistries} from '../src/building/builders/registries-conf.js'
import {findTargetStep} from '../src/building/builders/run-platform.js'
import {computeTags} from '../src/planning/compute-tags.js'
import {parseConfigFile} from '../src/planning/settings/config-file.js'
import {readYaml} from '../src/delivery/manifests/yaml-text.js'
import {ReleaseError} from '../src/errors.js'
import {readArtifact} from '../src/actions/artifact-archive.js'
import {readGithubRun} from '../src/ci/github-run.js'
import {readText} from '../src/machine/system-ports.js'
import {sbomType} from '../src/checks/sbom/sbom-type.js'
import {BakeFiles} from '../src/onboarding/bake/bake-file.js'
import {HclFault} from '../src/onboarding/bake/hcl-expression.js'
import {readEntries} from '../src/onboarding/github-workflow.js'
import {readWorkflow} from '../src/onboarding/workflow-model.js'
import type {HttpResponse} from '../src/ports.js'
import {askHelper} from '../src/registry/auth/credential-helper.js'
import {dockerCredentials} from '../src/registry/auth/docker-config.js'
import {type RepositoryClient, resolveLocation} from '../src/registry/client/repository-client.js'
import {packagesIn} from '../src/reporting/package-changes.js'
import {readPages} from '../src/registry/client/pages.js'
import {registryErrorOf} from '../src/registry/client/registry-error.js'
import {listTags} from '../src/registry/client/tag-list.js'
import {fetchToken} from '../src/registry/auth/token.js'
import {signatureIn} from '../src/signing/signature-list.js'
import {parseFlavor} from '../src/planning/rules/flavor.js'
import {parseRules} from '../src/planning/rules/rule-grammar.js'
import {parseTemplate} from '../src/planning/rules/template.js'
import {versionIn} from '../src/versions/version-file.js'
import {buildRequest} from './building/requests.js'
import {builderPorts} from './support/builder-ports.js'
import {readSources} from './support/import-rule.js'
import {fc} from './support/random.js'
import {zipArchive} from './support/zip-archive.js'

const VEX = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  author: 'a',
  timestamp: '2026-01-01T00:00:00Z',
  statements: [
    {
      vulnerability: {name: 'CVE-2026-1', aliases: ['GHSA-x']},
      products: [
        {'@id': 'pkg:oci/app?repository_url=ghcr.io/o/app', subcomponents: [{'@id': 'pkg:npm/a@1'}]}
      ],
      status: 'not_affected',
      justification: 'vulnerable_code_not_present'
    }
  ]
}

const DIGEST = `sha256:${'a'.repeat(64)}`
const MANIFEST = {
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: DIGEST, size: 7},
  layers: [{mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: DIGEST, size: 9}]
}
const INDEX = {
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [
    {mediaType: OCI_MANIFEST, digest: DIGEST, size: 7, platform: {os: 'linux', architecture: 'amd64'}}
  ]
}
const PLAN = {
  schema: 1,
  source: {
    event: 'push',
    ref: 'refs/tags/v1.0.0',
    revision: 'a'.repeat(40),
    created: '2026-11-27T00:00:00.000Z',
    repository: 'o/r'
  },
  version: '1.0.0',
  push: true,
  targets: [
    {
      name: 'app',
      images: ['ghcr.io/o/app'],
      tags: [{name: '1.0.0', class: 'immutable', rule: 'type=semver'}],
      builds: [{platform: 'linux/amd64', runner: 'ubuntu-24.04', record: 'digest-app-linux-amd64'}],
      labels: {},
      annotations: {}
    }
  ],
  notes: []
}
const SARIF = {
  version: '2.1.0',
  runs: [
    {
      tool: {driver: {name: 'x', rules: [{id: 'CVE-1', properties: {'security-severity': '9.8'}}]}},
      results: [{ruleId: 'CVE-1', ruleIndex: 0, level: 'error', message: {text: 'bad'}}]
    }
  ]
}
const BUNDLE = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: {certificate: {rawBytes: 'AAAA'}, tlogEntries: []},
  dsseEnvelope: {
    payload: Buffer.from('{"_type":"https://in-toto.io/Statement/v1","subject":[]}').toString('base64'),
    payloadType: 'x',
    signatures: [{sig: 'AA=='}]
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
type Parser = readonly [name: string, sample: string | Uint8Array, parse: (bytes: Uint8Array) => unknown]
const ofText = (name: string, sample: string, parse: (text: string) => unknown): Parser => [
  name,
  sample,
  bytes => parse(text(bytes))
]

let root = ''
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'foreign-bytes-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** The path of a file of these bytes. */
function fileOf(bytes: Uint8Array, name = 'file'): string {
  const file = path.join(root, name)
  mkdirSync(path.dirname(file), {recursive: true})
  writeFileSync(file, bytes)
  return file
}

const noProgram = (): Promise<never> => Promise.reject(new ReleaseError('BUILDER_MISSING', 'none is here'))

/** Takes an image of another tool from a folder or an archive. */
async function takeImage(kind: 'oci' | 'dir' | 'archive', place: string): Promise<void> {
  const found = findImageSource(
    kind === 'archive'
      ? {kind, file: place, name: undefined}
      : kind === 'oci'
        ? {kind, folder: place, name: undefined}
        : {kind, folder: place}
  )
  const outputFolder = mkdtempSync(path.join(root, 'out-'))
  try {
    if (found.kind === 'docker') throw new Error('not for this builder')
    await new PrebuiltBuilder(found, builderPorts(noProgram)).build(buildRequest({outputFolder}))
  } finally {
    rmSync(outputFolder, {recursive: true})
  }
}

/** A registry that answers each request with the same. */
function clientThatSays(bytes: Uint8Array, headers: Record<string, string> = {}): RepositoryClient {
  const repository = {registry: 'r.example', name: 'o/a'}
  const call = () => Promise.resolve({status: 200, headers, body: bytes})
  return {name: 'r.example/o/a', repository, call} as unknown as RepositoryClient
}

const ASKED = {method: 'GET', url: new URL('https://r.example/v2/'), headers: {}} as const
const answerOf = (bytes: Uint8Array, status: number): HttpResponse => ({
  status,
  headers: {'content-type': 'application/json'},
  body: Readable.from([bytes])
})

const EVENT = {
  base_ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  inputs: {a: 'b', c: 1},
  client_payload: {a: {b: 1}},
  head_commit: {timestamp: '2026-11-27T00:00:00Z'},
  release: {prerelease: true},
  repository: {default_branch: 'main', description: 'd', full_name: 'o/r', license: {spdx_id: 'MIT'}},
  pull_request: {
    number: 7,
    base: {ref: 'main', sha: 'b'.repeat(40)},
    head: {sha: 'c'.repeat(40), repo: null}
  },
  workflow_run: {event: 'push', actor: {login: 'me'}, head_repository: {full_name: 'o/r'}}
}
const VARIABLES = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_REPOSITORY: 'o/r'
}
const DOCKER_CONFIG = {
  auths: {
    'ghcr.io': {auth: Buffer.from('a:b').toString('base64')},
    'ghcr.io/o': {username: 'a', password: 'b'}
  },
  credHelpers: {'quay.io': 'x'},
  credsStore: ''
}
const WORKFLOW =
  'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {tags: "a:b"}\n'
const BAKE_HCL =
  'variable "T" { default = "x" }\ntarget "a" {\n  tags = concat(["a:${T}"], [for t in ["b"] : T == "x" ? "c:${t}" : "d"])\n}\n'
const BAKE_JSON = JSON.stringify({
  variable: {T: {default: 'x'}},
  group: {a: {targets: ['b']}},
  target: {b: {matrix: {v: ['1', '2']}, name: 'b-${v}', tags: ['a:${T}-${v}'], args: {A: 1}}}
})
/** What cannot be read of a bake file is a sentence for a note, and ends nothing. */
const readBakeText = (file: string) => (content: string) => {
  try {
    return new BakeFiles([{file, text: content}], new Map()).targets(['a'])
  } catch (error) {
    if (error instanceof HclFault) return undefined
    throw error
  }
}

/** An archive of a layout of nothing: one header, one file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  header.write('        ', 148)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([
    header,
    Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, '\0')),
    Buffer.alloc(1024)
  ])
}
const LAYOUT_TAR = tarOf('index.json', JSON.stringify(INDEX))

/** What reads a file, or asks a program or a registry: each call does more than read a text. */
const SLOW_PARSERS: readonly Parser[] = [
  [
    'an event',
    JSON.stringify(EVENT),
    async bytes => {
      const file = fileOf(bytes)
      await readGithubRun(
        {...VARIABLES, GITHUB_EVENT_PATH: file},
        {exec: noProgram, clock: {now: () => 0, sleep: () => Promise.resolve()}}
      )
    }
  ],
  [
    'a docker configuration',
    JSON.stringify(DOCKER_CONFIG),
    async bytes => {
      const find = dockerCredentials({environment: {REGISTRY_AUTH_FILE: fileOf(bytes)}, exec: noProgram})
      await find('ghcr.io', 'o/r')
    }
  ],
  [
    'the answer of a credential helper',
    '{"ServerURL":"x","Username":"a","Secret":"b"}',
    async bytes => {
      await askHelper('x', 'ghcr.io', () => Promise.resolve({exitCode: 0, stdout: text(bytes), stderr: ''}))
    }
  ],
  [
    'the index of a layout',
    JSON.stringify(INDEX),
    async bytes => {
      fileOf(Buffer.from('{"imageLayoutVersion":"1.0.0"}'), 'layout/oci-layout')
      await takeImage('oci', path.dirname(fileOf(bytes, 'layout/index.json')))
    }
  ],
  [
    'the manifest of a folder',
    JSON.stringify(MANIFEST),
    async bytes => {
      await takeImage('dir', path.dirname(fileOf(bytes, 'dir/manifest.json')))
    }
  ],
  ['an archive', LAYOUT_TAR, async bytes => await takeImage('archive', fileOf(bytes))],
  [
    'an archive of docker',
    tarOf('manifest.json', '[{"Config":"manifest.json","RepoTags":["a:b"],"Layers":["manifest.json"]}]'),
    async bytes => await takeImage('archive', fileOf(bytes))
  ],
  ['a packed archive', gzipSync(LAYOUT_TAR), async bytes => await takeImage('archive', fileOf(bytes))],
  ['a list of tags', '{"name":"o/a","tags":["a","b"]}', async bytes => await listTags(clientThatSays(bytes))],
  [
    'a Link',
    '<https://r.example/v2/o/a/tags/list?last=b&n=2>; rel="next"',
    async bytes => {
      const client = clientThatSays(new Uint8Array(), {link: text(bytes).slice(0, 16_000)})
      const request = {method: 'GET', path: 'tags/list', expect: [200]} as const
      await readPages(client, {request, entriesOf: () => ['a'], keyOf: tag => tag})
    }
  ],
  [
    'the answer of a token service',
    '{"token":"a","expires_in":300,"issued_at":"2026-11-27T00:00:00Z"}',
    async bytes => {
      const challenge = {scheme: 'bearer', parameters: {realm: 'https://r.example/token'}}
      const request = {registry: ASKED.url, challenge, scopes: [], credential: undefined, now: () => 0}
      await fetchToken(() => Promise.resolve(answerOf(bytes, 200)), request)
    }
  ],
  ofText('package.json', '{"version":"1.2.3"}', async content => await versionIn('package.json', content)),
  ofText(
    'Cargo.toml',
    '[package]\nversion = "1.2.3"\n',
    async content => await versionIn('Cargo.toml', content)
  ),
  ofText(
    'Chart.yaml',
    'appVersion: &a 1.2.3\nversion: *a\n',
    async content => await versionIn('Chart.yaml', content)
  ),
  ['a file of the work tree', '1.2.3\n', async bytes => await readText(fileOf(bytes))],
  ofText('a Containerfile', 'ARG V=1\nFROM a:$V AS b\nUSER 0\nFROM b\n', async content => {
    plainHttpRegistries(buildRequest(), content)
    await adviseContainerfile(content, {})
    await findTargetStep(content)
  }),
  ofText('a workflow', WORKFLOW, content => {
    readWorkflow({file: 'a.yml', text: content})
    readEntries({file: 'a.yml', text: content})
  }),
  ofText('a bake file', BAKE_JSON, readBakeText('a.json')),
  ofText('a bake file in HCL', BAKE_HCL, readBakeText('a.hcl'))
]

/** Everything that reads bytes which others wrote, each with something that it reads. */
const PARSERS: readonly Parser[] = [
  ofText('a reference', `ghcr.io/o/app:1.0.0@${DIGEST}`, parseReference),
  ofText('a repository', 'registry.example.com:5000/o/app', parseRepository),
  ofText('a registry', '[::1]:5000', parseRegistry),
  ofText('a tag', '1.2.3-rc.1', parseTag),
  ofText('a digest', DIGEST, parseDigest),
  ofText('a platform', 'windows/amd64:10.0.20348.1', parsePlatform),
  ['a manifest', JSON.stringify(MANIFEST), bytes => readManifest(manifestOf(bytes, OCI_MANIFEST))],
  ['an index', JSON.stringify(INDEX), bytes => readManifest(manifestOf(bytes, OCI_INDEX))],
  [
    'a config',
    '{"os":"linux","architecture":"arm64","variant":"v8","rootfs":{"type":"layers","diff_ids":["sha256:x"]},"history":[{}],"config":{"Labels":{"a":"b"}}}',
    readImageConfig
  ],
  [
    'the archive of an artifact',
    zipArchive([
      {name: 'a', content: Buffer.from('a'.repeat(300)), isDeflated: true},
      {name: 'b', content: Buffer.from('b')}
    ]),
    bytes =>
      readArtifact({name: 'digest-app', file: 'digest-app'}, Buffer.from(bytes), {
        entries: 3,
        unpacked: 100_000
      })
  ],
  ofText('fingerprints', `sha256:${'b'.repeat(64)}`, parseLayerFingerprint),
  ['a bundle', JSON.stringify(BUNDLE), readBundle],
  ofText('a plan', JSON.stringify(PLAN), parsePlan),
  ofText('a release', '{"schema":1,"images":[]}', parseRelease),
  ofText('a report', '{"schema":1,"checks":[]}', parseVerification),
  ofText('checks', '[{"kind":"start","reference":"a@b","outcome":"healthy","faults":[]}]', parseChecks),
  ofText(
    'the report of a clean-up',
    '[{"image":"a/b","plan":{"tags":[],"manifests":[{"digest":"a","tags":[],"reason":"b"}],"kept":[]}}]',
    parseCleanup
  ),
  ofText('packages', '{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","versionInfo":"1"}]}', packagesIn),
  ofText(
    'a history',
    '{"schema":1,"name":"1","builds":[],"earlier":[{"name":"0","builds":[]}]}',
    parseHistory
  ),
  ofText('a journal', '{"schema":1,"repositories":[]}', parseJournal),
  ofText('the note of a run', '{"schema":1,"command":"release"}', parseRunNote),
  ofText(
    'the list of a folder of pages',
    '{"schema":1,"releases":[{"folder":"a","name":"1","created":"","images":[],"platforms":1,"tags":1,"faults":0}]}',
    parseSite
  ),
  ofText(
    'the times of a step',
    '{"step":"merge-manifest","began":"2026-11-28T09:00:00Z","milliseconds":1}',
    parseStepTimes
  ),
  ofText('metrics', '[{"target":"app"}]', parseMetrics),
  [
    'the origin of a record',
    '{"plan":"abc","target":"app","platform":"linux/amd64"}',
    bytes => parseOrigin('r', bytes)
  ],
  ofText('scan jobs', '[{"name":"a"}]', parseScanJobs),
  ['a record', DIGEST, bytes => parseDigestRecord('r', bytes)],
  ofText('lines of records', `digest-app-linux-amd64=${DIGEST}`, parseRecordLines),
  ofText('a cache', 'type=registry,ref=ghcr.io/o/c:1,mode=max', parseCacheTier),
  ofText('the flag of a cache', 'type=registry,"ref=ghcr.io/o/c:1",mode=max', parseCacheFlag),
  ofText('SARIF', JSON.stringify(SARIF), readSarif),
  ofText(
    "a token of GitHub's cache",
    [{alg: 'RS256'}, {ac: '[]', nbf: 1, exp: 9}]
      .map(each => Buffer.from(JSON.stringify(each)).toString('base64url'))
      .concat('c2ln')
      .join('.'),
    token => ghaFault({type: 'gha', attributes: new Map()}, {environment: () => token, now: 5000})
  ),
  ofText(
    'what a scanner says of its target',
    '{"source":{"target":{"repoDigests":["a@sha256:0"]}}}',
    document =>
      proofOf({
        title: 'app',
        source: SCAN_PRESETS.grype.proof,
        demand: 'waived',
        subjects: [],
        report: {runs: [{scanner: 'x', subjects: [], hashes: []}]},
        document
      })
  ),
  ofText('OpenVEX', JSON.stringify(VEX), text => readOpenVex(text, 'a.vex.json')),
  ofText('a pattern of tags', 'glob:v1.*', parseTagPattern),
  ofText('a selector', 'regex:^v(\\d+)$', parseTagSelector),
  ofText('a numbered pattern', 'pr-{number}', parseNumberedPattern),
  ofText(
    'a challenge',
    'Bearer realm="https://a/t",service="s",scope="repository:a:pull", Basic realm="x\\"y"',
    parseChallenges
  ),
  ofText('a login', 'ghcr.io=user:pass word', parseRegistryLogin),
  ofText('secrets', 'id=a,env=B\n"c=d\ne"', parseSecretValues),
  ofText('a secret file', 'id=./file', parseSecretFile),
  ofText('a secret variable', 'id=NAME', parseSecretVariable),
  ofText('an image source', 'oci:./layout:name', parseImageSource),
  ofText(
    'a builder',
    'Name: default\nDriver: docker\nNodes:\nName: a\nEndpoint: b\nPlatforms: linux/amd64*',
    parseBuildxInstance
  ),
  ofText('settings', 'images: [a/b]\ntags: |\n  type=sha\nlabels: &a {b: c}\nannotations: *a\n', content =>
    parseConfigFile('s.yml', content, {table: computeTags.inputs, others: []})
  ),
  ofText('rules', 'type=semver,pattern={{version}},priority=9\ntype=match,pattern=v(\\d+),group=1', content =>
    parseRules(content)
  ),
  ofText('a flavor', 'latest=auto\nprefix={{branch}}-,onlatest=true', content => parseFlavor(content)),
  ofText(
    'a template',
    'a{{#if is_default_branch}}{{upper (branch)}}{{/if}}{{date "YYYY" tz="UTC"}}',
    content =>
      parseTemplate(content, {vocabulary: 'global'}, message => {
        throw new InputFaults([message])
      })
  ),
  ['a signature', JSON.stringify(BUNDLE), signatureIn],
  ofText('a bill of materials', '{"bomFormat":"CycloneDX","specVersion":"1.6"}', content =>
    sbomType('sbom.json', content)
  ),
  [
    'an error of a registry',
    '{"errors":[{"code":"DENIED","message":"retry-after: 1ms","detail":[]}]}',
    bytes => registryErrorOf(ASKED, answerOf(bytes, 403), bytes)
  ],
  ofText('a Location', 'https://r.example/v2/o/a/blobs/uploads/1?_state=a', content =>
    resolveLocation(content, ASKED.url)
  ),
  ofText('a manifest of Kubernetes', 'kind: A\n---\nspec: {a: &x [b], c: *x}\n', content =>
    readYaml('a.yaml', content)
  ),
  ofText('a version', 'buildah version 1.42.0 (image-spec 1.1.1)', parseBuilderVersion)
]

/** What hostile bytes are made of: signs of every syntax above, numbers at edges, names of the language. */
const PIECES = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '=',
    '/',
    '@',
    '\\',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\u0000',
    '\u0085',
    '\ufeff',
    '💥',
    '\ud800'
  ],
  ...[
    'null',
    'true',
    '-1',
    '1e999',
    '9007199254740993',
    '0x10',
    '[]',
    '{}',
    '""',
    '__proto__',
    'constructor',
    'toString'
  ],
  ...[
    'sha256:',
    'sha512:',
    'a'.repeat(300),
    '../',
    '%00',
    '%2e%2e',
    '*',
    '(a+)+$',
    'glob:',
    'regex:',
    '::',
    '<script>',
    '|'
  ]
].map(piece => Buffer.from(piece))

interface Change {
  readonly at: number
  readonly drop: number
  readonly put: number
}

/** A sample with some of its bytes taken out and pieces put in. */
function changed(sample: string | Uint8Array, changes: readonly Change[]): Uint8Array {
  return changes.reduce<Buffer>((bytes, {at, drop, put}) => {
    const place = bytes.length === 0 ? 0 : at % (bytes.length + 1)
    return Buffer.concat([
      bytes.subarray(0, place),
      PIECES[put % PIECES.length]!,
      bytes.subarray(place + drop)
    ])
  }, Buffer.from(sample))
}

const changes = fc.array(fc.record({at: fc.nat(5000), drop: fc.nat(12), put: fc.nat(PIECES.length - 1)}), {
  minLength: 1,
  maxLength: 6
})

/** What became of the bytes: read, or refused with a code. Anything else is a defect, and fails. */
async function outcome(parse: Parser[2], bytes: Uint8Array): Promise<string> {
  try {
    await parse(bytes)
    return 'read'
  } catch (error) {
    if (error instanceof ReleaseError) return error.code
    // What inputs are made of is put together with the faults of the others.
    if (error instanceof InputFaults) return 'INPUT_INVALID'
    throw new Error(`${JSON.stringify(text(bytes).slice(0, 400))} ended in ${String(error)}`, {cause: error})
  }
}

/** A hundred thousand bytes of one kind: what takes the square of them takes a minute. */
const LONG = [
  '\n',
  ' ',
  '\t',
  '\\\n',
  'ARG ',
  '<a>;',
  '127.0.0.1',
  '{{',
  'a: 1\n',
  '&a ',
  '- ',
  '? ',
  '#\n',
  '="',
  '\u0085'
].map(piece => piece.repeat(Math.ceil(100_000 / piece.length)))

const ALL = [
  ...PARSERS.map(parser => [150, ...parser] as const),
  ...SLOW_PARSERS.map(parser => [40, ...parser] as const)
]

/**
 * Every file that parses JSON, YAML, TOML, a workflow or a Containerfile: by which of the parsers above it is fuzzed, or whose
 * text it is otherwise.
 */
const PARSING: Readonly<Record<string, string>> = {
  'building/builders/buildx.ts':
    'own: what buildx wrote of this build, of bounded length; any fault is LAYOUT_INVALID',
  'building/builders/built-image.ts': 'own: a config that the image of a builder was read with before',
  'building/builders/containerfile-advice.ts': 'a Containerfile',
  'building/builders/docker-archive.ts': 'an archive of docker',
  'building/builders/exact-config.ts': 'own: an export of buildah that readLayout has read before',
  'building/builders/image-layout.ts': 'the index of a layout',
  'building/builders/run-platform.ts': 'a Containerfile',
  'demo/demo-release.ts': 'own: an output of this program',
  'cleanup/needed-journals.ts': 'own: an input of the caller, of bounded length',
  'planning/settings/config-file.ts': 'settings',
  'planning/settings/section-texts.ts': 'settings',
  'delivery/manifests/yaml-text.ts': 'a manifest of Kubernetes',
  'delivery/git/github-deployment.ts':
    'own: what GitHub keeps of an earlier run; anything else is another deployment',
  'embedded-registry/manifest-document.ts': 'own: a registry for demo and tests, 4 MiB a manifest',
  'embedded-registry/record.ts': 'own: its own files',
  'embedded-registry/signed-token.ts': 'own: what it has signed itself',
  'cli/result.ts': 'own: an output of this program',
  'github/github-api.ts': 'own: an answer of GitHub; any fault is that it broke off',
  'ci/github-run.ts': 'an event',
  'actions/artifact-archive.ts': 'the archive of an artifact',
  'oci/image-config.ts': 'a config',
  'oci/manifest.ts': 'a manifest',
  'checks/sbom/sbom-type.ts': 'a bill of materials',
  'signing/sigstore-bundle.ts': 'a bundle',
  'onboarding/comparison/run-expressions.ts': 'own: values that this program wrote as JSON itself',
  'onboarding/bake/bake-file.ts': 'a bake file',
  'onboarding/github-workflow.ts': 'a workflow',
  'onboarding/workflow-text.ts': 'a workflow',
  'cleanup/vendors/docker-hub-api.ts': 'own: 16 MiB an answer; read field by field',
  'contracts/checks-document.ts': 'checks',
  'contracts/cleanup-document.ts': 'the report of a clean-up',
  'contracts/history-document.ts': 'a history',
  'contracts/journal-document.ts': 'a journal',
  'contracts/metrics-document.ts': 'metrics',
  'contracts/plan-document.ts': 'a plan',
  'contracts/job-document.ts': 'own: a text that a file of this list gives it',
  'contracts/record-origin.ts': 'the origin of a record',
  'contracts/release-document.ts': 'a release',
  'planning/jobs/runner-map.ts': 'own: an input of the caller, of bounded length',
  'contracts/run-note.ts': 'the note of a run',
  'contracts/scan-jobs.ts': 'scan jobs',
  'contracts/site-document.ts': 'the list of a folder of pages',
  'contracts/step-times.ts': 'the times of a step',
  'contracts/verification-document.ts': 'a report',
  'registry/auth/credential-helper.ts': 'the answer of a credential helper',
  'registry/auth/docker-config.ts': 'a docker configuration',
  'registry/client/referrers.ts': 'an index',
  'registry/auth/registry-certificates.ts': 'own: the configuration of the machine, of bounded length',
  'registry/client/registry-error.ts': 'an error of a registry',
  'registry/client/repository-client.ts': 'a manifest',
  'registry/client/tag-list.ts': 'a list of tags',
  'registry/auth/token.ts': 'the answer of a token service',
  'building/record-lines.ts': 'lines of records',
  'building/builders/lost-instructions.ts':
    "own: an instruction of the caller's Containerfile, of bounded length",
  'building/caches/gha-cache.ts': "a token of GitHub's cache",
  'checks/scan/openvex.ts': 'OpenVEX',
  'checks/scan/sarif.ts': 'SARIF',
  'checks/scan/scan-proof.ts': 'what a scanner says of its target',
  'onboarding/preflight-report.ts': 'own: a report that this program wrote',
  'reporting/package-changes.ts': 'packages',
  'reporting/page-assets.ts': 'own: the document in the page, which this program wrote',
  'shared/json.ts': 'own: a text that a file of this list gives it',
  'signing/signature-list.ts': 'a signature',
  'planning/targets/axis.ts': 'own: an input of the caller, of bounded length',
  'versions/version-file.ts': 'Chart.yaml',
  'publishing/collect/odd-content.ts': 'a manifest'
}

it('parses nothing that no fuzzer knows', () => {
  const parse =
    /\bJSON\.parse\(|\b(?:parseJson|tryParseJson|readJobDocument)\(|\bparse(?:All)?Documents?\(|\bparseWorkflow\(|\bDockerfileParser\b|\binflateRawSync\(|import\('(?:yaml|smol-toml)'\)/
  const files = [...readSources(path.resolve(import.meta.dirname, '../src'))].filter(([, source]) =>
    parse.test(source)
  )
  expect(files.map(([file]) => file)).toEqual(Object.keys(PARSING).sort())
  const names = ALL.map(([, name]) => name)
  expect(Object.values(PARSING).filter(by => !by.startsWith('own: ') && !names.includes(by))).toEqual([])
})

describe('bytes that others wrote', () => {
  it.each(ALL.map(([runs, name, sample, parse]) => [name, sample, parse, runs] as const))(
    'are read, or refused with a code: %s',
    async (_, sample, parse, numRuns) => {
      await fc.assert(
        fc.asyncProperty(changes, async list => {
          expect(await outcome(parse, changed(sample, list))).toMatch(/^(read|[A-Z_]+)$/)
        }),
        {numRuns}
      )
    },
    30_000
  )

  it.each(ALL.map(([, ...parser]) => parser))(
    'are refused in a moment where they are deep or long: %s',
    async (_, sample, parse) => {
      for (const large of [
        '['.repeat(50_000),
        '{"a":'.repeat(30_000),
        `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
        `{"manifests":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        `"${'\\u0000'.repeat(100_000)}"`,
        `[${'1,'.repeat(130_000)}1]`,
        `["${'a=b\\n'.repeat(20_000)}"]`,
        'a=b\n'.repeat(20_000),
        Buffer.concat(Array.from({length: 300}, () => Buffer.from(sample))),
        'a'.repeat(100_000),
        `${'a='.repeat(100_000)}!`,
        '"'.repeat(100_001),
        ...LONG
      ])
        expect(await outcome(parse, Buffer.from(large))).toMatch(/^(read|[A-Z_]+)$/)
    },
    30_000
  )
})
