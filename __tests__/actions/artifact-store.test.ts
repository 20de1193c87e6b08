import {readdirSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {openArtifactStore} from '../../src/actions/artifact-digest-store.js'
import {openArtifactFiles} from '../../src/actions/artifact-files.js'
import {type RecordedBuild, parseOrigin} from '../../src/contracts/record-origin.js'
import {actionJob} from '../support/action-job.js'
import {putArtifact} from '../support/put-artifact.js'
import {type ZipEntry, zipArchive} from '../support/zip-archive.js'

const RECORD = Buffer.from(`sha256:${'a'.repeat(64)}`)
const OTHER = Buffer.from(`sha256:${'b'.repeat(64)}`)

const job = actionJob()

const NAME = 'digest-app-amd64'

/** Puts bytes in place of an artifact, as any step of the run could. */
const put = async (archive: Uint8Array): Promise<void> => {
  await putArtifact(job.service.env(), NAME, archive)
}

describe('digest records as artifacts', () => {
  it('come back as they were saved, in another job of the run', async () => {
    await openArtifactStore(job.temp).save('digest-app-amd64', RECORD)
    await openArtifactStore(job.temp).save('digest-app-arm64', OTHER)

    job.enter('run-1', 'merge')
    const records = await openArtifactStore(job.temp).load(['digest-app-amd64', 'digest-app-arm64', 'absent'])
    expect([...records]).toEqual(
      expect.arrayContaining([
        ['digest-app-amd64', RECORD],
        ['digest-app-arm64', OTHER]
      ])
    )
    expect(records.size).toBe(2)
  })

  it('are replaced by a second save under the name', async () => {
    await openArtifactStore(job.temp).save('digest-app-amd64', RECORD)
    await openArtifactStore(job.temp).save('digest-app-amd64', OTHER)
    expect(job.service.artifacts()).toHaveLength(1)
    const records = await openArtifactStore(job.temp).load(['digest-app-amd64'])
    expect(records.get('digest-app-amd64')).toEqual(OTHER)
  })

  it('of another run are not seen', async () => {
    await openArtifactStore(job.temp).save('digest-app-amd64', RECORD)
    job.enter('run-2')
    expect(await openArtifactStore(job.temp).load(['digest-app-amd64'])).toEqual(new Map())
  })

  it('cannot be saved where the service refuses: the error names the record', async () => {
    job.service.fail({method: 'CreateArtifact', status: 403})
    const failure = openArtifactStore(job.temp).save('digest-app-amd64', RECORD)
    await expect(failure).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    await expect(failure).rejects.toThrow('digest-app-amd64')
    expect(job.service.artifacts()).toEqual([])
  })
})

describe('a name that is taken', () => {
  const PROD: RecordedBuild = {
    plan: '0a1b2c3d4e5f',
    made: 'context ., stage prod, linux/amd64',
    fingerprint: '111111111111',
    outline: 'aaaaaaaaaaaa'
  }
  const DEV: RecordedBuild = {
    ...PROD,
    made: 'context ., stage dev, linux/amd64',
    fingerprint: '222222222222',
    outline: 'bbbbbbbbbbbb'
  }
  const UNPLANNED: RecordedBuild = {made: PROD.made, fingerprint: '1', outline: 'a'}
  /** The same build with an argument that holds the time of the run. */
  const DATED: RecordedBuild = {...PROD, fingerprint: '333333333333'}

  /** A job of the run as its store. Jobs of called workflows have one id. */
  const inJob = (run: string, attempt: number, name = 'build') => {
    job.enter('run-1', run)
    const token = process.env['ACTIONS_RUNTIME_TOKEN']
    return openArtifactStore(job.temp, {name, attempt: String(attempt), token})
  }
  const recorded = async (): Promise<unknown> => (await inJob('merge', 9).load([NAME], PROD.plan)).get(NAME)

  it.each([
    ['by the same job in a later attempt', PROD, 'job-2', 2],
    ['by the same job in a later attempt, with the time in an argument', DATED, 'job-2', 2],
    ['by the same job again', PROD, 'job-1', 1]
  ])('is replaced %s', async (_, build, run, attempt) => {
    await inJob('job-1', 1).save(NAME, RECORD, PROD)
    await inJob(run, attempt).save(NAME, OTHER, build)
    expect(await recorded()).toEqual(OTHER)
    expect(job.service.artifacts()).toHaveLength(1)
  })

  it.each<[string, RecordedBuild, [string, number, string]]>([
    ['another stage', DEV, ['job-2', 1, 'build']],
    ['another stage, in a later attempt', DEV, ['job-2', 2, 'build']],
    ['another argument', DATED, ['job-2', 1, 'build']],
    ['another argument, by another step of the job', DATED, ['job-1', 1, 'build']],
    ['the same, by another job', PROD, ['job-2', 1, 'build']],
    ['the same, by a job of another name, in a later attempt', PROD, ['job-2', 2, 'build-again']],
    ['another plan', {...PROD, plan: 'ffffffffffff'}, ['job-2', 1, 'build']],
    ['no plan', UNPLANNED, ['job-2', 1, 'build']]
  ])('is refused to %s, which names both', async (_, build, [run, attempt, name]) => {
    await inJob('job-1', 1).save(NAME, RECORD, PROD)
    const failure = inJob(run, attempt, name).save(NAME, OTHER, build)
    await expect(failure).rejects.toMatchObject({code: 'RECORD_TAKEN'})
    for (const part of [NAME, PROD.made, build.made, 'job build, attempt 1', `attempt ${attempt}`])
      await expect(failure).rejects.toThrow(part)
    expect(await recorded()).toEqual(RECORD)
  })

  it('is refused where what is there does not say what it is', async () => {
    await put(zipArchive([{name: 'notes.txt', content: Buffer.from('mine')}]))
    await expect(inJob('job-1', 1).save(NAME, RECORD, PROD)).rejects.toMatchObject({
      code: 'RECORD_TAKEN',
      message: expect.stringContaining('something that does not say what it is')
    })
  })

  it('is refused to the later of two that upload at the same time', async () => {
    const results = await Promise.allSettled([
      inJob('job-1', 1).save(NAME, RECORD, PROD),
      inJob('job-2', 1).save(NAME, OTHER, DEV)
    ])
    const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as Error] : []))
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({code: expect.stringMatching(/^(RECORD_TAKEN|ARTIFACT_FAILED)$/)})
    expect(failures[0]?.message).toContain(NAME)
    expect(await recorded()).toEqual(results[0].status === 'fulfilled' ? RECORD : OTHER)
  })

  it('keeps 71 bytes as the record, and what it comes from in a file of its own', async () => {
    await inJob('job-1', 1).save(NAME, RECORD, PROD)
    await openArtifactFiles(job.temp)
      .load(NAME)
      .then(files => {
        expect(files?.find(({name}) => name === NAME)?.bytes).toEqual(RECORD)
        const origin = parseOrigin(NAME, files?.find(({name}) => name === `${NAME}.json`)?.bytes ?? RECORD)
        expect(origin).toMatchObject({...PROD, job: 'build', attempt: 1})
      })
  })

  it('is found as of another plan when it is collected', async () => {
    await inJob('job-1', 1).save(NAME, RECORD, PROD)
    const failure = inJob('merge', 1).load([NAME], 'ffffffffffff')
    await expect(failure).rejects.toMatchObject({code: 'RECORD_INVALID'})
    await expect(failure).rejects.toThrow(/0a1b2c3d4e5f.*job build, attempt 1.*not of plan ffffffffffff/)
  })

  it('is collected where nothing says what it comes from, as records of earlier versions', async () => {
    await openArtifactStore(job.temp).save(NAME, RECORD)
    expect(await recorded()).toEqual(RECORD)
  })
})

