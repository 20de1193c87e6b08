import type {WorkflowRun} from '../contracts/workflow-run.js'

/** What the names of a template stand for. */
export interface Scope {
  readonly values: ReadonlyMap<string, string>
  /** ISO 8601: when the run started, and when the commit was made. */
  readonly dates: Readonly<Record<'date' | 'commit_date', string>>
}

/** What the rules ask of a run. */
export interface RunFacts {
  readonly event: string
  /** Exactly one of these, or none. */
  readonly branch: string | undefined
  readonly gitTag: string | undefined
  /** The number of the pull request. */
  readonly pullRequest: string | undefined
  readonly isPullRequest: boolean
  /** GitHub's merge queue builds on branches of its own, which nobody wants as tags. */
  readonly isMergeQueue: boolean
  /** A GitHub release that is marked as a pre-release, whatever its version says. */
  readonly isMarkedPrerelease: boolean
  readonly sha: string
  readonly shortSha: string
  readonly defaultBranch: string | undefined
  readonly scope: Scope
}

/** Events that always run on the newest commit of the default branch (docs.github.com, "Events that trigger workflows"). */
const DEFAULT_BRANCH_EVENTS = /create|discussion|issues|schedule/

/** What the rules ask of a run. */
export function factsOf(run: WorkflowRun, shortShaLength: number): RunFacts {
  const ref = refOf(run)
  const branch = after('refs/heads/', ref)
  const gitTag = after('refs/tags/', ref)
  const isDefault =
    DEFAULT_BRANCH_EVENTS.test(run.event) || (branch !== undefined && branch === run.defaultBranch)
  const shortSha = run.sha.slice(0, shortShaLength)
  return {
    event: run.event,
    branch,
    gitTag,
    pullRequest: after('refs/pull/', ref)?.replace(/\/merge$/, ''),
    isPullRequest: ref.startsWith('refs/pull/') || run.event.startsWith('pull_request'),
    isMergeQueue: run.event === 'merge_group' || (branch?.startsWith('gh-readonly-queue/') ?? false),
    isMarkedPrerelease: run.prerelease === true,
    sha: run.sha,
    shortSha,
    defaultBranch: run.defaultBranch,
    scope: {
      values: new Map([
        ['branch', branch ?? ''],
        ['tag', gitTag ?? ''],
        ['sha', shortSha],
        ['base_ref', branch === undefined ? (run.baseRef ?? '').replace(/^refs\/heads\//, '') : ''],
        ['is_default_branch', String(isDefault)],
        ['is_not_default_branch', String(!isDefault)]
      ]),
      dates: {date: run.startedAt, commit_date: commitDateOf(run)}
    }
  }
}

/** When the commit was made, in UTC with milliseconds; the start of the run where nobody knows. */
export function commitDateOf(run: Pick<WorkflowRun, 'startedAt' | 'commitDate'>): string {
  const time = Date.parse(run.commitDate ?? '')
  return new Date(Number.isNaN(time) ? Date.parse(run.startedAt) : time).toISOString()
}

/** pull_request_target runs on the base branch; its tags are those of the pull request all the same. */
function refOf(run: WorkflowRun): string {
  const isTarget = run.event === 'pull_request_target' && run.pullRequest !== undefined
  return isTarget ? `refs/pull/${run.pullRequest}/merge` : run.ref
}

function after(start: string, text: string): string | undefined {
  return text.startsWith(start) ? text.slice(start.length) : undefined
}

/** Whether a run is there to fetch newer base images: a schedule, or one that somebody asked that of. */
export function isRebuild(run: WorkflowRun): boolean {
  return run.event === 'schedule' || /^true$/i.test(run.inputs?.['REBUILD_BASE'] ?? '')
}
