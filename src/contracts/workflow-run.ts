/**
 * The facts of a run as plain data, whoever supplied them: GitHub Actions, another CI system, or a
 * Git work tree. Everything that the plan knows of the outside world stands here.
 */
export interface WorkflowRun {
  /** The event's name as GitHub names it: push, pull_request, schedule, workflow_dispatch, release … */
  readonly event: string
  /** The full ref, for example refs/tags/v1.2.3, refs/heads/main or refs/pull/7/merge. */
  readonly ref: string
  /** The commit that is built: 40 hex digits. */
  readonly sha: string
  /** The head commit of a pull request, where it differs from the merge commit. */
  readonly headSha?: string
  /** The commit that the run starts from: the one before a push, or the head of a pull request's target branch. */
  readonly baseSha?: string
  /** The number of the pull request. */
  readonly pullRequest?: number
  /** The target branch of a pull request, or the branch a tag was made from. */
  readonly baseRef?: string
  /**
   * True where the pull request comes from another repository, or from one that is gone; also where the run follows a run
   * (`workflow_run`) of such a repository.
   */
  readonly fork?: boolean
  /** The run that this one follows (`workflow_run`). */
  readonly follows?: FollowedRun
  /** Who started the run; Dependabot's runs have a token that cannot push. */
  readonly actor?: string
  /** True where a GitHub release started the run that is marked as a pre-release. */
  readonly prerelease?: boolean
  /** The cron expression that started a scheduled run. */
  readonly schedule?: string
  /** What a person who started the run by hand filled in, and what a caller of the workflow gave. */
  readonly inputs?: Readonly<Record<string, string>>
  readonly defaultBranch?: string
  /** When the commit was made, as ISO 8601. */
  readonly commitDate?: string
  /** When this run started, as ISO 8601. */
  readonly startedAt: string
  /** What is known of the repository of the source. */
  readonly source: SourceRepository
  /** The run's number, the same for all jobs of one run. */
  readonly runId?: string
  /** 1 for the first attempt of a run. */
  readonly attempt: number
}

/** What set off a run that another one follows. */
export interface FollowedRun {
  readonly event: string
  readonly actor?: string
}

/** The repository that the image is made from. */
export interface SourceRepository {
  /** `owner/name`, or the name alone outside a forge. */
  readonly fullName: string
  readonly url?: string
  readonly description?: string
  /** SPDX identifier. */
  readonly license?: string
}
