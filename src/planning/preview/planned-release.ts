import {type InputValues, choice} from '../../command/input.js'
import type {Plan} from '../../contracts/plan.js'
import type {Ports} from '../../ports.js'
import {expectMoves} from './tag-preview.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {assertLogins} from '../../registry/auth/logins.js'
import type {PlanValues} from '../plan-inputs.js'
import {insecure, registryCredentials} from '../../registry/registry-inputs.js'

/** Whether and how registries are asked when a plan is made. */
export const previewInputs = {
  ask: choice(['auto', 'note', 'never'], {
    summary:
      'Whether registries and Git are asked what is at the tags now, so that the plan can say what moves and what stays. auto: where the run publishes, for two seconds at most; a tag that must not change ends the run before anything is built, and what is not answered is decided when the tags are moved. note: the same, but such a tag is only noted. never: all is decided when the tags are moved. In a pull request they are asked about the release that it would become.',
    default: 'auto'
  }),
  insecure,
  'registry-credentials': registryCredentials
}

/**
 * The plan with what is at its tags. Asking takes code of its own, which is loaded only then.
 * @throws InputError for a login that is not whole in a run that publishes
 */
export async function withExpectations(
  plan: Plan,
  values: InputValues<typeof previewInputs>,
  ports: Ports
): Promise<Plan> {
  assertLogins(values['registry-credentials'], ports.reporter, {isNeeded: plan.push})
  if (!plan.push) return plan
  if (values.ask === 'never') return expectMoves(plan, {repositories: [], gitTags: []})
  const {checkPlan} = await import('./plan-check.js')
  return await checkPlan(plan, values, ports)
}

/** The run as the caller wants it seen. */
export async function runOf(
  values: Pick<PlanValues, 'context' | 'pr-head-sha'>,
  {workflowRun}: Pick<Ports, 'workflowRun'>
): Promise<WorkflowRun> {
  const run = await workflowRun(values.context)
  return values['pr-head-sha'] && run.headSha !== undefined ? {...run, sha: run.headSha} : run
}
