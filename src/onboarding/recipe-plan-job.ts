import type {Draft} from './draft.js'
import {contextsOf} from './expression-text.js'
import {insertJob} from './job-edits.js'
import {freeId} from './job-translation.js'
import {pushWish} from './plan-step.js'
import type {Recipe} from './recipe.js'
import type {Job, Step} from './workflow-model.js'

/** A name that no job of the workflow has. */
export function freeName({workflow}: Draft, wish: string): string {
  return workflow.jobs.some(({name}) => name === wish) ? freeName({workflow} as Draft, `${wish}-tags`) : wish
}

/** Steps of the merge that may decide what its tags are: those that run lines before them, with the checkout that they read. */
export function stepsBefore({merge, create, metadata, images}: Recipe): Step[] {
  const end = metadata?.at ?? create.at
  const isAsked = /\b(?:steps|env)\./.test(JSON.stringify(images.map(({inputs, env}) => [inputs, env])))
  const before = merge.steps.filter(({at}) => at < end)
  if (!isAsked || before.every(({run}) => run === '')) return []
  return before.filter(({run, action}) => run !== '' || action === 'actions/checkout')
}

/** The job that the plan is made in. */
export interface PlanJob {
  readonly name: string
  readonly before: readonly Step[]
}

/** What holds the outputs of the plan of a job's own image, as an expression. */
export function planOutputs({keys}: Recipe, plan: string, job: Job): string {
  const key = keys?.get(job.name)
  return key === undefined ? `needs.${plan}.outputs` : `fromJSON(needs.${plan}.outputs.plans)[${key}]`
}

/** Puts the job that plans before the first that builds. */
export function writePlan(draft: Draft, recipe: Recipe, {name, before}: PlanJob): void {
  const {merge, digests} = recipe
  const [first] = digests
  if (first === undefined) return
  const condition = first.job.value['if']
  const needs = first.job.needs
  const env = Object.entries(merge.env).filter(([, text]) => !contextsOf(text).has('matrix'))
  const steps = planSteps(draft, recipe)
  insertJob(draft, first.job.name, name, {
    ...(needs.length === 0 ? {} : {needs}),
    ...(condition === undefined || /\bmatrix\./.test(JSON.stringify(condition)) ? {} : {if: condition}),
    'runs-on': plainRunner(merge) ?? 'ubuntu-latest',
    permissions: {contents: 'read'},
    ...(env.length === 0 ? {} : {env: Object.fromEntries(env)}),
    outputs: outputsOf(recipe, steps),
    steps: [...before.map(step => (merge.value['steps'] as readonly unknown[])[step.at]), ...steps]
  })
}

interface PlanStep {
  readonly id: string
  readonly [key: string]: unknown
}

/** A step for each image. */
function planSteps(draft: Draft, {metadata, images, keys, push}: Recipe): PlanStep[] {
  const wanted = metadata?.id ?? 'tags'
  const ids: string[] = []
  for (const {key} of images)
    ids.push(freeId(keys === undefined ? wanted : `${wanted}-${key.replaceAll(/[^\w-]+/g, '-')}`, ids))
  return images.map(({key, inputs, env}, at) => {
    const wish = pushWish(push, draft.workflow.events, inputs['tags'] ?? '')
    return {
      ...(keys === undefined ? {} : {name: `Plan ${key}`}),
      id: ids[at] ?? wanted,
      uses: draft.uses('compute-tags'),
      ...(Object.keys(env).length === 0 ? {} : {env}),
      with: {...inputs, ...(wish === '' ? {} : {push: wish})}
    }
  })
}

/** The outputs of one plan each by itself; those of several as one object, for an output may be named after a word only. */
function outputsOf(recipe: Recipe, steps: readonly PlanStep[]): Readonly<Record<string, string>> {
  const names = [...new Set(['push', ...outputsAsked(recipe)])].filter(name => name !== 'plan')
  const asked = (id: string): (readonly [string, string])[] => [
    ['plan', `steps.${id}.outputs.plan || steps.${id}.outputs.plan-artifact`],
    ...names.map(name => [name, `steps.${id}.outputs.${name}`] as const)
  ]
  if (recipe.keys === undefined)
    return Object.fromEntries(asked(steps[0]?.id ?? '').map(([name, from]) => [name, `\${{ ${from} }}`]))
  const lines = recipe.images.map(({key}, at) => {
    const fields = asked(steps[at]?.id ?? '').map(([name, from]) => `"${name}": \${{ toJSON(${from}) }}`)
    return `  ${JSON.stringify(key)}: {${fields.join(', ')}}`
  })
  return {plans: `{\n${lines.join(',\n')}\n}\n`}
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
