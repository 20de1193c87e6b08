import {describe, expect, it} from '@jest/globals'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {baselineOf, growthOf} from '../../src/building/metrics/metrics-growth.js'
import {sampleMetrics} from '../support/sample-metrics.js'

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
