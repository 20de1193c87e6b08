import type {WorkflowRun} from '../../contracts/workflow-run.js'

/** A run that a repository may have one day. */
export interface SampleRun {
  /** What happened, for people. */
  readonly name: string
  readonly run: WorkflowRun
  /** The version that it would release. */
  readonly version?: string
}

/** The version of samples, where nothing is known of the repository's own. */
const VERSION = 'v1.2.3'

/**
 * A run of each event that starts releases, in the repository of a run: on its default branch, on another, for a Git tag.
 * @param version of the samples, as Git tags write it
 */
export function sampleRuns(run: WorkflowRun, version = VERSION): SampleRun[] {
  const branch = run.defaultBranch ?? 'main'
  const base = {...baseOf(run), defaultBranch: branch}
  const onBranch = (event: string, name: string): WorkflowRun => ({...base, event, ref: `refs/heads/${name}`})
  const onTag = (event: string, tag: string, prerelease = false): SampleRun => ({
    name: `${event} of ${tag}${prerelease ? ' as a pre-release' : ''}`,
    run: {...base, event, ref: `refs/tags/${tag}`, ...(event === 'release' ? {prerelease} : {})},
    version: tag
  })
  const pre = version.includes('-') ? version : `${version}-rc.1`
  const named = (name: string, of: WorkflowRun): SampleRun => ({name, run: of})
  return [
    onTag('push', version),
    ...(pre === version ? [] : [onTag('push', pre)]),
    onTag('release', version),
    onTag('release', version, true),
    named(`push to ${branch}`, onBranch('push', branch)),
    named('push to feature/x', onBranch('push', 'feature/x')),
    named('pull_request', {
      ...base,
      event: 'pull_request',
      ref: 'refs/pull/7/merge',
      pullRequest: 7,
      baseRef: branch
    }),
    named('schedule', onBranch('schedule', branch)),
    named(`workflow_dispatch on ${branch}`, onBranch('workflow_dispatch', branch)),
    named('repository_dispatch', onBranch('repository_dispatch', branch)),
    named('merge_group', onBranch('merge_group', `gh-readonly-queue/${branch}/pr-7-860c190`))
  ]
}

/** What one run has in common with another of the same commit. */
export function baseOf({
  sha,
  startedAt,
  commitDate,
  source,
  attempt
}: WorkflowRun): Omit<WorkflowRun, 'event' | 'ref'> {
  return {sha, startedAt, source, attempt, ...(commitDate === undefined ? {} : {commitDate})}
}
