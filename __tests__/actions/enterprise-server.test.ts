import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {openArtifactFiles} from '../../src/actions/artifact-files.js'
import {openArtifactStore} from '../../src/actions/artifact-digest-store.js'
import {githubAttester} from '../../src/github/attester.js'
import {digestOf} from '../../src/oci/digest.js'
import {actionJob} from '../support/action-job.js'
import {failureOf} from '../support/thrown.js'

const SERVER = 'GITHUB_SERVER_URL'

describe('a job of GitHub Enterprise Server', () => {
  const job = actionJob()
  const before = process.env[SERVER]
  beforeEach(() => {
    process.env[SERVER] = 'https://github.example.com'
  })
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, SERVER)
    else process.env[SERVER] = before
  })

  it.each<[string, () => Promise<unknown>]>([
    ['keeps no files', () => openArtifactFiles(job.temp).save('test-logs', [{name: 'a.log', text: 'a'}])],
    ['lists none', () => openArtifactFiles(job.temp).names()],
    ['hands no digest over', () => openArtifactStore(job.temp).save('digest-app', new Uint8Array([1]))]
  ])('%s as an artifact, and is told what to set', async (_, work) => {
    const error = await failureOf(work)
    expect(error).toMatchObject({
      code: 'SERVER_UNSUPPORTED',
      message: expect.stringContaining('GitHub Enterprise Server')
    })
    expect(error.hint).toContain('hand-over: output')
  })

  it('attests nothing, and is told to sign', async () => {
    const environment = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.example.com',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.example.com'
    }
    const error = await failureOf(() =>
      githubAttester(environment)([{name: 'ghcr.io/o/app', digest: digestOf(new Uint8Array())}], 'token')
    )
    expect(error).toMatchObject({code: 'SERVER_UNSUPPORTED'})
    expect(error.hint).toContain('sign: before-tags')
  })
})
