import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it, jest} from '@jest/globals'
import {openArtifactStore} from '../../src/hosts/github/artifact-digest-store.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'

const RECORD = Buffer.from(`sha256:${'a'.repeat(64)}`)
const OTHER = Buffer.from(`sha256:${'b'.repeat(64)}`)

let service: ResultsService
let temp: string

beforeEach(async () => {
  service = await startResultsService()
  temp = mkdtempSync(path.join(tmpdir(), 'artifact-store-'))
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

describe('digest records as artifacts', () => {
  it('come back as they were saved, in another job of the run', async () => {
    await openArtifactStore(temp).save('digest-app-amd64', RECORD)
    await openArtifactStore(temp).save('digest-app-arm64', OTHER)

    Object.assign(process.env, service.env('run-1', 'merge'))
    const records = await openArtifactStore(temp).load(['digest-app-amd64', 'digest-app-arm64', 'absent'])
    expect([...records]).toEqual(
      expect.arrayContaining([
        ['digest-app-amd64', RECORD],
        ['digest-app-arm64', OTHER]
      ])
    )
    expect(records.size).toBe(2)
  })

  it('are replaced by a second save under the name', async () => {
    await openArtifactStore(temp).save('digest-app-amd64', RECORD)
    await openArtifactStore(temp).save('digest-app-amd64', OTHER)
    expect(service.artifacts()).toHaveLength(1)
    const records = await openArtifactStore(temp).load(['digest-app-amd64'])
    expect(records.get('digest-app-amd64')).toEqual(OTHER)
  })

  it('of another run are not seen', async () => {
    await openArtifactStore(temp).save('digest-app-amd64', RECORD)
    Object.assign(process.env, service.env('run-2'))
    expect(await openArtifactStore(temp).load(['digest-app-amd64'])).toEqual(new Map())
  })

  it('cannot be saved where the service refuses: the error names the record', async () => {
    service.fail({method: 'CreateArtifact', status: 403})
    const failure = openArtifactStore(temp).save('digest-app-amd64', RECORD)
    await expect(failure).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    await expect(failure).rejects.toThrow('digest-app-amd64')
    expect(service.artifacts()).toEqual([])
  })
})

describe('the stand-in for the results service', () => {
  const URL_PATH = 'twirp/github.actions.results.api.v1.ArtifactService'
  const job = {workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: 'job-1'}
  const create = {...job, name: 'a', version: 7}

  async function call(method: string, body: object, token?: string): Promise<number> {
    const {ACTIONS_RESULTS_URL: base, ACTIONS_RUNTIME_TOKEN: own} = service.env()
    const response = await fetch(`${base ?? ''}${URL_PATH}/${method}`, {
      method: 'POST',
      headers: {'content-type': 'application/json', authorization: `Bearer ${token ?? own ?? ''}`},
      body: JSON.stringify(body)
    })
    await response.text()
    return response.status
  }

  it.each([
    {
      title: 'for another run than the token is for',
      body: {...create, workflow_run_backend_id: 'x'},
      status: 403
    },
    {title: 'with an unknown field', body: {...create, colour: 'red'}, status: 400},
    {title: 'with a name that no artifact may have', body: {...create, name: 'linux/arm64'}, status: 400},
    {title: 'without a token of a job', body: create, token: 'nonsense', status: 401}
  ])('refuses to create an artifact $title', async ({body, token, status}) => {
    expect(await call('CreateArtifact', body, token)).toBe(status)
  })

  it('refuses to finish what was not begun, and methods that it does not know', async () => {
    expect(await call('FinalizeArtifact', {...job, name: 'a', size: '1'})).toBe(404)
    expect(await call('RenameArtifact', create)).toBe(404)
  })

  it('refuses a name that is taken, also by an upload that was not finished', async () => {
    expect(await call('CreateArtifact', create)).toBe(200)
    expect(await call('CreateArtifact', create)).toBe(409)
    expect(await call('FinalizeArtifact', {...job, name: 'a', size: '0'})).toBe(400)
  })
})
