import {makeReport} from '../../src/reporting/make-report.js'
import type {ImageLook, TargetLook} from '../../src/reporting/looks.js'
import {releaseOfBuilds} from '../../src/reporting/report-builds.js'
import type {ReportData} from '../../src/reporting/report-data.js'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {packageChanges} from '../../src/reporting/package-changes.js'
import {sampleMetrics} from './sample-metrics.js'

const MIB = 1024 * 1024

/** How large the release of a report is. */
export interface ReportSize {
  readonly targets: number
  readonly platforms: readonly string[]
  readonly registries: readonly string[]
  /** Put into names, tags and instructions, as strangers would. */
  readonly spice?: string
}

const SMALL: ReportSize = {
  targets: 2,
  platforms: ['linux/amd64', 'linux/arm64'],
  registries: ['ghcr.io', 'docker.io', 'quay.io']
}

/** A digest that stands for a name. */
export function namedDigest(name: string): Digest {
  return digestOf(new TextEncoder().encode(name))
}

/** The report of a release that has something in every section. */
export function sampleReport(size: ReportSize = SMALL): ReportData {
  const {targets, platforms, registries, spice = ''} = size
  const names = Array.from({length: targets}, (_, at) => `service-${at + 1}${spice}`)
  const looks = names.map(name => lookOf(name, size))
  const metrics = names.flatMap(target => platforms.map(platform => metricsOf(target, platform, 1.2)))
  const earlier = names.flatMap(target => platforms.map(platform => metricsOf(target, platform, 1)))
  const references = (name: string): string[] =>
    registries.flatMap(registry =>
      ['1.2.0', '1.2', 'latest'].map(tag => `${registry}/org/${name}:${tag}${spice}`)
    )
  return makeReport({
    made: '2026-11-28T10:00:00.000Z',
    program: '0.1.0',
    plan: {
      schema: 1,
      id: 'a'.repeat(16),
      source: {
        event: `push${spice}`,
        ref: `refs/tags/v1.2.0${spice}`,
        revision: 'c'.repeat(40),
        created: '2026-11-28T09:00:00Z',
        repository: `org/shop${spice}`
      },
      version: `1.2.0${spice}`,
      push: true,
      targets: [],
      notes: [`ghcr.io was slow${spice}`]
    },
    release: {
      schema: 1,
      targets: names.map(name => ({
        target: name,
        digest: namedDigest(`${name} now`),
        platforms: [...platforms],
        images: registries.map(registry => `${registry}/org/${name}`),
        tags: references(name).map(reference => ({
          reference,
          state: reference.includes('1.2.0') ? ('new' as const) : ('moved' as const),
          ...(reference.includes('1.2.0') ? {} : {before: namedDigest(`${name} before`)})
        }))
      }))
    },
    verification: names.flatMap(name =>
      references(name).map(reference => ({
        reference,
        digest: namedDigest(`${name} now`),
        platforms,
        blobs: 9,
        faults: []
      }))
    ),
    checks: names.map(name => ({
      kind: 'signature' as const,
      reference: `${registries[0] ?? ''}/org/${name}@${namedDigest(`${name} now`)}`,
      outcome: `signed by https://github.com/org/shop${spice}`,
      faults: []
    })),
    metrics,
    times: [
      {step: 'compute-tags', began: '2026-11-28T09:00:00.000Z', milliseconds: 2400},
      {step: 'merge-manifest', began: '2026-11-28T09:02:20.000Z', milliseconds: 9000},
      {step: 'verify-release', began: '2026-11-28T09:02:30.000Z', milliseconds: 4000},
      {step: 'cleanup-latest', began: '2026-11-28T09:02:50.000Z', milliseconds: 6000}
    ],
    cleanup: registries.map(registry => ({
      image: `${registry}/org/service-1`,
      plan: {
        tags: [{tag: `nightly-1${spice}`, reason: 'older than 30d'}],
        manifests: [
          {digest: namedDigest('old'), tags: [], reason: `superseded${spice}`, size: 900, wholeSize: 60 * MIB}
        ],
        kept: []
      },
      undeleted: [],
      frees: {bytes: 60 * MIB}
    })),
    looks,
    history: [
      releaseOfBuilds(
        '1.0.0',
        '2026-09-01T00:00:00Z',
        earlier.map(one => grown(one, 0.8))
      ),
      releaseOfBuilds(`1.1.0${spice}`, '2026-10-01T00:00:00Z', earlier)
    ],
    notes: []
  })
}

