import {onlyExpression, withVariables} from './expression-text.js'
import type {Job, Step, Workflow} from './workflow-model.js'

export const METADATA = 'docker/metadata-action'
export const BUILD = 'docker/build-push-action'
export const BUILDAH = 'redhat-actions/buildah-build'
export const REDHAT_PUSH = 'redhat-actions/push-to-registry'

/** Whether a step of build-push-action publishes in any run. */
export function mayPush({with: given}: Step): boolean {
  const push = given['push']?.trim().toLowerCase() ?? ''
  const outputs = given['outputs'] ?? ''
  if (/(?:^|[,\n])\s*push=(?!false)/.test(outputs) || /type=registry/.test(outputs)) return true
  if (onlyExpression(push)?.toLowerCase() === 'false') return false
  return push !== '' && push !== 'false'
}

/** Whether it pushes without a tag, for another job to merge. */
export function isByDigest({with: given}: Step): boolean {
  return /push-by-digest=(?!false)/.test(given['outputs'] ?? '')
}

/** Variables of the workflow, the job and a step that stand for texts, the nearest first. */
export function variablesOf(workflow: Workflow, job: Job, step?: Step): Readonly<Record<string, string>> {
  const all = {...workflow.env, ...job.env, ...step?.env}
  const filled = Object.entries(all).map(([name, text]) => [name, withVariables(text, all)])
  return Object.fromEntries(filled) as Record<string, string>
}

/** The metadata step whose tags a build takes; undefined where they come from elsewhere. */
export function metadataOf(job: Job, {with: given}: Step): Step | undefined {
  const named = /steps\.([\w-]+)\.outputs\.tags\b/.exec(given['tags'] ?? '')?.[1]
  const steps = job.steps.filter(({action}) => action === METADATA)
  return steps.find(({id}) => id !== undefined && id === named)
}
