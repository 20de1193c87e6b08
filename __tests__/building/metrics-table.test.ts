import {describe, expect, it} from '@jest/globals'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {growthLines, metricColumns, metricsParts} from '../../src/building/metrics/metrics-table.js'
import {sampleMetrics} from '../support/sample-metrics.js'

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
