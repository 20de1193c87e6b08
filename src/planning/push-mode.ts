import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {RunFacts} from '../ci/run-facts.js'
import {originOf, trustOf} from '../ci/run-trust.js'

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

/** Decides whether a run publishes: by the table of events and origins, and never where no image is named. */
export function decidePush(
  mode: PushMode,
  run: WorkflowRun,
  facts: RunFacts,
  {images, tags}: PushScope
): PushDecision {
  const origin = originOf(run, facts)
  const {right, reason} = trustOf(origin)
  const never = right === 'never' ? reason(origin) : images === 0 ? 'no image is named or enabled' : undefined
  if (never !== undefined)
    return {push: false, notes: mode === 'false' ? [] : [`Nothing is published: ${never}.`]}
  if (mode !== 'auto') return {push: mode === 'true', notes: []}
  const unasked = right === 'asked' ? reason(origin) : tags === 0 ? 'the event produces no tags' : undefined
  if (unasked === undefined) return {push: true, notes: []}
  return {
    push: false,
    notes: [`Nothing is published: ${unasked}. To publish anyway, write push: true.`]
  }
}
