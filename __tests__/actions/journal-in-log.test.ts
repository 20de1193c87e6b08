import {expect, it} from '@jest/globals'
import {orInLog} from '../../src/actions/journal-in-log.js'
import {recordingReporter} from '../support/ports.js'

it('keeps a journal in the log where it cannot be kept better, and only there', async () => {
  const reporter = recordingReporter()
  const kept = orInLog(
    {save: name => Promise.resolve(`artifact ${name}`), find: () => Promise.resolve(['{}'])},
    reporter
  )
  expect(await kept.save('1.0.0', '{}')).toBe('artifact 1.0.0')
  expect(reporter.lines).toEqual([])
  expect(await kept.find('1.0.0')).toEqual(['{}'])
  const lost = orInLog(
    {save: () => Promise.reject(new Error('403')), find: () => Promise.resolve([])},
    reporter
  )
  expect(await lost.save('1.0.0', '{"tags":[]}')).toBe("this job's log")
  expect(reporter.warnings).toEqual(['403; it stands in this log instead'])
  expect(reporter.lines).toEqual(['{"tags":[]}'])
})
