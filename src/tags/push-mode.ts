import type {WorkflowRun} from '../workflow-run.js'
import type {RunFacts} from './run-facts.js'

/** What the input `push` may say. `auto` publishes where a run is trusted and releases something. */
export const PUSH_MODES = ['auto', 'true', 'false'] as const
export type PushMode = (typeof PUSH_MODES)[number]

/** Whether a run publishes, and why not. */
export interface PushDecision {
  readonly push: boolean
  readonly notes: readonly string[]
}

/** What there is to publish. */
export interface PushScope {
  readonly images: number
  readonly tags: number
}

/** Decides whether a run publishes. A merge queue, a fork's token and an empty list of images never do. */
export function decidePush(
  mode: PushMode,
  run: WorkflowRun,
  facts: RunFacts,
  scope: PushScope
): PushDecision {
  const never = impossible(run, facts, scope)
  if (never !== undefined)
    return {push: false, notes: mode === 'false' ? [] : [`Nothing is published: ${never}.`]}
  if (mode !== 'auto') return {push: mode === 'true', notes: []}
  const unasked = untrusted(run, facts, scope)
  if (unasked === undefined) return {push: true, notes: []}
  return {
    push: false,
    notes: [`Nothing is published: ${unasked}. To publish all the same, write push: true.`]
  }
}

function impossible(run: WorkflowRun, {isMergeQueue}: RunFacts, {images}: PushScope): string | undefined {
  if (isMergeQueue) return 'a merge queue only builds'
  if (run.fork === true && run.event === 'pull_request')
    return 'the pull request comes from a fork, whose token cannot push'
  return images === 0 ? 'no image is named or enabled' : undefined
}

function untrusted(run: WorkflowRun, facts: RunFacts, {tags}: PushScope): string | undefined {
  if (facts.isPullRequest) return 'a pull request only builds'
  if (run.actor === 'dependabot[bot]' || facts.branch?.startsWith('dependabot/'))
    return 'the run was started by Dependabot, whose token cannot push'
  return tags === 0 ? 'the run earns no tag' : undefined
}
