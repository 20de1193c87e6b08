import {type YAMLMap, isMap} from 'yaml'
import {SAME_INPUTS, giveContext} from './build-step.js'
import type {Draft} from './draft.js'
import {bothConditions, contextsOf} from './expression-text.js'
import {addNeed, insertJob} from './job-edits.js'
import {pushWish} from './plan-step.js'
import type {DigestJob, Recipe} from './recipe.js'
import {claimTexts, replaceInJob} from './rewiring.js'
import {mapBelow, newStep, sayBefore, setText, setUses, stepsNode, writeSteps} from './step-nodes.js'
import type {Job, Step} from './workflow-model.js'

const RECORDS = 'the records of the plan, which build-by-digest hands over and merge-manifest looks for'

/**
 * Puts a plan before the jobs of Docker's recipe for several platforms, build-by-digest into those that build, and
 * merge-manifest into the one that merges. The jobs stay, with their matrix, runners and other steps.
 * @returns a fault where steps of the merge decide the tags that the plan could not know
 */
export function translateRecipe(draft: Draft, recipe: Recipe): {readonly fault: string} | undefined {
  const name = freeName(draft, 'plan')
  const before = stepsBefore(recipe)
  const asked = contextsOf(JSON.stringify([recipe.inputs, before.map(({run, env}) => [run, env])]))
  if (asked.has('needs')) return {fault: 'the tags of the merge depend on what the jobs before it give out'}
  const ids = before.flatMap(({id}) => id ?? [])
  const unknown = [...JSON.stringify(recipe.inputs).matchAll(/\bsteps\.([\w-]+)\./g)].find(
    ([, id = '']) => !ids.includes(id)
  )
  if (unknown !== undefined) return {fault: `the tags of the merge depend on ${unknown[0]}…`}
  writePlan(draft, recipe, {name, before})
  for (const digest of recipe.digests) writeDigestJob(draft, digest, {name, recipe})
  writeMerge(draft, recipe, name)
  return undefined
}

function freeName({workflow}: Draft, wish: string): string {
  return workflow.jobs.some(({name}) => name === wish) ? freeName({workflow} as Draft, `${wish}-tags`) : wish
}

/** Steps of the merge that may decide what its tags are: those that run lines before them. */
function stepsBefore({merge, create, metadata, inputs}: Recipe): Step[] {
  const end = metadata?.at ?? create.at
  const isAsked = /\b(?:steps|env)\./.test(JSON.stringify(inputs))
  return isAsked ? merge.steps.filter(({at, run}) => at < end && run !== '') : []
}

interface PlanJob {
  readonly name: string
  readonly before: readonly Step[]
}

function writePlan(draft: Draft, recipe: Recipe, {name, before}: PlanJob): void {
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

interface Planned {
  readonly name: string
  readonly recipe: Recipe
}

function writeDigestJob(draft: Draft, {job, build, metadata, handOver}: DigestJob, planned: Planned): void {
  addNeed(draft, job, planned.name)
  const nodes = stepsNode(draft.document, job.name)?.items ?? []
  const became = job.steps.map((step): readonly YAMLMap[] | undefined => {
    const own = nodes[step.at]
    if (!isMap(own)) return undefined
    own.commentBefore = null
    const path = ['jobs', job.name, 'steps', step.at]
    if (step === build) {
      const logins = missingLogins(draft, job, planned.recipe)
      buildByDigest(draft, {job, step, own}, planned.name)
      return [...logins, own]
    }
    if (step === metadata) {
      draft.claims.taken(path, `the plan of the job ${planned.name}, which has tags, labels and annotations`)
      return []
    }
    if (!handOver.includes(step)) return undefined
    draft.claims.taken(path, RECORDS)
    return []
  })
  writeChanged(draft, job, became)
}

/** Every repository of the plan gets what is built, so that the builds log in where the merge did. */
function missingLogins(draft: Draft, job: Job, {merge}: Recipe): YAMLMap[] {
  const isLogin = ({action}: Step): boolean =>
    action === 'docker/login-action' || action === 'redhat-actions/podman-login'
  const known = job.steps.filter(isLogin).map(({with: given}) => given['registry'] ?? '')
  const missing = merge.steps.filter(
    step =>
      isLogin(step) &&
      !known.includes(step.with['registry'] ?? '') &&
      !/\bsteps\./.test(JSON.stringify(step.with))
  )
  return missing.map(step =>
    newStep(draft.document, {
      name: step.name,
      if: step.condition,
      uses: `${step.action}@${step.version}`,
      with: step.with
    })
  )
}

interface OwnStep {
  readonly job: Job
  readonly step: Step
  readonly own: YAMLMap
}

function buildByDigest(draft: Draft, {job, step, own}: OwnStep, plan: string): void {
  const path = ['jobs', job.name, 'steps', step.at]
  setUses(own, draft.uses('build-by-digest'))
  draft.claims.taken([...path, 'uses'], 'build-by-digest')
  const given = mapBelow(draft.document, own, 'with')
  const comments: string[] = []
  for (const [name, text] of Object.entries(step.with)) {
    const isOfPlan = /^\$\{\{\s*steps\.[\w-]+\.outputs\.(?:labels|annotations|tags)\s*\}\}$/.test(text.trim())
    const isDone = ['tags', 'push', 'outputs', 'load'].includes(name) || isOfPlan
    if (SAME_INPUTS.includes(name) && !isOfPlan) continue
    given.delete(name)
    if (isDone) draft.claims.taken([...path, 'with', name], `the plan of the job ${plan}`)
    else {
      const why = 'build-by-digest has no such input'
      draft.claims.left(
        [...path, 'with', name],
        why,
        'See the inputs of build-by-digest in docs/reference.md.'
      )
      comments.push(`init: ${name} is not taken over: ${why}.`)
    }
  }
  setText(draft.document, given, 'plan', `\${{ needs.${plan}.outputs.plan }}`)
  if ((step.with['platforms'] ?? '').trim() === '')
    setText(
      draft.document,
      given,
      'platforms',
      "${{ runner.arch == 'ARM64' && 'linux/arm64' || 'linux/amd64' }}"
    )
  giveContext(draft, step, given)
  sayBefore(own, comments)
}

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

function writeMerge(draft: Draft, {merge, create, metadata, fetch}: Recipe, plan: string): void {
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
      const merged = mergeStep(draft, step, plan)
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
  replaceInJob(draft, merge.name, pattern, `needs.${plan}.outputs.`)
  claimTexts(draft, merge, text => text.search(pattern) !== -1)
}

function mergeStep(draft: Draft, step: Step, plan: string): YAMLMap {
  return newStep(draft.document, {
    name: step.name,
    id: step.id,
    if: bothConditions(step.condition, `needs.${plan}.outputs.push == 'true'`),
    uses: draft.uses('merge-manifest'),
    with: {plan: `\${{ needs.${plan}.outputs.plan }}`}
  })
}

/** Writes the steps that changed, and says where the others stand now. */
function writeChanged(draft: Draft, job: Job, became: readonly (readonly YAMLMap[] | undefined)[]): void {
  let next = 0
  for (const [at, nodes] of became.entries()) {
    if (nodes !== undefined) writeSteps(draft, {job: job.name, at}, nodes)
    const self = next + Math.max(0, (nodes?.length ?? 1) - 1)
    draft.claims.moved(['jobs', job.name, 'steps', at], ['jobs', job.name, 'steps', self])
    next += nodes?.length ?? 1
  }
}
