import {describe, expect, it} from '@jest/globals'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {growthLines, metricColumns, metricsParts} from '../../src/building/metrics/metrics-table.js'
import {sampleMetrics} from '../support/sample-metrics.js'
import {baselineOf, growthOf} from '../../src/building/metrics/metrics-growth.js'

describe('the metrics of a build for people', () => {
  it('show the phases on one axis of time', () => {
    const [gantt] = metricsParts(sampleMetrics())
    expect(gantt?.split('\n')).toEqual([
      '```mermaid',
      'gantt',
      '  dateFormat x',
      '  axisFormat %s s',
      '  build :0, 95400',
      '  scan :95400, 107400',
      '  test :107400, 138400',
      '  push ghcr.io/o/app :138400, 146500',
      // A colon ends the name of a task.
      '  push localhost 5000/o/app :138400, 141400',
      '```'
    ])
  })

  it('show the largest layers with what made them, however it is written', () => {
    const layers = metricsParts(sampleMetrics()).at(-1)
    expect(layers).toContain('<summary>Largest 2 of 6 layers</summary>')
    expect(layers).toContain(
      '| 40.0 MiB | <code>RUN &#124;1 A&#61;b &#47;bin&#47;sh -c pip install &#96;x&#96;</code> |'
    )
    expect(layers).toContain('| 30.0 MiB | `sha256:cccccccccccc` |')
    const long = sampleMetrics({
      largestLayers: [1, 2].map(size => ({digest: 'd', size, createdBy: `RUN ${'x'.repeat(200)}`}))
    })
    expect(metricsParts(long).at(-1)).toContain(`${'x'.repeat(76)}…`)
  })

  it('show cache and findings as columns, where they are known', () => {
    expect(metricColumns(sampleMetrics())).toEqual([
      ['Cache', '75 % (9 of 12 steps)'],
      ['Vulnerabilities', '2 high, 7 low, 1 ignored (Trivy 0.58.0)']
    ])
    const plain = Object.entries(sampleMetrics()).filter(([name]) => !/cache|vulnerabilities/.test(name))
    expect(metricColumns(Object.fromEntries(plain) as unknown as BuildMetrics)).toEqual([])
  })

  it('warn of what grew', () => {
    const growth = [
      {what: 'image size', before: 1024, now: 2048, percent: 100},
      {what: 'build time', before: 10_000, now: 15_000, percent: 50},
      {what: 'vulnerabilities', before: 0, now: 2, percent: Infinity}
    ] as const
    expect(growthLines(growth)).toEqual([
      'image size grew by 100 %, from 1.0 KiB to 2.0 KiB',
      'build time grew by 50 %, from 10.0 s to 15.0 s',
      'vulnerabilities grew, from 0 to 2'
    ])
    expect(metricsParts(sampleMetrics(), growth)[0]).toMatch(
      /^> \[!WARNING\]\n> The image size grew by 100 %/
    )
  })

  it('have no chart for a build alone, and no list of one layer', () => {
    const [phase] = sampleMetrics().phases
    const [layer] = sampleMetrics().largestLayers
    const metrics = sampleMetrics({phases: phase ? [phase] : [], largestLayers: layer ? [layer] : []})
    expect(metricsParts(metrics)).toEqual([])
  })
})

const found = (high: number): Partial<BuildMetrics> => ({
  vulnerabilities: {scanner: 'x', critical: 0, high, medium: 0, low: 0, unknown: 0, ignored: 0}
})

describe('growth since an earlier build', () => {
  it.each<[string, Partial<BuildMetrics>, Partial<BuildMetrics>, readonly string[]]>([
    ['nothing', {}, {}, []],
    ['the image', {imageSize: 100}, {imageSize: 111}, ['image size 11']],
    ['the image by as much as it may', {imageSize: 100}, {imageSize: 110}, []],
    ['the layers', {layerCount: 6}, {layerCount: 7}, ['layers 17']],
    ['the time', {buildTime: 20_000}, {buildTime: 30_000}, ['build time 50']],
    ['a time that is short', {buildTime: 100}, {buildTime: 9000}, []],
    ['findings', found(2), found(3), ['vulnerabilities 50']],
    ['findings from none', found(0), found(1), ['vulnerabilities Infinity']],
    ['what shrank', {imageSize: 100, layerCount: 9}, {imageSize: 10, layerCount: 1}, []]
  ])('of %s', (_, before, now, grown) => {
    const growth = growthOf(sampleMetrics(now), sampleMetrics(before), 10)
    expect(growth.map(({what, percent}) => `${what} ${Math.round(percent)}`)).toEqual(grown)
  })

  it('is that of the same target and platform, of the last one that is known', () => {
    const earlier = [
      sampleMetrics({imageSize: 1}),
      sampleMetrics({imageSize: 2}),
      sampleMetrics({platform: 'linux/amd64'}),
      sampleMetrics({target: 'other'})
    ]
    expect(baselineOf(sampleMetrics(), earlier)?.imageSize).toBe(2)
    expect(baselineOf(sampleMetrics({target: 'new'}), earlier)).toBeUndefined()
  })
})
