import {type YAMLMap, isMap} from 'yaml'
import {SAME_INPUTS, giveContext} from './build-step.js'
import type {Draft} from './draft.js'
import {contextsOf} from './expression-text.js'
import {addNeed} from './job-edits.js'
import type {Recipe} from './recipe.js'
import type {DigestJob} from './recipe-images.js'
import {writeMerge} from './recipe-merge-job.js'
import {freeName, planOutputs, stepsBefore, writePlan} from './recipe-plan-job.js'
import {RECORDS, writeChanged} from './recipe-steps.js'
import {mapBelow, newStep, sayBefore, setText, setUses, stepsNode} from './step-nodes.js'
import type {Job, Step} from './workflow-model.js'

/**
 * Puts a plan before the jobs of Docker's recipe for several platforms, build-by-digest into those that build, and
 * merge-manifest into the one that merges. The jobs stay, with their matrix, runners and other steps.
 * @returns a fault where steps of the merge decide the tags that the plan could not know
 */
export function translateRecipe(draft: Draft, recipe: Recipe): {readonly fault: string} | undefined {
  const name = freeName(draft, 'plan')
  const before = stepsBefore(recipe)
  const inputs = recipe.images.map(image => image.inputs)
  const asked = contextsOf(JSON.stringify([inputs, before.map(({run, env}) => [run, env])]))
  if (asked.has('needs')) return {fault: 'the tags of the merge depend on what the jobs before it give out'}
  if (asked.has('matrix'))
    return {fault: 'the tags of the merge depend on lines before it that ask for its matrix'}
  const ids = before.flatMap(({id}) => id ?? [])
  const unknown = [...JSON.stringify(inputs).matchAll(/\bsteps\.([\w-]+)\./g)].find(
    ([, id = '']) => !ids.includes(id)
  )
  if (unknown !== undefined) return {fault: `the tags of the merge depend on ${unknown[0]}…`}
  writePlan(draft, recipe, {name, before})
  for (const digest of recipe.digests) writeDigestJob(draft, digest, {name, recipe})
  writeMerge(draft, recipe, name)
  return undefined
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
      buildByDigest(draft, {job, step, own}, planned)
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

function buildByDigest(draft: Draft, {job, step, own}: OwnStep, {name: plan, recipe}: Planned): void {
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
      draft.claims.left([...path, 'with', name], why, 'See docs/reference/build-by-digest.md.')
      comments.push(`init: ${name} is not taken over: ${why}.`)
    }
  }
  setText(draft.document, given, 'plan', `\${{ ${planOutputs(recipe, plan, job)}.plan }}`)
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