/** Several reports as one, as if they were one release. */
export function joinReports(reports: readonly ReportData[]): ReportData {
  const [first] = reports
  if (first === undefined) throw new Error('nothing to join')
  const starts = reports.map((_, at) =>
    reports.slice(0, at).reduce((count, {layers}) => count + layers.length, 0)
  )
  const moved = <T extends {readonly layers: readonly number[]}>(one: T, start = 0): T => ({
    ...one,
    layers: one.layers.map(layer => layer + start)
  })
  const texts = (of: (report: ReportData) => string | undefined): string => reports.map(of).join(' ')
  return {
    ...first,
    ...(first.source === undefined
      ? {}
      : {
          source: {
            ...first.source,
            repository: texts(({source}) => source?.repository),
            ref: texts(({source}) => source?.ref),
            event: texts(({source}) => source?.event)
          }
        }),
    version: texts(({version}) => version),
    targets: reports.flatMap(({targets}, at) =>
      targets.map(target => ({
        ...target,
        platforms: target.platforms.map(one => moved(one, starts[at])),
        ...(target.before === undefined
          ? {}
          : {
              before: {
                ...target.before,
                platforms: target.before.platforms.map(one => moved(one, starts[at]))
              }
            })
      }))
    ),
    layers: reports.flatMap(({layers}) => layers),
    builds: reports.flatMap(({builds}) => builds),
    checks: reports.flatMap(({checks}) => checks),
    cleanup: reports.flatMap(({cleanup = []}) => cleanup),
    history: reports.flatMap(({history}) => history),
    notes: reports.flatMap(({notes}) => notes)
  }
}

function grown(metrics: BuildMetrics, factor: number): BuildMetrics {
  return {
    ...metrics,
    buildTime: Math.round(metrics.buildTime * factor),
    imageSize: Math.round(metrics.imageSize * factor)
  }
}

function metricsOf(target: string, platform: string, factor: number): BuildMetrics {
  const took = Math.round(60_000 * factor * (platform.includes('arm') ? 1.5 : 1))
  const findings = sampleMetrics().vulnerabilities
  return sampleMetrics({
    target,
    platform,
    buildTime: took,
    began: '2026-11-28T09:00:10.000Z',
    imageSize: Math.round(70 * MIB * factor),
    ...(findings === undefined
      ? {}
      : {vulnerabilities: {...findings, high: factor > 1 ? 3 : 2, medium: factor > 1 ? 0 : 1}}),
    phases: [
      {name: 'build', start: 400, milliseconds: took},
      {name: 'scan', start: took + 600, milliseconds: 8000},
      {name: 'test', start: took + 8700, milliseconds: 3000},
      {name: 'push ghcr.io/org/app', start: took + 11_900, milliseconds: 5000}
    ]
  })
}

function lookOf(name: string, {platforms, spice = ''}: ReportSize): TargetLook {
  const image = (age: 'before' | 'now'): ImageLook => {
    const seen = platforms.map(platform => ({
      platform,
      digest: namedDigest(`${name} ${platform} ${age}`),
      size: 70 * MIB,
      layers: [
        {
          digest: namedDigest(`base ${platform}`),
          size: 30 * MIB,
          createdBy: `/bin/sh -c #(nop) ADD file:base in /${spice}`
        },
        {
          digest: namedDigest(`packages ${platform}`),
          size: 18 * MIB,
          createdBy: 'RUN /bin/sh -c apt-get install -y ca-certificates'
        },
        {digest: namedDigest(`sources ${platform}`), size: 300_000, createdBy: 'COPY config /etc/app'},
        ...Array.from({length: 4}, (_, at) => ({
          digest: namedDigest(`${name} ${platform} part ${at}`),
          size: (at + 1) * MIB,
          createdBy: `COPY part-${at} /srv/part-${at}`
        })),
        {
          digest: namedDigest(`${name} ${platform} ${age} app`),
          size: (age === 'now' ? 16 : 9) * MIB,
          createdBy: `RUN |1 VERSION=${age} /bin/sh -c npm ci --omit=dev${spice}`
        }
      ]
    }))
    const digest = namedDigest(`${name} ${age}`)
    return {
      digest,
      version: age === 'now' ? '1.2.0' : `1.1.0${spice}`,
      platforms: seen,
      attachments: [
        {
          kind: 'signature',
          type: 'https://sigstore.dev/cosign/sign/v1',
          digest: namedDigest(`${name} signature`),
          of: digest
        },
        ...seen.flatMap(one => [
          {
            kind: 'sbom' as const,
            type: `https://spdx.dev/Document${spice}`,
            digest: namedDigest(`${one.digest} sbom`),
            of: one.digest
          },
          {
            kind: 'provenance' as const,
            type: 'https://slsa.dev/provenance/v1',
            digest: namedDigest(`${one.digest} slsa`),
            of: one.digest
          }
        ])
      ]
    }
  }
  return {
    target: name,
    image: image('now'),
    before: image('before'),
    packages: platforms.map(platform =>
      packageChanges(
        platform,
        new Map([
          [`openssl${spice}`, ['3.0.13']],
          ['zlib', ['1.3.1']],
          ['curl', ['8.7.1']]
        ]),
        new Map([
          [`openssl${spice}`, ['3.0.11']],
          ['zlib', ['1.3.1']],
          ['wget', ['1.24']]
        ])
      )
    ),
    tags: new Map(),
    notes: []
  }
}
