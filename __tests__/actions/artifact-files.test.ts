import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {DefaultArtifactClient} from '@actions/artifact'
import {describe, expect, it} from '@jest/globals'
import {openArtifactStore} from '../../src/actions/artifact-digest-store.js'
import {openArtifactFiles} from '../../src/actions/artifact-files.js'
import {actionJob} from '../support/action-job.js'

const DIGEST = 'a'.repeat(64)

const job = actionJob()

const texts = async (name: string): Promise<Record<string, string> | undefined> => {
  const files = await openArtifactFiles(job.temp).load(name)
  return files && Object.fromEntries(files.map(file => [file.name, Buffer.from(file.bytes).toString()]))
}

/** As actions/upload-artifact does it. */
const upload = async (name: string, file: string, content: string | Uint8Array): Promise<void> => {
  const folder = mkdtempSync(path.join(job.temp, 'upload-'))
  writeFileSync(path.join(folder, file), content)
  await new DefaultArtifactClient().uploadArtifact(name, [path.join(folder, file)], folder)
  rmSync(folder, {recursive: true})
}

describe('files as artifacts', () => {
  it('come back in another job of the run, by their names', async () => {
    const files = [
      {name: 'a.log', text: 'one\n'},
      {name: 'b.json', text: '{}'}
    ]
    expect(await openArtifactFiles(job.temp).save('test-logs-app', files)).toMatch(
      /^artifact test-logs-app \(\d+\)$/
    )
    job.enter('run-1', 'another')
    expect(await texts('test-logs-app')).toEqual({'a.log': 'one\n', 'b.json': '{}'})
    expect(await openArtifactFiles(job.temp).names()).toEqual(['test-logs-app'])
    expect(readdirSync(job.temp)).toEqual([])
  })

  it('of an earlier attempt are replaced', async () => {
    await openArtifactFiles(job.temp).save('metrics-app', [{name: 'metrics.json', text: 'old'}])
    job.enter('run-1', 'job-1-attempt-2')
    await openArtifactFiles(job.temp).save('metrics-app', [{name: 'metrics.json', text: 'new'}])
    expect(await texts('metrics-app')).toEqual({'metrics.json': 'new'})
    expect(job.service.artifacts()).toHaveLength(1)
  })

  it('are undefined where nothing lies under the name, and those of other runs are not seen', async () => {
    await openArtifactFiles(job.temp).save('x', [{name: 'x', text: ''}])
    job.enter('run-2')
    expect(await texts('x')).toBeUndefined()
    expect(await openArtifactFiles(job.temp).names()).toEqual([])
  })

  it('as the recipe of Docker leaves them are empty and named by a digest', async () => {
    await upload('digests-linux-amd64', DIGEST, '')
    expect(await texts('digests-linux-amd64')).toEqual({[DIGEST]: ''})
  })

  it('that cannot be kept, listed or fetched say so', async () => {
    await openArtifactFiles(job.temp).save('x', [{name: 'x', text: ''}])
    job.service.fail({method: 'CreateArtifact', status: 403})
    await expect(openArtifactFiles(job.temp).save('y', [{name: 'y', text: ''}])).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED',
      message: expect.stringContaining('artifact y cannot be uploaded')
    })
    job.service.fail({method: 'GetSignedArtifactURL', status: 403})
    await expect(texts('x')).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED',
      message: expect.stringContaining('artifact x cannot be downloaded')
    })
    job.service.fail({method: 'ListArtifacts', status: 403})
    await expect(openArtifactFiles(job.temp).names()).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
  })

  it('that are large are not fetched', async () => {
    await upload('huge', 'huge', randomBytes(5_000_000))
    await expect(texts('huge')).rejects.toMatchObject({code: 'RECORD_INVALID'})
    expect(job.service.calls).not.toContain('GetSignedArtifactURL')
  })
})

describe('a digest record', () => {
  it.each([
    ['which cannot be packed', randomBytes(200_000), /it has \d+ bytes, more than 65536/],
    ['all of them zeros', Buffer.alloc(10_000_000), /it unpacks to more than 65536 bytes/]
  ])('of many bytes, %s, is not read', async (_, content, message) => {
    await upload('digest-app', 'digest-app', content)
    await expect(openArtifactStore(job.temp).load(['digest-app'])).rejects.toThrow(message)
  })
})
