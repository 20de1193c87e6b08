import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {InputError, ReleaseError} from '../../src/errors.js'
import {readGithubRun} from '../../src/ci/github-run.js'
import type {Exec} from '../../src/ports.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {EVENT_NAMES, EVENT_SHA, type EventName, eventVariables, runOf} from '../support/events.js'

const clock = {now: () => Date.parse('2020-01-11T12:00:00Z'), sleep: () => Promise.resolve()}
const noGit: Exec = () => Promise.reject(new ReleaseError('BUILDER_MISSING', 'git cannot be started'))
const read = async (environment: Readonly<Record<string, string | undefined>>, exec = noGit) =>
  await readGithubRun(environment, {exec, clock})

async function faults(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  try {
    await read(environment)
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

/** Reads a payload in place of the recorded one. */
async function readPayload(payload: unknown, changes: Record<string, string> = {}): Promise<WorkflowRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'event-'))
  try {
    const file = path.join(folder, 'event.json')
    await writeFile(file, JSON.stringify(payload))
    return await read({...eventVariables('push-tag'), GITHUB_EVENT_PATH: file, ...changes})
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

describe('the run of a workflow', () => {
  it('of every recorded event says what every run says', async () => {
    for (const name of EVENT_NAMES) {
      const run = await runOf(name)
      const variables = eventVariables(name)
      expect(run).toMatchObject({
        event: variables['GITHUB_EVENT_NAME'],
        ref: variables['GITHUB_REF'],
        sha: EVENT_SHA,
        runId: '2188627423',
        attempt: 1,
        actor: variables['GITHUB_ACTOR'],
        startedAt: '2020-01-11T12:00:00.000Z'
      })
      expect(run.source).toMatchObject({fullName: 'octo/hello', url: 'https://github.com/octo/hello'})
      expect(Date.parse(run.commitDate ?? '')).not.toBeNaN()
      expect(Object.values(run)).not.toContain(undefined)
      expect(Object.values(run)).not.toContain('')
    }
  })

  it.each<[EventName, Partial<WorkflowRun>]>([
    ['push-branch', {defaultBranch: 'main'}],
    ['pull_request', {pullRequest: 7, baseRef: 'main', fork: false}],
    ['pull_request-fork', {pullRequest: 7, baseRef: 'main', fork: true, actor: 'grace'}],
    ['release', {prerelease: false}],
    ['release-prereleased', {prerelease: true}],
    ['workflow_dispatch', {inputs: {REBUILD_BASE: 'true'}}],
    ['repository_dispatch', {inputs: {REBUILD_BASE: 'true'}}],
    ['pull_request_target', {pullRequest: 7, fork: true, baseRef: 'main', ref: 'refs/heads/main'}]
  ])('by %s says %j', async (name, expected) => {
    expect(await runOf(name)).toMatchObject(expected)
  })

  it('by a schedule says its cron expression', async () => {
    expect((await runOf('schedule')).schedule).toMatch(/^[\d*/, -]+$/)
  })

  it('by a pull request knows the head commit, which is not the one that is built', async () => {
    const {headSha, sha} = await runOf('pull_request')
    expect(headSha).toMatch(/^[0-9a-f]{40}$/)
    expect(headSha).not.toBe(sha)
  })

  it.each<EventName>(['push-branch', 'push-tag', 'schedule', 'workflow_dispatch', 'release'])(
    'by %s is no pull request',
    async name => {
      const run = await runOf(name)
      for (const field of ['pullRequest', 'headSha', 'fork']) expect(run).not.toHaveProperty(field)
    }
  )

  it('by the push of a tag says the branch that the tag was made from, where GitHub knows it', async () => {
    expect(await readPayload({base_ref: 'refs/heads/main'})).toMatchObject({baseRef: 'main'})
    expect(await readPayload({base_ref: null})).not.toHaveProperty('baseRef')
  })

  it('by a pull request from a fork that is gone is one from a fork', async () => {
    const pull_request = {number: 7, base: {ref: 'main'}, head: {sha: 'b'.repeat(40), repo: null}}
    expect(await readPayload({pull_request, repository: {full_name: 'octo/hello'}})).toMatchObject({
      fork: true
    })
  })

  it('without an event file says what the variables say', async () => {
    for (const GITHUB_EVENT_PATH of ['', undefined])
      expect(await read({...eventVariables('push-tag'), GITHUB_EVENT_PATH})).toMatchObject({
        ref: 'refs/tags/v1.2.3',
        source: {fullName: 'octo/hello'}
      })
  })

  it('does without a commit date where neither event nor checkout says it', async () => {
    expect(await readPayload({})).not.toHaveProperty('commitDate')
  })

  it('on an own server has its address', async () => {
    const run = await readPayload({}, {GITHUB_SERVER_URL: 'https://github.example'})
    expect(run.source.url).toBe('https://github.example/octo/hello')
  })

  it.each([
    ['3', 3],
    ['', 1],
    [undefined, 1]
  ])('says its attempt: %p is %s', async (GITHUB_RUN_ATTEMPT, attempt) => {
    expect(await read({...eventVariables('push-branch'), GITHUB_RUN_ATTEMPT})).toMatchObject({attempt})
  })
})

describe('what is wrong with the surroundings is said', () => {
  it('for all variables at once', async () => {
    expect(await faults({GITHUB_REF: 'refs/heads/main', GITHUB_SHA: ''})).toEqual(
      ['GITHUB_EVENT_NAME', 'GITHUB_SHA', 'GITHUB_REPOSITORY'].map(
        name => `${name}: is not set; an action needs the variables of a runner`
      )
    )
  })

  it.each(['/no/such/event.json', '/etc/hostname', tmpdir()])(
    'for the event file %s',
    async GITHUB_EVENT_PATH => {
      const [said, ...others] = await faults({...eventVariables('push-tag'), GITHUB_EVENT_PATH})
      expect(said).toContain(`GITHUB_EVENT_PATH: ${GITHUB_EVENT_PATH} cannot be read`)
      expect(others).toEqual([])
    }
  )

  it.each([[null], ['x'], [5], [[]]])('unless its payload is %j: then it says nothing', async payload => {
    expect(await readPayload(payload)).toMatchObject({ref: 'refs/tags/v1.2.3'})
  })
})
