import {readdirSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {z} from 'zod'
import {openArtifactStore} from '../../src/hosts/github/artifact-digest-store.js'
import {actionJob} from '../support/action-job.js'
import {type ZipEntry, zipArchive} from '../support/zip-archive.js'

const RECORD = Buffer.from(`sha256:${'a'.repeat(64)}`)
const OTHER = Buffer.from(`sha256:${'b'.repeat(64)}`)

const job = actionJob()

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

describe('an artifact that is not what build-by-digest makes', () => {
  const NAME = 'digest-app-amd64'

  /** Puts bytes in place of an artifact, as any step of the run could. */
  async function put(archive: Uint8Array): Promise<void> {
    const {ACTIONS_RESULTS_URL: base = '', ACTIONS_RUNTIME_TOKEN: token = ''} = job.service.env()
    const call = async (method: string, body: object): Promise<unknown> => {
      const url = `${base}twirp/github.actions.results.api.v1.ArtifactService/${method}`
      const headers = {'content-type': 'application/json', authorization: `Bearer ${token}`}
      return await (await fetch(url, {method: 'POST', headers, body: JSON.stringify(body)})).json()
    }
    const named = {workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: 'job-1', name: NAME}
    const {signed_upload_url: url} = z
      .object({signed_upload_url: z.string()})
      .parse(await call('CreateArtifact', {...named, version: 7}))
    const headers = {'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/zip'}
    await fetch(url, {method: 'PUT', headers, body: Buffer.from(archive)})
    await call('FinalizeArtifact', {...named, size: String(archive.length)})
  }

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
