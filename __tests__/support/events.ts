import path from 'node:path'
import {readGithubRun} from '../../src/ci/github-run.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'

/** The commit of every recorded event. */
export const EVENT_SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'

const MERGE_QUEUE = 'refs/heads/gh-readonly-queue/main/pr-7-7fd1a60b01f91b314f59955a4e4d4e80d8edf11d'

/** The recorded events (fixtures/events), each with the variables that a runner sets beside its payload. */
const VARIABLES = {
  'push-branch': {GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main'},
  'push-tag': {GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2.3'},
  'push-tag-prerelease': {GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v2.0.0-rc.1'},
  pull_request: {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_BASE_REF: 'main',
    GITHUB_HEAD_REF: 'louder'
  },
  'pull_request-fork': {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_BASE_REF: 'main',
    GITHUB_HEAD_REF: 'louder',
    GITHUB_ACTOR: 'grace'
  },
  schedule: {GITHUB_EVENT_NAME: 'schedule', GITHUB_REF: 'refs/heads/main'},
  workflow_dispatch: {GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/heads/main'},
  release: {GITHUB_EVENT_NAME: 'release', GITHUB_REF: 'refs/tags/v1.2.3'},
  'release-prereleased': {GITHUB_EVENT_NAME: 'release', GITHUB_REF: 'refs/tags/v1.2.3'},
  // Runs on the base of the pull request, with all rights.
  pull_request_target: {
    GITHUB_EVENT_NAME: 'pull_request_target',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_BASE_REF: 'main',
    GITHUB_HEAD_REF: 'louder',
    GITHUB_ACTOR: 'grace'
  },
  repository_dispatch: {GITHUB_EVENT_NAME: 'repository_dispatch', GITHUB_REF: 'refs/heads/main'},
  merge_group: {GITHUB_EVENT_NAME: 'merge_group', GITHUB_REF: MERGE_QUEUE}
} as const

/** The name of a recorded event. */
export type EventName = keyof typeof VARIABLES

/** All recorded events. */
export const EVENT_NAMES = Object.keys(VARIABLES) as EventName[]

/** The variables of a runner that handles a recorded event. */
export function eventVariables(name: EventName): Readonly<Record<string, string>> {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'ada',
    GITHUB_BASE_REF: '',
    GITHUB_HEAD_REF: '',
    GITHUB_REPOSITORY: 'octo/hello',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '2188627423',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: EVENT_SHA,
    GITHUB_EVENT_PATH: path.resolve(import.meta.dirname, `../fixtures/events/${name}.json`),
    ...VARIABLES[name]
  }
}

/** The facts of a recorded event, as the host reads them; the checkout knows the date of the commit. */
export async function runOf(name: EventName, changes: Partial<WorkflowRun> = {}): Promise<WorkflowRun> {
  const run = await readGithubRun(eventVariables(name), {
    exec: () => Promise.resolve({exitCode: 0, stdout: '2020-01-10T01:30:00+01:00\n', stderr: ''}),
    clock: {now: () => Date.parse('2020-01-11T12:00:00Z'), sleep: () => Promise.resolve()}
  })
  return {...run, ...changes}
}
