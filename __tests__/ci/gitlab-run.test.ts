import {describe, expect, it} from '@jest/globals'
import {isGitlab, readGitlabRun} from '../../src/ci/gitlab-run.js'
import {readCliRun} from '../../src/cli/run.js'
import {failureOf} from '../support/thrown.js'

const SHA = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)
const ZEROS = '0'.repeat(40)
const clock = {now: () => Date.parse('2026-11-21T10:00:00Z'), sleep: () => Promise.resolve()}

/** What every job is given (docs.gitlab.com, "Predefined CI/CD variables reference"). */
const JOB = {
  CI: 'true',
  GITLAB_CI: 'true',
  CI_COMMIT_SHA: SHA,
  CI_COMMIT_SHORT_SHA: SHA.slice(0, 8),
  CI_COMMIT_REF_NAME: 'main',
  CI_COMMIT_BEFORE_SHA: ZEROS,
  CI_COMMIT_TIMESTAMP: '2026-11-21T10:55:00+01:00',
  CI_DEFAULT_BRANCH: 'main',
  CI_PIPELINE_CREATED_AT: '2026-11-21T09:58:00Z',
  CI_PIPELINE_ID: '4711',
  CI_PIPELINE_SOURCE: 'push',
  CI_PROJECT_PATH: 'group/sub/app',
  CI_PROJECT_URL: 'https://gitlab.example/group/sub/app',
  CI_PROJECT_DESCRIPTION: '',
  GITLAB_USER_LOGIN: 'maria'
}
const BRANCH = {CI_COMMIT_BRANCH: 'main'}
const MERGE_REQUEST = {
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_COMMIT_REF_NAME: 'feature',
  CI_MERGE_REQUEST_IID: '7',
  CI_MERGE_REQUEST_EVENT_TYPE: 'detached',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: OTHER,
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '10',
  CI_MERGE_REQUEST_PROJECT_ID: '10',
  CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: ''
}
/** The same in the words of GitHub. */
const PULL_REQUEST = {
  event: 'pull_request',
  ref: 'refs/pull/7/merge',
  pullRequest: 7,
  baseRef: 'main',
  baseSha: OTHER,
  fork: false
}
const FACTS = {
  sha: SHA,
  startedAt: '2026-11-21T09:58:00.000Z',
  attempt: 1,
  runId: '4711',
  actor: 'maria',
  defaultBranch: 'main',
  commitDate: '2026-11-21T10:55:00+01:00',
  source: {fullName: 'group/sub/app', url: 'https://gitlab.example/group/sub/app'}
}

describe('the facts of a GitLab job', () => {
  it.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'a push',
      {...BRANCH, CI_COMMIT_BEFORE_SHA: OTHER},
      {event: 'push', ref: 'refs/heads/main', baseSha: OTHER}
    ],
    ['a new branch', {CI_COMMIT_BRANCH: 'a/b'}, {event: 'push', ref: 'refs/heads/a/b'}],
    [
      'a tag',
      {CI_COMMIT_TAG: 'v1.2.3', CI_COMMIT_REF_NAME: 'v1.2.3'},
      {event: 'push', ref: 'refs/tags/v1.2.3'}
    ],
    ['a schedule', {...BRANCH, CI_PIPELINE_SOURCE: 'schedule'}, {event: 'schedule', ref: 'refs/heads/main'}],
    [
      'a person',
      {...BRANCH, CI_PIPELINE_SOURCE: 'web'},
      {event: 'workflow_dispatch', ref: 'refs/heads/main'}
    ],
    [
      'a person, on a tag',
      {CI_COMMIT_TAG: 'v1', CI_PIPELINE_SOURCE: 'web'},
      {event: 'workflow_dispatch', ref: 'refs/tags/v1'}
    ],
    [
      'a program',
      {...BRANCH, CI_PIPELINE_SOURCE: 'api'},
      {event: 'workflow_dispatch', ref: 'refs/heads/main'}
    ],
    [
      'a trigger',
      {...BRANCH, CI_PIPELINE_SOURCE: 'trigger'},
      {event: 'workflow_dispatch', ref: 'refs/heads/main'}
    ],
    [
      'another project',
      {...BRANCH, CI_PIPELINE_SOURCE: 'pipeline'},
      {event: 'workflow_dispatch', ref: 'refs/heads/main'}
    ],
    ['a parent', {...BRANCH, CI_PIPELINE_SOURCE: 'parent_pipeline'}, {event: 'push', ref: 'refs/heads/main'}],
    ['a merge request', MERGE_REQUEST, PULL_REQUEST],
    [
      'the merged result of a merge request from a fork',
      {
        ...MERGE_REQUEST,
        CI_MERGE_REQUEST_EVENT_TYPE: 'merged_result',
        CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '99',
        CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: OTHER
      },
      {...PULL_REQUEST, headSha: OTHER, fork: true}
    ],
    [
      'a merge train',
      {...MERGE_REQUEST, CI_MERGE_REQUEST_EVENT_TYPE: 'merge_train'},
      {...PULL_REQUEST, event: 'merge_group'}
    ],
    [
      'a merge request, in a child pipeline',
      {...MERGE_REQUEST, CI_PIPELINE_SOURCE: 'parent_pipeline'},
      PULL_REQUEST
    ],
    [
      'a pull request on GitHub',
      {
        CI_PIPELINE_SOURCE: 'external_pull_request_event',
        CI_COMMIT_REF_NAME: 'feature',
        CI_EXTERNAL_PULL_REQUEST_IID: '3',
        CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY: 'maria/app',
        CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY: 'org/app',
        CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA: SHA,
        CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME: 'main'
      },
      {
        event: 'pull_request',
        ref: 'refs/pull/3/merge',
        pullRequest: 3,
        headSha: SHA,
        baseRef: 'main',
        fork: true
      }
    ]
  ])('started by %s', (_, variables, facts) => {
    expect(readGitlabRun({...JOB, ...variables}, {clock})).toEqual({...FACTS, ...facts})
  })

  it('give the clock where the pipeline does not say when it began', () => {
    const {startedAt} = readGitlabRun({...JOB, ...BRANCH, CI_PIPELINE_CREATED_AT: ''}, {clock})
    expect(startedAt).toBe('2026-11-21T10:00:00.000Z')
  })

  it('are refused where a variable is missing that every job has', async () => {
    const failure = await failureOf(() => readGitlabRun({GITLAB_CI: 'true', CI_COMMIT_SHA: SHA}, {clock}))
    expect(failure.message).toMatch(/CI_COMMIT_REF_NAME: is not set.*\nCI_PROJECT_PATH/)
  })

  it.each([
    [{GITLAB_CI: 'true'}, true],
    [{GITLAB_CI: ''}, false],
    [{}, false]
  ])('are looked for with %j: %s', (environment, expected) => expect(isGitlab(environment)).toBe(expected))

  it('give way to what the caller says', async () => {
    const exec = () => Promise.resolve({exitCode: 1, stdout: '', stderr: ''})
    const given = {event: 'tag', ref: 'v9.0.0'}
    const run = await readCliRun({environment: {...JOB, ...BRANCH}, given, source: 'workflow'}, {clock, exec})
    expect(run).toEqual({...FACTS, event: 'push', ref: 'refs/tags/v9.0.0'})
  })
})
