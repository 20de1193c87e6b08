import {describe, expect, it} from '@jest/globals'
import {parseMetrics} from '../../src/contracts/metrics-document.js'
import {sampleMetrics} from '../support/sample-metrics.js'
import {failureOf} from '../support/thrown.js'

describe('the metrics of a build as a document', () => {
  it('come back as they were, one or several', () => {
    const metrics = sampleMetrics()
    expect(parseMetrics(JSON.stringify(metrics))).toEqual([metrics])
    expect(parseMetrics(JSON.stringify([metrics, metrics]))).toEqual([metrics, metrics])
    expect(parseMetrics('[]')).toEqual([])
  })

  it('may hold what a later version adds', () => {
    expect(parseMetrics(JSON.stringify({...sampleMetrics(), energy: 1}))).toEqual([sampleMetrics()])
  })

  it.each([
    ['', 'they are not JSON'],
    ['{}', 'schema'],
    [JSON.stringify({...sampleMetrics(), schema: 2}), '0.schema'],
    [JSON.stringify({...sampleMetrics(), imageSize: -1}), '0.imageSize'],
    [JSON.stringify({...sampleMetrics(), phases: undefined}), '0.phases']
  ])('are refused: %s', async (text, message) => {
    const error = await failureOf(() => parseMetrics(text))
    expect(error).toMatchObject({code: 'METRICS_INVALID', message: expect.stringContaining(message)})
  })
})
