import type {YAMLMap} from 'yaml'
import type {Draft} from './draft.js'
import {writeSteps} from './step-nodes.js'
import type {Job} from './workflow-model.js'

/** What stands for the steps that hand digests over. */
export const RECORDS =
  'the records of the plan, which build-by-digest hands over and merge-manifest looks for'

/** Writes the steps that changed, and says where the others stand now. */
export function writeChanged(
  draft: Draft,
  job: Job,
  became: readonly (readonly YAMLMap[] | undefined)[]
): void {
  let next = 0
  for (const [at, nodes] of became.entries()) {
    if (nodes !== undefined) writeSteps(draft, {job: job.name, at}, nodes)
    const self = next + Math.max(0, (nodes?.length ?? 1) - 1)
    draft.claims.moved(['jobs', job.name, 'steps', at], ['jobs', job.name, 'steps', self])
    next += nodes?.length ?? 1
  }
}
