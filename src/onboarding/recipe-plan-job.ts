import type {Draft} from './draft.js'
import {insertJob} from './job-edits.js'
import {pushWish} from './plan-step.js'
import type {Recipe} from './recipe.js'
import type {Job, Step} from './workflow-model.js'

/** A name that no job of the workflow has. */
export function freeName({workflow}: Draft, wish: string): string {
  return workflow.jobs.some(({name}) => name === wish) ? freeName({workflow} as Draft, `${wish}-tags`) : wish
}

/** Steps of the merge that may decide what its tags are: those that run lines before them. */
export function stepsBefore({merge, create, metadata, inputs}: Recipe): Step[] {
  const end = metadata?.at ?? create.at
  const isAsked = /\b(?:steps|env)\./.test(JSON.stringify(inputs))
  return isAsked ? merge.steps.filter(({at, run}) => at < end && run !== '') : []
}

/** The job that the plan is made in. */
export interface PlanJob {
  readonly name: string
  readonly before: readonly Step[]
}

/** Puts the job that plans before the first that builds. */
export function writePlan(draft: Draft, recipe: Recipe, {name, before}: PlanJob): void {
  const {merge, metadata, inputs, push, digests} = recipe
  const [first] = digests
  if (first === undefined) return
  const id = metadata?.id ?? 'tags'
  const wish = pushWish(push, draft.workflow.events, inputs['tags'] ?? '')
  const condition = first.job.value['if']
  const names = [...new Set(['push', ...outputsAsked(recipe)])]
  const outputs = Object.fromEntries(names.map(output => [output, `\${{ steps.${id}.outputs.${output} }}`]))
  const needs = first.job.needs
  insertJob(draft, first.job.name, name, {
    ...(needs.length === 0 ? {} : {needs}),
    ...(condition === undefined || /\bmatrix\./.test(JSON.stringify(condition)) ? {} : {if: condition}),
    'runs-on': plainRunner(merge) ?? 'ubuntu-latest',
    permissions: {contents: 'read'},
    ...(merge.value['env'] === undefined ? {} : {env: merge.value['env']}),
    outputs: {plan: `\${{ steps.${id}.outputs.plan || steps.${id}.outputs.plan-artifact }}`, ...outputs},
    steps: [
      ...before.map(step => (merge.value['steps'] as readonly unknown[])[step.at]),
      {
        id,
        uses: draft.uses('compute-tags'),
        ...(metadata === undefined || Object.keys(metadata.env).length === 0 ? {} : {env: metadata.env}),
        with: {...inputs, ...(wish === '' ? {} : {push: wish})}
      }
    ]
  })
}

function plainRunner({value}: Job): unknown {
  const runner = value['runs-on']
  return /\$\{\{/.test(JSON.stringify(runner)) ? undefined : runner
}

/** Outputs of the metadata step that other steps of the merge read. */
function outputsAsked({merge, create, metadata}: Recipe): string[] {
  if (metadata?.id === undefined) return []
  const others = JSON.stringify({...merge.value, steps: merge.steps.filter(step => step !== create)})
  const asked = others.matchAll(new RegExp(`\\bsteps\\.${metadata.id}\\.outputs\\.([\\w-]+)`, 'g'))
  return [...asked].map(([, output = '']) => output)
}
