import {parseInputs} from '../../command/input.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {InputError, ReleaseError} from '../../errors.js'
import type {GivenTags} from '../../planning/metadata-action/event-comparison.js'
import {computeTags} from '../../planning/compute-tags.js'
import {compareWithMetadata} from '../../planning/metadata-action/comparison.js'
import {taggedNames} from '../../planning/jobs/metadata-outputs.js'
import {readReleaseConfig} from '../../planning/release-config.js'
import {planRelease} from '../../planning/release-plan.js'
import {configure} from '../../planning/settings/settings.js'
import {variablesOf} from '../build-actions.js'
import type {Job, TextMap, Workflow} from '../workflow-model.js'
import {textsOf} from '../workflow-model.js'
import {oldRules} from './old-tags.js'
import type {RunExpressions} from './run-expressions.js'

/** How the new rules are read. */
export interface NewRules {
  readonly run: WorkflowRun
  readonly expressions: RunExpressions
  /** The text of a file of the repository as it would be. */
  readonly readText: (file: string) => Promise<string | undefined>
}

/** The tags that the written workflow gives in a run: by each of its plans, and by each call of the reusable workflow. */
export async function newTags(workflow: Workflow, rules: NewRules): Promise<GivenTags> {
  const plans = workflow.jobs.flatMap(job =>
    rules.expressions.ofJobs(job).flatMap(expressions => inputsOf(workflow, job, expressions))
  )
  const planned = await Promise.all(plans.map(async texts => await plannedTags(texts, rules)))
  const fault = planned.map(one => one.fault).find(one => one !== undefined)
  const quiet = planned.map(one => one.quiet).find(one => one !== undefined)
  return {
    tags: [...new Set([...keptTags(workflow, rules), ...planned.flatMap(({tags}) => tags)])],
    ...(fault === undefined ? {} : {fault}),
    ...(quiet === undefined ? {} : {quiet})
  }
}

/** The tags of steps that stay as they were. */
function keptTags(workflow: Workflow, {run, expressions}: NewRules): string[] {
  const {metadata, written} = oldRules(workflow, run, expressions)
  return [...written, ...metadata.flatMap(one => compareWithMetadata(one.inputs, one.run).there.tags)]
}

const OURS = /\/compute-tags@/
const CALLED = /\/\.github\/workflows\/release\.yml@/

function inputsOf(workflow: Workflow, job: Job, expressions: RunExpressions): TextMap[] {
  const condition = typeof job.value['if'] === 'string' ? job.value['if'] : undefined
  if (!expressions.holds(condition, variablesOf(workflow, job))) return []
  if (CALLED.test(job.uses)) {
    const {context, ...given} = textsOf(job.value['with'])
    return [
      evaluated({...given, ...(context === undefined ? {} : {'build-context': context})}, expressions, {})
    ]
  }
  return job.steps
    .filter(
      step =>
        OURS.test(`${step.action}@`) && expressions.holds(step.condition, variablesOf(workflow, job, step))
    )
    .map(step => evaluated(step.with, expressions, variablesOf(workflow, job, step)))
}

/** The inputs of a step, with those that variables give. */
function evaluated(given: TextMap, expressions: RunExpressions, env: TextMap): TextMap {
  const known: [string, string][] = []
  for (const [name, {variable = ''}] of Object.entries(computeTags.inputs)) {
    const text = given[name] ?? env[variable]
    if (text === undefined) continue
    const isFlag = name === 'push' && text.includes('${{')
    // No tag depends on a platform, and what stands in for an expression is none.
    if (name === 'platforms' && text.includes('${{')) continue
    known.push([name, isFlag ? String(expressions.holds(text, env)) : expressions.text(text, env)])
  }
  return Object.fromEntries(known)
}

async function plannedTags(texts: TextMap, {run, readText}: NewRules): Promise<GivenTags> {
  try {
    const configured = await configure({table: computeTags.inputs}, {...texts, ask: 'never'}, readText)
    return await configured.within(async () => {
      const values = parseInputs(computeTags.inputs, configured.texts)
      const config = await readReleaseConfig(values, readText)
      const isHead = values['pr-head-sha'] && run.headSha !== undefined
      const {plan, targets} = planRelease(config, isHead ? {...run, sha: run.headSha ?? run.sha} : run)
      if (plan.push) return {tags: targets.flatMap(taggedNames)}
      const why = plan.notes.find(note => note.startsWith('Nothing is published'))
      return {tags: [], ...(why === undefined ? {} : {quiet: why})}
    })
  } catch (error) {
    if (error instanceof InputError || error instanceof ReleaseError) return {tags: [], fault: error.message}
    throw error
  }
}
