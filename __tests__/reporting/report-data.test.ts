import {describe, expect, it} from '@jest/globals'
import {attachmentKind} from '../../src/reporting/attachments.js'
import {layerGrowth} from '../../src/reporting/layer-growth.js'
import {makeReport} from '../../src/reporting/make-report.js'
import {packageChanges, packagesIn} from '../../src/reporting/package-changes.js'
import {parseCleanup} from '../../src/contracts/cleanup-document.js'
import {formatStepTimes, parseStepTimes} from '../../src/contracts/step-times.js'
import {sampleMetrics} from '../support/sample-metrics.js'
import {namedDigest, sampleReport} from '../support/sample-report.js'

const EMPTY = {made: '2026-11-28T10:00:00.000Z', program: '0.1.0', looks: [], history: [], notes: []}

describe('what grew in an image', () => {
  const layer = (name: string, size: number, createdBy?: string) => ({
    digest: namedDigest(name),
    size,
    ...(createdBy === undefined ? {} : {createdBy})
  })

  it('is told by instruction, what grew most first, and layers that stayed are left out', () => {
    const before = [
      layer('base', 100, 'ADD base'),
      layer('a1', 50, 'COPY a'),
      layer('b1', 30, 'RUN b'),
      layer('c', 7, 'RUN c')
    ]
    const now = [
      layer('base', 100, 'ADD base'),
      layer('a2', 55, 'COPY a'),
      layer('b2', 90, 'RUN b'),
      layer('d', 9, 'RUN d')
    ]
    expect(layerGrowth(before, now)).toEqual([
      {createdBy: 'RUN b', before: 30, now: 90},
      {createdBy: 'RUN d', before: 0, now: 9},
      {createdBy: 'COPY a', before: 50, now: 55},
      {createdBy: 'RUN c', before: 7, now: 0}
    ])
  })

  it('passes over build arguments, which differ with each version, and sums layers without history', () => {
    const before = [layer('a', 10, 'RUN |1 VERSION=1.0 /bin/sh -c make'), layer('x', 1), layer('y', 2)]
    const now = [layer('b', 14, 'RUN |1 VERSION=1.1 /bin/sh -c make'), layer('z', 5)]
    expect(layerGrowth(before, now)).toEqual([
      {createdBy: 'RUN /bin/sh -c make', before: 10, now: 14},
      {createdBy: 'layers without history', before: 3, now: 5}
    ])
  })
})

describe('packages of a bill of materials', () => {
  const spdx = {
    spdxVersion: 'SPDX-2.3',
    documentDescribes: ['SPDXRef-image'],
    packages: [
      {SPDXID: 'SPDXRef-image', name: 'app', versionInfo: '1'},
      {SPDXID: 'SPDXRef-1', name: 'zlib', versionInfo: '1.3.1'},
      {SPDXID: 'SPDXRef-2', name: 'zlib', versionInfo: '1.2.13'},
      {SPDXID: 'SPDXRef-3', name: 'file', primaryPackagePurpose: 'FILE'}
    ]
  }

  it.each([
    ['SPDX', spdx, [['zlib', ['1.2.13', '1.3.1']]]],
    [
      'SPDX in a statement',
      {predicateType: 'https://spdx.dev/Document', predicate: spdx},
      [['zlib', ['1.2.13', '1.3.1']]]
    ],
    [
      'CycloneDX',
      {bomFormat: 'CycloneDX', components: [{name: 'curl', version: '8.7.1'}, {version: 'x'}, null]},
      [['curl', ['8.7.1']]]
    ]
  ])('are read from %s', (_, document, packages) => {
    expect([...(packagesIn(JSON.stringify(document)) ?? [])]).toEqual(packages)
  })

  it.each(['', 'SPDXVersion: SPDX-2.3', '[]', '{"packages": []}', 'null'])('are none in %p', text => {
    expect(packagesIn(text)).toBeUndefined()
  })

  it('are added, removed and changed, and what is too much is counted', () => {
    const many = new Map(Array.from({length: 400}, (_, at) => [`new-${at}`, ['1']]))
    const changes = packageChanges(
      'linux/amd64',
      new Map([...many, ['a', ['2']]]),
      new Map([
        ['a', ['1']],
        ['b', ['1']]
      ])
    )
    expect(changes.added).toHaveLength(300)
    expect(changes).toMatchObject({
      total: 401,
      before: 2,
      removed: [{name: 'b', before: '1'}],
      changed: [{name: 'a', before: '1', now: '2'}],
      unnamed: 100
    })
  })

  it('are only counted where nothing is known of before', () => {
    expect(packageChanges('linux/amd64', new Map([['a', ['1']]]), undefined)).toEqual({
      platform: 'linux/amd64',
      total: 1,
      added: [],
      removed: [],
      changed: [],
      unnamed: 0
    })
  })
})

describe('what refers to an image', () => {
  it.each([
    ['https://sigstore.dev/cosign/sign/v1', 'signature'],
    ['https://slsa.dev/provenance/v1', 'provenance'],
    ['application/spdx+json', 'sbom'],
    ['https://cyclonedx.org/bom', 'sbom'],
    ['application/vnd.in-toto+json', 'attestation'],
    ['application/x-own', 'other']
  ])('%s is a kind', (type, kind) => {
    expect(attachmentKind(type)).toBe(kind)
  })
})

