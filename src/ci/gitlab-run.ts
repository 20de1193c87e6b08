import type {WorkflowRun} from '../contracts/workflow-run.js'
import {type Environment, type GitPorts, assertSet, commitIn, said, sourceOf} from './ci-facts.js'
import {withoutUndefined} from '../shared/omit-undefined.js'

/** Whether this process is a job of GitLab CI/CD. */
export function isGitlab(environment: Environment): boolean {
  return environment['GITLAB_CI'] === 'true'
}

/** What starts a pipeline by hand or by a program, in the words of CI_PIPELINE_SOURCE. */
const DISPATCHED = ['web', 'api', 'trigger', 'chat', 'pipeline', 'webide']

/**
 * The facts of a GitLab CI/CD job, from its predefined variables (docs.gitlab.com, "Predefined CI/CD variables
 * reference", 2026-11). No request is made.
 * @throws InputError where a variable that every job has is missing
 */
export function readGitlabRun(environment: Environment, {clock}: Pick<GitPorts, 'clock'>): WorkflowRun {
  assertSet(environment, ['CI_COMMIT_SHA', 'CI_COMMIT_REF_NAME', 'CI_PROJECT_PATH'], 'GitLab CI/CD')
  const of = (name: string): string | undefined => said(environment, name)
  const request = mergeRequestOf(of)
  return withoutUndefined({
    event: eventOf(of),
    ref: request === undefined ? refOf(of) : `refs/pull/${request.pullRequest}/merge`,
    sha: of('CI_COMMIT_SHA') ?? '',
    // All jobs of a pipeline are told the same moment, so that a plan that is made again is the same.
    startedAt: dateOf(of('CI_PIPELINE_CREATED_AT')) ?? new Date(clock.now()).toISOString(),
    attempt: 1,
    runId: of('CI_PIPELINE_ID'),
    actor: of('GITLAB_USER_LOGIN'),
    defaultBranch: of('CI_DEFAULT_BRANCH'),
    commitDate: of('CI_COMMIT_TIMESTAMP'),
    baseSha: commitIn(of('CI_MERGE_REQUEST_DIFF_BASE_SHA')) ?? commitIn(of('CI_COMMIT_BEFORE_SHA')),
    ...request,
    source: withoutUndefined({
      ...sourceOf(of('CI_PROJECT_URL'), of('CI_PROJECT_PATH')),
      description: of('CI_PROJECT_DESCRIPTION')
    })
  })
}

type Variables = (name: string) => string | undefined

/** A merge train is GitLab's merge queue. A child pipeline is of the event of its parent, which nobody tells. */
function eventOf(of: Variables): string {
  const source = of('CI_PIPELINE_SOURCE') ?? 'push'
  if (source === 'merge_request_event')
    return of('CI_MERGE_REQUEST_EVENT_TYPE') === 'merge_train' ? 'merge_group' : 'pull_request'
  if (source === 'external_pull_request_event') return 'pull_request'
  if (of('CI_MERGE_REQUEST_IID') !== undefined) return 'pull_request'
  if (source === 'schedule') return 'schedule'
  return DISPATCHED.includes(source) ? 'workflow_dispatch' : 'push'
}

function refOf(of: Variables): string {
  const tag = of('CI_COMMIT_TAG')
  return tag === undefined
    ? `refs/heads/${of('CI_COMMIT_BRANCH') ?? of('CI_COMMIT_REF_NAME') ?? ''}`
    : `refs/tags/${tag}`
}

/** A merge request, or a pull request of GitHub for which GitLab runs the pipelines. */
function mergeRequestOf(of: Variables) {
  const [own, external] = ['CI_MERGE_REQUEST', 'CI_EXTERNAL_PULL_REQUEST'] as const
  const prefix = [own, external].find(name => of(`${name}_IID`) !== undefined)
  if (prefix === undefined) return undefined
  const isOwn = prefix === own
  const [from, to] = isOwn
    ? [of(`${own}_SOURCE_PROJECT_ID`), of(`${own}_PROJECT_ID`)]
    : [of(`${external}_SOURCE_REPOSITORY`), of(`${external}_TARGET_REPOSITORY`)]
  return withoutUndefined({
    pullRequest: Number(of(`${prefix}_IID`)),
    // The branch's own commit is told where the pipeline is of the merged result; else CI_COMMIT_SHA is it.
    headSha: commitIn(of(`${prefix}_SOURCE_BRANCH_SHA`)),
    baseRef: of(`${prefix}_TARGET_BRANCH_NAME`),
    fork: from === undefined || to === undefined ? undefined : from !== to
  })
}

function dateOf(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
