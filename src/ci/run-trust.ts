import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {RunFacts} from './run-facts.js'

/** What a run may publish: by itself, only where `push: true` asks for it, or never. */
export type PublishRight = 'auto' | 'asked' | 'never'

/** One line of the table of events and origins. The first that applies counts. */
export interface TrustLine {
  /** The event and where it comes from, as docs/security.md has them. */
  readonly event: string
  readonly from: string
  /** What the run holds (docs.github.com, "Secure use reference", "Events that trigger workflows"; read 2026-11-27). */
  readonly holds: string
  readonly right: PublishRight
  /** Why it does not publish by itself; goes on after "Nothing is published: ". */
  readonly reason: (run: RunOrigin) => string
  readonly applies: (run: RunOrigin) => boolean
}

/** What of a run decides. */
export interface RunOrigin {
  readonly event: string
  readonly isPullRequest: boolean
  readonly isMergeQueue: boolean
  readonly isFork: boolean
  readonly isDependabot: boolean
  readonly follows: WorkflowRun['follows']
}

/** Events that anybody with an account can set off, and that run on the default branch with the token and the secrets. */
const ANYBODY = [
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'fork',
  'watch',
  'gollum'
] as const

/** Events whose runs hold token and secrets although a stranger may have set them off. */
export const STRANGERS_EVENTS: readonly string[] = ['pull_request_target', 'workflow_run', ...ANYBODY]

const OF_PULL_REQUESTS = /^pull_request/
const DEPENDABOT = 'dependabot[bot]'

/** Which runs publish, by event and origin. This is the code, and the table of docs/security.md is made of it. */
export const TRUST: readonly TrustLine[] = [
  {
    event: '`merge_group`',
    from: 'the queue',
    holds: 'as the jobs say',
    right: 'never',
    reason: () => 'a merge queue only builds',
    applies: run => run.isMergeQueue
  },
  {
    event: '`pull_request_target`',
    from: 'a fork, or one that is deleted',
    holds: 'token and secrets',
    right: 'never',
    reason: () => 'the pull request comes from a fork, and a run of pull_request_target holds your secrets',
    applies: run => run.isFork && run.event === 'pull_request_target'
  },
  {
    event: '`workflow_run`',
    from: 'after a run of a fork, or of one that is deleted',
    holds: 'token and secrets',
    right: 'never',
    reason: () => 'the run that it follows is of a fork, and so is what that run built',
    applies: run => run.isFork && run.event === 'workflow_run'
  },
  {
    event: '`pull_request`, `pull_request_review`, `pull_request_review_comment`',
    from: 'a fork, or one that is deleted',
    holds: 'a token that reads, no secrets',
    right: 'never',
    reason: () => 'the pull request comes from a fork, whose token cannot push',
    applies: run => run.isFork
  },
  {
    event: '`pull_request` and its kin, `pull_request_target`',
    from: 'the repository',
    holds: 'as the jobs say',
    right: 'asked',
    reason: () => 'a pull request only builds',
    applies: run => run.isPullRequest
  },
  {
    event: 'any',
    from: 'Dependabot',
    holds: 'a token that reads, no secrets but its own',
    right: 'asked',
    reason: () => 'the run was started by Dependabot, whose token cannot push',
    applies: run => run.isDependabot
  },
  {
    event: '`workflow_run`',
    from: 'after a pull request of the repository',
    holds: 'token and secrets',
    right: 'asked',
    reason: ({follows}) => `it follows a run of ${follows?.event}, which only builds`,
    applies: ({follows}) => OF_PULL_REQUESTS.test(follows?.event ?? '')
  },
  {
    event: '`workflow_run`',
    from: 'after a run of Dependabot',
    holds: 'token and secrets',
    right: 'asked',
    reason: () => 'it follows a run of Dependabot',
    applies: ({follows}) => follows?.actor === DEPENDABOT
  },
  {
    event: '`workflow_run`',
    from: 'after a `workflow_run`, a merge queue, or an event of the line below',
    holds: 'token and secrets',
    right: 'asked',
    reason: ({follows}) =>
      `it follows a run of ${follows?.event || 'an unknown event'}, and who set that off is not known`,
    applies: ({event, follows}) =>
      event === 'workflow_run' &&
      ['', 'workflow_run', 'merge_group', ...ANYBODY].includes(follows?.event ?? '')
  },
  {
    event: ANYBODY.map(name => `\`${name}\``).join(', '),
    from: 'anybody',
    holds: 'token and secrets',
    right: 'asked',
    reason: ({event}) => `anybody can set off a run of ${event}`,
    applies: ({event}) => ANYBODY.some(name => name === event)
  },
  {
    event: 'every other: `push`, `release`, `schedule`, `workflow_dispatch`, `workflow_run` after these …',
    from: 'who may write to the repository',
    holds: 'as the jobs say',
    right: 'auto',
    reason: () => '',
    applies: () => true
  }
]

/** The line of the table that a run falls under. */
export function trustOf(origin: RunOrigin): TrustLine {
  return TRUST.find(line => line.applies(origin)) as TrustLine
}

/** What of a run decides whether it publishes. */
export function originOf(
  run: WorkflowRun,
  facts: Pick<RunFacts, 'branch' | 'isPullRequest' | 'isMergeQueue'>
): RunOrigin {
  return {
    event: run.event,
    isPullRequest: facts.isPullRequest,
    isMergeQueue: facts.isMergeQueue,
    isFork: run.fork === true,
    isDependabot: run.actor === DEPENDABOT || facts.branch?.startsWith('dependabot/') === true,
    follows: run.follows
  }
}
