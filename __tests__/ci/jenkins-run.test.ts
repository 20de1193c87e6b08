import {describe, expect, it} from '@jest/globals'
import {readCliRun} from '../../src/cli/run.js'
import {isJenkins} from '../../src/ci/jenkins-run.js'
import type {Exec} from '../../src/ports.js'

const SHA = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)
const clock = {now: () => Date.parse('2026-11-21T10:00:00Z'), sleep: () => Promise.resolve()}

/** A checkout of Jenkins: detached, so that it names no branch. */
const exec: Exec = (_, args) => {
  const answers: Readonly<Record<string, string>> = {
    'rev-parse --verify HEAD': SHA,
    'config --get remote.origin.url': 'git@git.example:team/app.git',
    'rev-parse --show-toplevel': '/var/jenkins/workspace/app'
  }
  const date = args[0] === 'log' ? '2026-11-21T09:00:00+00:00' : undefined
  const stdout = answers[args.join(' ')] ?? date
  return Promise.resolve({exitCode: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: ''})
}

/** What every build is given (a controller's env-vars.html). */
const BUILD = {
  CI: 'true',
  JENKINS_URL: 'https://jenkins.example/',
  BUILD_NUMBER: '12',
  BUILD_ID: '12',
  JOB_NAME: 'team/app/main'
}
/** Of the Git plugin. */
const GIT = {GIT_COMMIT: SHA, GIT_PREVIOUS_COMMIT: OTHER, GIT_URL: 'https://git.example/team/app.git'}
const FACTS = {
  event: 'push',
  sha: SHA,
  startedAt: '2026-11-21T10:00:00.000Z',
  attempt: 1,
  runId: 'team/app/main#12',
  commitDate: '2026-11-21T09:00:00+00:00',
  source: {fullName: 'team/app', url: 'https://git.example/team/app'}
}

const read = async (
  variables: Readonly<Record<string, string>>,
  given: {event?: string; ref?: string} = {}
) => await readCliRun({environment: {...BUILD, ...variables}, given, source: 'workflow'}, {clock, exec})

describe('the facts of a Jenkins build', () => {
  it.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'a branch of a multibranch project',
      {...GIT, BRANCH_NAME: 'main', BRANCH_IS_PRIMARY: 'true', GIT_BRANCH: 'main'},
      {ref: 'refs/heads/main', baseSha: OTHER, defaultBranch: 'main'}
    ],
    ['a branch that is not the primary one', {BRANCH_NAME: 'feature/a'}, {ref: 'refs/heads/feature/a'}],
    ['a tag', {BRANCH_NAME: 'v1.2.3', TAG_NAME: 'v1.2.3', TAG_UNIXTIME: '1'}, {ref: 'refs/tags/v1.2.3'}],
    [
      'a change request from a fork',
      {
        BRANCH_NAME: 'PR-7',
        CHANGE_ID: '7',
        CHANGE_TARGET: 'main',
        CHANGE_BRANCH: 'feature',
        CHANGE_FORK: 'maria',
        CHANGE_AUTHOR: 'maria'
      },
      {
        event: 'pull_request',
        ref: 'refs/pull/7/merge',
        pullRequest: 7,
        baseRef: 'main',
        fork: true,
        actor: 'maria'
      }
    ],
    [
      'a change request',
      {BRANCH_NAME: 'PR-7', CHANGE_ID: '7', CHANGE_TARGET: 'main'},
      {event: 'pull_request', ref: 'refs/pull/7/merge', pullRequest: 7, baseRef: 'main', fork: false}
    ],
    ['a single project', {...GIT, GIT_BRANCH: 'origin/main'}, {ref: 'refs/heads/main', baseSha: OTHER}],
    ['a single project on a tag', {GIT_BRANCH: 'origin/tags/v1.2.3'}, {ref: 'refs/tags/v1.2.3'}],
    ['a single project by full ref', {GIT_BRANCH: 'refs/tags/v1.2.3'}, {ref: 'refs/tags/v1.2.3'}],
    ['a local branch', {GIT_LOCAL_BRANCH: 'main', GIT_BRANCH: 'detached'}, {ref: 'refs/heads/main'}]
  ])('of %s', async (_, variables, facts) => {
    expect(await read(variables)).toEqual({...FACTS, ...facts})
  })

  it('take the event and the ref that the pipeline says', async () => {
    expect(await read({BRANCH_NAME: 'main'}, {event: 'schedule'})).toMatchObject({
      event: 'schedule',
      ref: 'refs/heads/main'
    })
    expect(await read({BRANCH_NAME: 'main'}, {event: 'tag', ref: 'v2.0.0'})).toMatchObject({
      event: 'push',
      ref: 'refs/tags/v2.0.0'
    })
  })

  it('say what is missing where neither Jenkins nor Git knows the branch', async () => {
    await expect(read({GIT_BRANCH: 'detached'})).rejects.toThrow(/ref: no branch or tag is checked out/)
  })

  it.each([
    [BUILD, true],
    [{JENKINS_URL: 'https://jenkins.example/'}, false],
    [{}, false]
  ])('are looked for with %j: %s', (environment, expected) => expect(isJenkins(environment)).toBe(expected))
})
