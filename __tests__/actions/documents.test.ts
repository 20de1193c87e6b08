import {randomBytes} from 'node:crypto'
import {expect, it} from '@jest/globals'
import {openArtifactDocuments} from '../../src/actions/artifact-documents.js'
import {MAX_OUTPUT, keepDocuments} from '../../src/actions/document-outputs.js'
import {emptyDocumentLines, emptyDocuments} from '../../src/actions/empty-documents.js'
import {InputError} from '../../src/errors.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {actionJob} from '../support/action-job.js'
import {recordingReporter} from '../support/ports.js'

const job = actionJob()
const command = {documents: {outputs: ['plan', 'journal'], place: 'plan-artifact'}}

const open = () => openArtifactDocuments(job.temp)
const keep = async (outputs: Record<string, string>, documents = true) => {
  const reporter = recordingReporter()
  const given = {'plan-artifact': 'plan-12ab', ...outputs}
  const surroundings = {documents: documents ? open() : undefined, reporter}
  return {outputs: await keepDocuments(command, given, surroundings), reporter}
}
const nameIn = (outputs: Readonly<Record<string, string>>): string =>
  (outputs['plan-artifact'] ?? '').replace(/^artifact:/, '')

it('keeps documents beside the outputs, for another job and another attempt', async () => {
  const {outputs} = await keep({plan: '{"a":1}', journal: ''})
  expect(outputs).toEqual({
    plan: '{"a":1}',
    journal: '',
    'plan-artifact': expect.stringMatching(/^artifact:plan-12ab-[0-9a-f]{16}$/)
  })
  job.enter('run-1', 'job-2-attempt-2')
  expect(await open().load(nameIn(outputs))).toEqual([{name: 'plan.json', text: '{"a":1}'}])
})

it('keeps the same once, also when an attempt makes it again, and another beside it', async () => {
  const first = await keep({plan: '{"a":1}'})
  job.enter('run-1', 'job-1-attempt-2')
  const second = await keep({plan: '{"a":1}'})
  const other = await keep({plan: '{"a":2}'})
  expect(second.outputs).toEqual(first.outputs)
  expect(second.reporter.warnings).toEqual([])
  expect(job.service.artifacts().map(({name}) => name)).toEqual([
    nameIn(first.outputs),
    nameIn(other.outputs)
  ])
})

it('reads a document that is larger than any record', async () => {
  const plan = JSON.stringify({noise: randomBytes(4_000_000).toString('base64')})
  const {outputs} = await keep({plan})
  expect((await open().load(nameIn(outputs)))?.[0]?.text).toBe(plan)
})

it('gives out where it is kept in place of what is too large for a variable', async () => {
  const plan = JSON.stringify({a: 'x'.repeat(MAX_OUTPUT)})
  const {outputs} = await keep({plan, journal: '{}'})
  expect(outputs).toMatchObject({plan: outputs['plan-artifact'], journal: '{}'})
  expect((await open().load(nameIn(outputs)))?.find(({name}) => name === 'plan.json')?.text).toBe(plan)
})

it('goes on with the outputs alone where nothing can be kept, and says so', async () => {
  job.service.fail({method: 'CreateArtifact', status: 403})
  const {outputs, reporter} = await keep({plan: '{}'})
  expect(outputs).toEqual({plan: '{}', 'plan-artifact': ''})
  expect(reporter.warnings).toEqual([expect.stringContaining('by its outputs alone: artifact plan-12ab-')])
  expect((await keep({plan: '{}'}, false)).outputs).toEqual({plan: '{}', 'plan-artifact': ''})
})

it('fails where a document is too large, and nothing else can keep it', async () => {
  await expect(keep({plan: 'x'.repeat(MAX_OUTPUT + 1)}, false)).rejects.toMatchObject({
    code: 'ARTIFACT_FAILED',
    message: expect.stringContaining('plan (120001 bytes)')
  })
})

it('says of a document that is missing why it may have arrived empty', () => {
  const empty = emptyDocuments(verifyRelease.inputs, {release: ' ', tags: ''})
  expect(empty).toEqual(['release'])
  const missing = new InputError([{input: 'images', message: 'is required without a release'}])
  const [line = ''] = emptyDocumentLines(missing, empty)
  for (const part of ['release', 'the value of a secret', 'release-artifact', 'vari', 'Skip output'])
    expect(line).toContain(part)
  expect(emptyDocumentLines(new InputError([{input: 'wait', message: 'is no time'}]), empty)).toEqual([])
  expect(emptyDocumentLines(new Error('is required'), empty)).toEqual([])
})