describe('a report', () => {
  it('names each layer once, and what several platforms and releases share by its place', () => {
    const {layers, targets} = sampleReport()
    expect(new Set(layers.map(({digest}) => digest)).size).toBe(layers.length)
    const [first, second] = targets
    expect(first!.platforms[0]!.layers[0]).toBe(second!.platforms[0]!.layers[0])
    expect(first!.before!.platforms[0]!.layers[0]).toBe(first!.platforms[0]!.layers[0])
    expect(first!.platforms[0]!.grew).toEqual([
      {createdBy: 'RUN /bin/sh -c npm ci --omit=dev', before: 9 * 1024 * 1024, now: 16 * 1024 * 1024}
    ])
  })

  it('tells a tag that was moved since, one that is gone, and nothing of one that nobody could read', () => {
    const digest = namedDigest('now')
    const names = ['same', 'moved', 'gone', 'unread']
    const {targets} = makeReport({
      ...EMPTY,
      release: {
        schema: 1,
        targets: [
          {
            target: 'app',
            digest,
            platforms: ['linux/amd64'],
            images: ['ghcr.io/o/app'],
            tags: names.map(name => ({reference: `ghcr.io/o/app:${name}`, state: 'new' as const}))
          }
        ]
      },
      looks: [
        {
          target: 'app',
          packages: [],
          notes: [],
          tags: new Map([
            ['ghcr.io/o/app:same', digest],
            ['ghcr.io/o/app:moved', namedDigest('other')],
            ['ghcr.io/o/app:gone', 'nothing'],
            ['ghcr.io/o/app:unread', 'unknown']
          ])
        }
      ]
    })
    expect(targets[0]!.tags.map(({now}) => now)).toEqual([
      undefined,
      namedDigest('other'),
      'nothing',
      undefined
    ])
  })

  it('has what the clean-up said it deleted, and leaves out caches, what was only counted and what was only shown', () => {
    const cleanup = parseCleanup(
      JSON.stringify([
        {
          image: 'ghcr.io/o/app',
          plan: {
            tags: [{tag: 'pr-1', digest: 'sha256:1', reason: 'closed'}],
            manifests: [
              {digest: 'sha256:2', tags: [], reason: 'superseded', size: 5, wholeSize: 900, pushed: 'x'}
            ],
            kept: [{}],
            tagsGone: 1
          },
          undeleted: [],
          total: 7,
          frees: {bytes: 900, unknown: 0}
        },
        {image: 'ghcr.io/o/b', isShortened: true, deletes: 9000},
        {
          image: 'ghcr.io/o/shown',
          isDry: true,
          plan: {tags: [], manifests: [{digest: 'sha256:3', tags: [], reason: 'superseded'}], kept: []}
        },
        {caches: []}
      ])
    )
    expect(makeReport({...EMPTY, cleanup}).cleanup).toEqual([
      {
        image: 'ghcr.io/o/app',
        deleted: [{digest: 'sha256:2', tags: [], reason: 'superseded', size: 900}],
        tags: [{tag: 'pr-1', reason: 'closed'}],
        kept: 1,
        freed: 900
      }
    ])
  })
})

describe('the checks', () => {
  it('have every gate that a build passed, with what speaks for it', () => {
    const gates = [
      {gate: 'layers' as const, evidence: 'they are those that were tested: fingerprint abc'},
      {gate: 'scan' as const, evidence: 'Trivy 0.70.0 found 2 high; nothing critical or worse'},
      {gate: 'test' as const, evidence: 'passed before the push'},
      {gate: 'sbom' as const, evidence: 'attached as ghcr.io/o/app@sha256:1'}
    ]
    const {checks} = makeReport({...EMPTY, metrics: [sampleMetrics({gates})]})
    expect(checks).toEqual(
      gates.map(({gate, evidence}) => ({kind: gate, subject: 'app linux/arm64', evidence, faults: []}))
    )
  })

  it('have the scan of metrics that say no more', () => {
    const {checks} = makeReport({...EMPTY, metrics: [sampleMetrics()]})
    expect(checks.map(({kind, evidence}) => [kind, evidence])).toEqual([
      ['scan', expect.stringMatching(/^Trivy 0\.58\.0 found 2 high/)]
    ])
  })
})

describe('the journey', () => {
  const step = (name: string, began: string) => ({step: name, began, milliseconds: 1000})

  it('has the steps around the builds in the order of their begin, and when each build began', () => {
    const data = makeReport({
      ...EMPTY,
      metrics: [sampleMetrics({began: '2026-11-28T09:00:10Z'}), sampleMetrics()],
      times: [step('merge-manifest', '2026-11-28T09:02:00Z'), step('compute-tags', '2026-11-28T09:00:00Z')]
    })
    expect(data.steps.map(one => one.step)).toEqual(['compute-tags', 'merge-manifest'])
    expect(data.builds.map(({began}) => began)).toEqual(['2026-11-28T09:00:10Z', undefined])
  })
})

describe('the times of a step', () => {
  it('come back as they were given out', () => {
    expect(parseStepTimes(formatStepTimes('merge-manifest', 0, 1500))).toEqual({
      step: 'merge-manifest',
      began: '1970-01-01T00:00:00.000Z',
      milliseconds: 1500
    })
  })

  it.each(['{}', 'x', '{"step":"<b>","began":"2026-11-28T09:00:00Z","milliseconds":1}'])(
    'are not %j',
    text => {
      expect(() => parseStepTimes(text)).toThrow(/the output "times" of a command/)
    }
  )
})
