import {describe, expect, it} from '@jest/globals'
import {parseRepository, parseReference, parseRegistry, parseTag} from '../src/oci/reference.js'
import {parseDigest} from '../src/oci/digest.js'
import {parsePlatform} from '../src/oci/platform.js'
import {manifestOf, readManifest} from '../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../src/oci/media-type.js'
import {readImageConfig} from '../src/oci/image-config.js'
import {parseLayerFingerprint} from '../src/oci/layer-fingerprint.js'
import {readBundle} from '../src/oci/sigstore-bundle.js'
import {parsePlan} from '../src/plan/plan-document.js'
import {parseRelease} from '../src/plan/release-document.js'
import {parseVerification} from '../src/plan/verification-document.js'
import {parseJournal} from '../src/plan/journal-document.js'
import {parseMetrics} from '../src/plan/metrics-document.js'
import {parseOrigin} from '../src/plan/record-origin.js'
import {parseScanJobs} from '../src/plan/scan-jobs.js'
import {parseDigestRecord} from '../src/release/digest-record.js'
import {parseRecordLines} from '../src/release/record-lines.js'
import {parseCacheTier} from '../src/release/cache-tier.js'
import {readSarif} from '../src/release/sarif.js'
import {parseTagPattern, parseTagSelector, parseNumberedPattern} from '../src/retention/tag-pattern.js'
import {parseChallenges} from '../src/registry/transport/challenge.js'
import {InputFaults} from '../src/inputs/input.js'
import {parseRegistryLogin} from '../src/inputs/registry-credential.js'
import {parseSecretValues, parseSecretFile, parseSecretVariable} from '../src/inputs/build-secret.js'
import {parseImageSource} from '../src/builders/image-source.js'
import {parseBuildxInstance} from '../src/builders/buildx-instance.js'
import {parseBuilderVersion} from '../src/builders/builder-version.js'
import {ReleaseError} from '../src/errors.js'
import {fc} from './support/random.js'

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
type Parser = readonly [name: string, sample: string, parse: (bytes: Uint8Array) => unknown]
const ofText = (name: string, sample: string, parse: (text: string) => unknown): Parser => [
  name,
  sample,
  bytes => parse(text(bytes))
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
  ofText('fingerprints', `sha256:${'b'.repeat(64)}`, parseLayerFingerprint),
  ['a bundle', JSON.stringify(BUNDLE), readBundle],
  ofText('a plan', JSON.stringify(PLAN), parsePlan),
  ofText('a release', '{"schema":1,"images":[]}', parseRelease),
  ofText('a report', '{"schema":1,"checks":[]}', parseVerification),
  ofText('a journal', '{"schema":1,"repositories":[]}', parseJournal),
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
  ofText('SARIF', JSON.stringify(SARIF), readSarif),
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
function changed(sample: string, changes: readonly Change[]): Uint8Array {
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
function outcome(parse: Parser[2], bytes: Uint8Array): string {
  try {
    parse(bytes)
    return 'read'
  } catch (error) {
    if (error instanceof ReleaseError) return error.code
    // What inputs are made of is put together with the faults of the others.
    if (error instanceof InputFaults) return 'INPUT_INVALID'
    throw new Error(`${JSON.stringify(text(bytes).slice(0, 400))} ended in ${String(error)}`, {cause: error})
  }
}

describe('bytes that others wrote', () => {
  it.each(PARSERS)('are read, or refused with a code: %s', (_, sample, parse) => {
    fc.assert(
      fc.property(changes, list => {
        expect(outcome(parse, changed(sample, list))).toMatch(/^(read|[A-Z_]+)$/)
      }),
      {numRuns: 400}
    )
  })

  it.each(PARSERS)(
    'are refused in a moment where they are deep or long: %s',
    (_, sample, parse) => {
      for (const large of [
        '['.repeat(50_000),
        '{"a":'.repeat(30_000),
        `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
        `{"manifests":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        `"${'\\u0000'.repeat(100_000)}"`,
        `[${'1,'.repeat(130_000)}1]`,
        `["${'a=b\\n'.repeat(20_000)}"]`,
        'a=b\n'.repeat(20_000),
        sample.repeat(300),
        'a'.repeat(100_000),
        `${'a='.repeat(100_000)}!`,
        ' '.repeat(100_000),
        '"'.repeat(100_001)
      ])
        expect(outcome(parse, Buffer.from(large))).toMatch(/^(read|[A-Z_]+)$/)
    },
    20_000
  )
})
