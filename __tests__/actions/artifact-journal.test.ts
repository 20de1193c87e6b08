import {readdirSync} from 'node:fs'
import {describe, expect, it} from '@jest/globals'
import {openArtifactJournal} from '../../src/actions/artifact-journal.js'
import {actionJob} from '../support/action-job.js'
import {orInLog} from '../../src/actions/journal-in-log.js'
import {recordingReporter} from '../support/ports.js'

describe('journals as artifacts', () => {
  const job = actionJob()

  it('are named by the attempt, and a second of the attempt replaces none', async () => {
    expect(await openArtifactJournal('2', job.temp).save('1.0.0', '{"tags":[]}')).toBe(
      'artifact release-journal-2'
    )
    expect(await openArtifactJournal('2', job.temp).save('1.0.0', '{}')).toBe('artifact release-journal-2-2')
    expect(job.service.artifacts().map(({name}) => name)).toEqual([
      'release-journal-2',
      'release-journal-2-2'
    ])
    await openArtifactJournal('2', job.temp).save('1.1.0', '{"other":1}')
    expect((await openArtifactJournal('3', job.temp).find('1.0.0')).map(text => text.trim()).sort()).toEqual([
      '{"tags":[]}',
      '{}'
    ])
    expect(readdirSync(job.temp)).toEqual([])
  })

  it('are no release where the service refuses', async () => {
    job.service.fail({method: 'CreateArtifact', status: 403})
    await expect(openArtifactJournal('1', job.temp).save('1.0.0', '{}')).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED'
    })
  })
})

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
  expect(reporter.warnings).toEqual(['403; it is in this log instead'])
  expect(reporter.lines).toEqual(['{"tags":[]}'])
})
