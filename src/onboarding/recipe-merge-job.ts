import {type YAMLMap, isMap} from 'yaml'
import type {Draft} from './draft.js'
import {bothConditions} from './expression-text.js'
import {addNeed} from './job-edits.js'
import type {Recipe} from './recipe.js'
import {planOutputs} from './recipe-plan-job.js'
import {RECORDS, writeChanged} from './recipe-steps.js'
import {claimTexts, replaceInJob} from './rewiring.js'
import {newStep, sayBefore, setUses, stepsNode} from './step-nodes.js'
import type {Step} from './workflow-model.js'

/** What an action that merges says beside its tags and sources. */
function claimMergeInputs(draft: Draft, {job, at, with: given}: Step): string[] {
  const path = (name: string) => ['jobs', job, 'steps', at, 'with', name]
  return Object.entries(given).flatMap(([name, text]) => {
    const isDone =
      ['tags', 'sources', 'push', 'builder'].includes(name) ||
      /outputs\.(?:labels|annotations)\s*\}\}/.test(text)
    if (isDone) {
      draft.claims.taken(path(name), 'the plan, and the records of its builds')
      return []
    }
    const why = 'merge-manifest has no such input'
    draft.claims.left(path(name), why, 'Annotations go into annotations of compute-tags.')
    return [`init: ${name} is not taken over: ${why}. Annotations go into annotations of compute-tags.`]
  })
}

/** Puts merge-manifest into the job that merges; its other steps stay. */
export function writeMerge(draft: Draft, recipe: Recipe, plan: string): void {
  const {merge, create, metadata, fetch} = recipe
  const outputs = planOutputs(recipe, plan, merge)
  addNeed(draft, merge, plan)
  const others = merge.steps.filter(step => step !== create)
  const isKept = metadata === undefined || JSON.stringify(others).includes('DOCKER_METADATA_OUTPUT')
  const nodes = stepsNode(draft.document, merge.name)?.items ?? []
  const became = merge.steps.map((step): readonly YAMLMap[] | undefined => {
    const path = ['jobs', merge.name, 'steps', step.at]
    if (step === create) {
      const named = ['name', 'id', 'if', 'continue-on-error', 'timeout-minutes']
      for (const key of step.keys.filter(one => one === 'if' || !named.includes(one)))
        draft.claims.taken([...path, key], 'merge-manifest')
      const merged = mergeStep(draft, step, outputs)
      sayBefore(merged, claimMergeInputs(draft, step))
      return [merged]
    }
    if (step === metadata && isKept) {
      const own = nodes[step.at]
      if (!isMap(own)) return undefined
      own.commentBefore = null
      setUses(own, draft.uses('compute-tags'))
      draft.claims.taken([...path, 'uses'], 'compute-tags, for the steps that read its variables')
      return [own]
    }
    if (step !== metadata && !fetch.includes(step)) return undefined
    draft.claims.taken(path, step === metadata ? `the step of compute-tags in the job ${plan}` : RECORDS)
    return []
  })
  writeChanged(draft, merge, became)
  if (metadata?.id === undefined || isKept) return
  const pattern = new RegExp(`\\bsteps\\.${metadata.id}\\.outputs\\.`, 'g')
  replaceInJob(draft, merge.name, pattern, `${outputs}.`)
  claimTexts(draft, merge, text => text.search(pattern) !== -1)
}

function mergeStep(draft: Draft, step: Step, outputs: string): YAMLMap {
  // A job that runs whatever was before it has no plan where that was left out.
  const pushes = `${outputs}.push`.replace('.plans)', ".plans || '{}')")
  return newStep(draft.document, {
    name: step.name,
    id: step.id,
    if: bothConditions(step.condition, `${pushes} == 'true'`),
    uses: draft.uses('merge-manifest'),
    with: {plan: `\${{ ${outputs}.plan }}`}
  })
}
