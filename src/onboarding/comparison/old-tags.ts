import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {PeerInputs} from '../../planning/metadata-action/peer-tags.js'
import {splitList} from '../expression-text.js'
import {BUILD, METADATA, REDHAT_PUSH, isByDigest, mayPush, metadataOf, variablesOf} from '../build-actions.js'
import {givenTags, isCreate, isOfPlan} from '../recipe-tags.js'
import type {Job, Step, TextMap, Workflow} from '../workflow-model.js'
import type {RunExpressions} from './run-expressions.js'

/** What the old rules are in a run: steps of docker/metadata-action whose tags are pushed, and tags that are written by hand. */
export interface OldRules {
  readonly metadata: readonly {readonly inputs: PeerInputs; readonly run: WorkflowRun}[]
  readonly written: readonly string[]
}

/** The old rules in a run, with their expressions evaluated. None where nothing is pushed. */
export function oldRules(workflow: Workflow, run: WorkflowRun, expressions: RunExpressions): OldRules {
  const parts = workflow.jobs
    .filter(job => expressions.holds(conditionOf(job), variablesOf(workflow, job)))
    .flatMap(job => expressions.ofJobs(job).map(own => rulesOfJob(workflow, job, {run, expressions: own})))
  return {
    metadata: parts.flatMap(part => part.metadata),
    written: [...new Set(parts.flatMap(part => part.written))]
  }
}

function conditionOf({value}: Job): string | undefined {
  return typeof value['if'] === 'string' ? value['if'] : undefined
}

interface Here {
  readonly run: WorkflowRun
  readonly expressions: RunExpressions
}

function rulesOfJob(workflow: Workflow, job: Job, {run, expressions}: Here): OldRules {
  const env = (step: Step): TextMap => variablesOf(workflow, job, step)
  const runs = job.steps.filter(step => expressions.holds(step.condition, env(step)))
  const builds = runs.filter(
    step =>
      step.action === BUILD &&
      mayPush(step) &&
      !isByDigest(step) &&
      expressions.holds(step.with['push'] ?? 'true', env(step))
  )
  const merges = runs.filter(isCreate)
  const isByPlan = merges.some(step => taggedIn(step, env(step), expressions).length === 0)
  const sources = [
    ...builds.flatMap(step => metadataOf(job, step) ?? []),
    ...(isByPlan ? runs.filter(({action}) => action === METADATA) : [])
  ]
  const byHand = builds.filter(step => metadataOf(job, step) === undefined)
  return {
    metadata: [...new Set(sources)]
      .filter(step => runs.includes(step))
      .map(step => peerOf(step, env(step), {run, expressions})),
    written: [
      ...byHand.flatMap(step => referencesIn(expressions.text(step.with['tags'] ?? '', env(step)))),
      ...merges.flatMap(step => taggedIn(step, env(step), expressions)),
      ...runs
        .filter(({action}) => action === REDHAT_PUSH)
        .flatMap(step => redhatTags(job, step, text => expressions.text(text, env(step))))
    ]
  }
}

/** The references that a merge is given; none where a plan gives them. */
function taggedIn(step: Step, env: TextMap, expressions: RunExpressions): string[] {
  return givenTags(step)
    .filter(tag => !isOfPlan(tag))
    .map(tag => expressions.text(tag, env))
    .filter(tag => !/[$(+]/.test(tag))
    .flatMap(referencesIn)
}

function referencesIn(text: string): string[] {
  return splitList(text).map(reference => {
    const isTagged = reference.includes(':', reference.lastIndexOf('/') + 1)
    return isTagged ? reference : `${reference}:latest`
  })
}

/** What another step gives out is what it was given: `tags`, `image`. */
function redhatTags({steps}: Job, {with: given}: Step, textOf: (text: string) => string): string[] {
  const of = (name: string): string => {
    const text = (given[name] ?? '').replaceAll(
      /\$\{\{\s*steps\.([\w-]+)\.outputs\.(tags|image)\s*\}\}/g,
      (whole: string, id: string, output: string) => steps.find(step => step.id === id)?.with[output] ?? whole
    )
    return textOf(text)
  }
  const name = [of('registry'), of('image')].filter(part => part !== '').join('/')
  return (of('tags') || 'latest')
    .split(/[\s,]+/)
    .filter(tag => tag !== '')
    .map(tag => (tag.includes(':') ? tag : `${name}:${tag}`))
}

function peerOf(step: Step, env: TextMap, {run, expressions}: Here): OldRules['metadata'][number] {
  const of = (name: string): string => expressions.text(step.with[name] ?? '', env)
  const isHead = /true/i.test(env['DOCKER_METADATA_PR_HEAD_SHA'] ?? '')
  return {
    inputs: {
      images: of('images'),
      tags: of('tags'),
      flavor: of('flavor'),
      shortShaLength: Number(env['DOCKER_METADATA_SHORT_SHA_LENGTH'] ?? '') || 7
    },
    run: isHead && run.headSha !== undefined ? {...run, sha: run.headSha} : run
  }
}
