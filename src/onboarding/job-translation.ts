import {type YAMLMap, isMap} from 'yaml'
import {buildStep} from './build-step.js'
import {type BuildPlace, type BuildTags, type Draft, nameOf} from './draft.js'
import {planStep} from './plan-step.js'
import {BUILD, isByDigest, mayPush, metadataOf, variablesOf} from './build-actions.js'
import {onlyExpression, withVariables} from './expression-text.js'
import {readHandmadeTags} from './handmade-tags.js'
import {stepsNode, writeSteps} from './step-nodes.js'
import {rewire} from './rewiring.js'
import type {Job, Step, Workflow} from './workflow-model.js'

/** What a step became: nodes for its place, and which of them the step itself is now. */
interface Became {
  readonly nodes: readonly YAMLMap[]
  readonly self: number
  readonly isChanged: boolean
}

/**
 * Puts compute-tags, build-by-digest and merge-manifest in the place of the steps of a job that decide tags, build and push.
 * All other steps, and all that the job is, stay as they are.
 * @returns how many builds were translated
 */
export function translateJob(draft: Draft, job: Job): number {
  const builds = job.steps.filter(step => step.action === BUILD && mayPush(step) && !isByDigest(step))
  const places = builds.flatMap(step => placeOf(draft, job, step) ?? [])
  const node = stepsNode(draft.document, job.name)
  if (places.length === 0 || node === undefined) return 0
  const became = job.steps.map((step, at): Became => {
    const own = node.items[at]
    if (!isMap(own)) return {nodes: [], self: 0, isChanged: false}
    // What stands above it in the file stays there.
    own.commentBefore = null
    const place = places.find(one => one.step === step)
    if (place !== undefined) return builtBy(draft, place, own)
    const first = places.find(one => one.tags.metadata === step)
    if (first !== undefined) planStep(draft, first, own)
    return {nodes: [own], self: 0, isChanged: first !== undefined}
  })
  moveSteps(draft, job, became)
  for (const [at, {nodes, isChanged}] of became.entries())
    if (isChanged) writeSteps(draft, {job: job.name, at}, nodes)
  rewire(draft, job, places)
  return places.length
}

function builtBy(draft: Draft, place: BuildPlace, own: YAMLMap): Became {
  const plan = place.tags.metadata === undefined || place.isCopy ? [planStep(draft, place, undefined)] : []
  const merged = buildStep(draft, place, own)
  return {nodes: [...plan, own, merged], self: plan.length, isChanged: true}
}

/** Where the steps stand now that others stand between them. */
function moveSteps({claims}: Draft, job: Job, became: readonly Became[]): void {
  let next = 0
  for (const [at, {nodes, self}] of became.entries()) {
    claims.moved(['jobs', job.name, 'steps', at], ['jobs', job.name, 'steps', next + self])
    next += nodes.length
  }
}

function placeOf(draft: Draft, job: Job, step: Step): BuildPlace | undefined {
  const tags = tagsOf(draft.workflow, job, step)
  if ('fault' in tags) {
    draft.notes.push(
      `${draft.workflow.file}: ${nameOf(step)} in the job ${job.name} stays as it is: ${tags.fault}.`
    )
    return undefined
  }
  const same = job.steps.filter(other => mayPush(other) && metadataOf(job, other) === tags.metadata)
  const isCopy = tags.metadata !== undefined && same.indexOf(step) > 0
  const ids = job.steps.flatMap(({id}) => id ?? [])
  const number = job.steps.filter(({action}) => action === BUILD).indexOf(step)
  const ending = number === 0 ? '' : `-${number + 1}`
  const plan = isCopy || tags.metadata === undefined ? freeId(`plan${ending}`, ids) : tags.metadata.id
  return {
    job,
    step,
    tags,
    isCopy,
    plan: plan ?? 'plan',
    build: freeId(step.id === undefined ? `image${ending}` : `${step.id}-image`, ids),
    publish: step.id ?? freeId(`publish${ending}`, ids)
  }
}

/** An id that no step has. */
export function freeId(wish: string, taken: readonly string[]): string {
  return taken.includes(wish) ? freeId(`${wish}-1`, taken) : wish
}

/** Where the tags of a build come from; or why there is no telling. */
export function tagsOf(workflow: Workflow, job: Job, step: Step): BuildTags | {readonly fault: string} {
  const text = withVariables(step.with['tags'] ?? '', variablesOf(workflow, job, step)).trim()
  if (text === '')
    return {fault: 'it names no tags, so that there is no telling what it publishes under which names'}
  const metadata = metadataOf(job, step)
  if (metadata !== undefined) {
    const isPlain = onlyExpression(text) === `steps.${metadata.id ?? ''}.outputs.tags`
    return isPlain
      ? {metadata, images: [], rules: []}
      : {
          fault:
            'it adds tags of its own to those of docker/metadata-action; make them rules there (type=raw)'
        }
  }
  const read = readHandmadeTags(text)
  return 'fault' in read ? read : {metadata: undefined, ...read}
}