describe('an artifact that is not what build-by-digest makes', () => {
  /** What lies in the folder of the test and in the one above it, when all is over. */
  const leftovers = (): string[] => [
    ...readdirSync(job.temp),
    ...readdirSync(path.dirname(job.temp)).filter(file => file.startsWith('slipped'))
  ]

  it.each<[string, readonly ZipEntry[]]>([
    ['leads out of the folder', [{name: '../../slipped', content: RECORD}]],
    ['leads out of it by half', [{name: 'in/../../../slipped', content: RECORD}]],
    [
      'leads out of it beside a record',
      [
        {name: NAME, content: RECORD},
        {name: '../../../slipped', content: OTHER}
      ]
    ],
    ['leads to the root', [{name: `${tmpdir()}/slipped`, content: RECORD}]],
    ['leads out of it by backslashes', [{name: '..\\..\\slipped', content: RECORD}]],
    [
      'holds two records',
      [
        {name: NAME, content: RECORD},
        {name: 'another', content: OTHER}
      ]
    ],
    ['holds a folder', [{name: `${NAME}/`, content: Buffer.alloc(0), mode: 0o040755}]],
    ['holds a record in a folder', [{name: `in/${NAME}`, content: RECORD}]],
    ['holds nothing', []]
  ])('that %s is refused, and writes nothing elsewhere', async (_, entries) => {
    await put(zipArchive(entries))
    const found = await openArtifactStore(job.temp)
      .load([NAME])
      .catch((error: unknown) => error)
    expect(found).toMatchObject({code: expect.stringMatching(/^(RECORD_INVALID|ARTIFACT_FAILED)$/)})
    expect(leftovers()).toEqual([])
  })
})

describe('the stand-in for the results service', () => {
  const URL_PATH = 'twirp/github.actions.results.api.v1.ArtifactService'
  const ids = {workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: 'job-1'}
  const create = {...ids, name: 'a', version: 7}

  async function call(method: string, body: object, token?: string): Promise<number> {
    const {ACTIONS_RESULTS_URL: base, ACTIONS_RUNTIME_TOKEN: own} = job.service.env()
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
    expect(await call('FinalizeArtifact', {...ids, name: 'a', size: '1'})).toBe(404)
    expect(await call('RenameArtifact', create)).toBe(404)
  })

  it('refuses a name that is taken, also by an upload that was not finished', async () => {
    expect(await call('CreateArtifact', create)).toBe(200)
    expect(await call('CreateArtifact', create)).toBe(409)
    expect(await call('FinalizeArtifact', {...ids, name: 'a', size: '0'})).toBe(400)
  })
})
