import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it, jest} from '@jest/globals'
import {openArtifactJournal} from '../../src/hosts/github/artifact-journal.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'

describe('journals as artifacts', () => {
  let service: ResultsService
  let temp: string

  beforeEach(async () => {
    service = await startResultsService()
    temp = mkdtempSync(path.join(tmpdir(), 'artifact-journal-'))
    Object.assign(process.env, service.env())
    // The client writes workflow commands, which the log of this test run would obey.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  })
  afterEach(async () => {
    jest.restoreAllMocks()
    await service.stop()
    rmSync(temp, {recursive: true})
    for (const name of Object.keys(service.env())) Reflect.deleteProperty(process.env, name)
  })

  it('are named by the attempt, and a second of the attempt replaces none', async () => {
    expect(await openArtifactJournal('2', temp).save('1.0.0', '{"tags":[]}')).toBe(
      'artifact release-journal-2'
    )
    expect(await openArtifactJournal('2', temp).save('1.0.0', '{}')).toBe('artifact release-journal-2-2')
    expect(service.artifacts().map(({name}) => name)).toEqual(['release-journal-2', 'release-journal-2-2'])
    expect(readdirSync(temp)).toEqual([])
  })

  it('are no release where the service refuses', async () => {
    service.fail({method: 'CreateArtifact', status: 403})
    await expect(openArtifactJournal('1', temp).save('1.0.0', '{}')).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED'
    })
  })
})
