import {type YAMLMap, isMap} from 'yaml'
import {BAKE} from './bake/bake-names.js'
import {NOT_PUSHED, readBake} from './bake/bake-step.js'
import {type TaggedImage, servicesOf, withoutSettings} from './bake-services.js'
import {BUILD, mayPush} from './build-actions.js'
import {buildStep} from './build-step.js'
import {type BuildPlace, type Draft, nameOf} from './draft.js'
import {bothConditions} from './expression-text.js'
import type {NamedFiles} from './found-file.js'
import {freeId, tagsOf} from './job-translation.js'
import {planStep, pushWish} from './plan-step.js'
import {claimTexts, replaceInJob} from './rewiring.js'
import {newStep, stepsNode, writeSteps} from './step-nodes.js'
import type {Job, Step, TextMap} from './workflow-model.js'

/** A step that bakes, with the targets that it pushes. */
interface BakingStep {
  readonly job: Job
  readonly step: Step
  readonly images: readonly TaggedImage[]
}

/**
 * Puts compute-tags, build-by-digest and merge-manifest in the place of docker/bake-action: targets become services of one plan
 * where that can hold them, else each gets a plan of its own.
 * @returns how many images were translated
 */
export function translateBake(draft: Draft, job: Job, files: NamedFiles): number {
  const steps = job.steps.filter(({action}) => action === BAKE)
  const baking = steps.flatMap(step => bakingOf(draft, {job, step, files}) ?? [])
  if (baking.length === 0) return 0
  const [first, ...more] = baking
  const isMixed = job.steps.some(step => step.action === BUILD && mayPush(step))
  if (first === undefined || more.length > 0 || isMixed) {
    said(draft, job, steps[0], 'several steps of the job publish')
    return 0
  }
  const fault = unreadOutputs(draft, first)
  if (fault !== undefined) {
    said(draft, job, first.step, fault)
    return 0
  }
  writeBaking(draft, first)
  return first.images.length
}

function said({notes, workflow}: Draft, job: Job, step: Step | undefined, fault: string): void {
  const what = step === undefined ? BAKE : nameOf(step)
  notes.push(`${workflow.file}: ${what} in the job ${job.name} stays as it is: ${fault}.`)
}

function bakingOf(
  draft: Draft,
  {job, step, files}: {readonly job: Job; readonly step: Step; readonly files: NamedFiles}
): BakingStep | undefined {
  const read = readBake({workflow: draft.workflow, job, step, files})
  const images =
    'fault' in read ? [] : read.map(one => ({...one, tags: tagsOf(draft.workflow, job, one.build)}))
  const faults = images.flatMap(({target, tags}) =>
    'fault' in tags ? [`the target ${target}: ${tags.fault}`] : []
  )
  const plans = images.flatMap(({tags}) => ('fault' in tags ? [] : (tags.metadata ?? [])))
  const [fault] = [
    ...('fault' in read ? [read.fault] : []),
    ...faults,
    ...(new Set(plans).size < plans.length ? ['several of its targets have the tags of one step'] : [])
  ]
  const tagged = images.flatMap(image => ('fault' in image.tags ? [] : [{...image, tags: image.tags}]))
  if (fault === undefined) return {job, step, images: tagged}
  // A step that only tests is none that a person has to hear of.
  if (!('fault' in read) || read.fault !== NOT_PUSHED) said(draft, job, step, fault)
  return undefined
}

/** The output of bake is a map by targets; of it, the digests have their counterpart. */
const DIGEST =
  /fromJSON\(\s*steps\.([\w-]+)\.outputs\.metadata\s*\)(?:\.([\w-]+)|\[\s*'([\w.-]+)'\s*\])(?:\[\s*'containerimage\.digest'\s*\])/g

function unreadOutputs({workflow}: Draft, {job, step, images}: BakingStep): string | undefined {
  if (step.id === undefined) return undefined
  const rest = JSON.stringify({
    ...job.value,
    steps: (job.value['steps'] as readonly unknown[]).filter((_, at) => at !== step.at)
  })
  const left = rest.replaceAll(DIGEST, (whole: string, id: string, name?: string, other?: string) =>
    id === step.id && images.some(({target}) => target === (name ?? other)) ? '' : whole
  )
  return left.includes(`steps.${step.id}.outputs`)
    ? `${workflow.file} reads steps.${step.id}.outputs, which has another form here`
    : undefined
}

function writeBaking(draft: Draft, baking: BakingStep): void {
  const {job, step, images} = baking
  const services = servicesOf(images)
  const path = ['jobs', job.name, 'steps', step.at]
  draft.claims.taken(
    path,
    services === undefined
      ? `build-by-digest and merge-manifest for each target: ${images.map(({target}) => target).join(', ')}`
      : `one plan with the services ${images.map(({target}) => target).join(', ')}, a build for each, and merge-manifest`
  )
  const nodes =
    services === undefined ? stepsOfPlans(draft, baking) : stepsOfServices(draft, baking, services)
  writeSteps(draft, {job: job.name, at: step.at}, nodes)
  for (const {at} of job.steps)
    if (at > step.at)
      draft.claims.moved(['jobs', job.name, 'steps', at], ['jobs', job.name, 'steps', at + nodes.length - 1])
}

/** One plan, a build for each service, and one step that moves all tags. */
function stepsOfServices(draft: Draft, {job, step, images}: BakingStep, services: TextMap): YAMLMap[] {
  const ids = job.steps.flatMap(({id}) => id ?? [])
  const [plan, publish] = [freeId('plan', ids), step.id ?? freeId('publish', ids)]
  const [first] = images
  const platforms = first?.build.with['platforms'] ?? 'linux/amd64'
  const wish = pushWish(first?.build.with['push'] ?? '', draft.workflow.events, services['tags'] ?? '')
  const planned = newStep(draft.document, {
    name: 'Plan tags',
    id: plan,
    if: step.condition,
    uses: draft.uses('compute-tags'),
    with: {...services, platforms, ...(wish === '' ? {} : {push: wish})}
  })
  const builds = images.map(({target, build}) => {
    const given = withoutSettings(build.with)
    return newStep(draft.document, {
      name: build.name,
      id: idOf(target, ids),
      if: step.condition,
      uses: draft.uses('build-by-digest'),
      ...environmentOf(build),
      with: {
        ...given,
        plan: `\${{ steps.${plan}.outputs.plan }}`,
        'plan-target': target,
        'hand-over': 'output'
      }
    })
  })
  const records = images.map(({target}) => `\${{ steps.${idOf(target, ids)}.outputs.records }}`).join('\n')
  const merged = newStep(draft.document, {
    name: step.name === undefined ? 'Publish' : `${step.name}: move the tags`,
    id: publish,
    if: bothConditions(step.condition, `steps.${plan}.outputs.push == 'true'`),
    uses: draft.uses('merge-manifest'),
    with: {plan: `\${{ steps.${plan}.outputs.plan }}`, records}
  })
  replaceDigests(draft, {job, step, images}, name => `fromJSON(steps.${publish}.outputs.digests)['${name}']`)
  return [planned, ...builds, merged]
}

function stepsOfPlans(draft: Draft, {job, step, images}: BakingStep): YAMLMap[] {
  const ids = job.steps.flatMap(({id}) => id ?? [])
  const isOne = images.length === 1
  const publishOf = (target: string): string =>
    isOne ? (step.id ?? freeId('publish', ids)) : freeId(`publish-${slugOf(target)}`, ids)
  const nodes = images.flatMap(({target, build, tags}): YAMLMap[] => {
    const place: BuildPlace = {
      job,
      // The name of the old step is enough where one image comes of it.
      step:
        isOne && step.name !== undefined
          ? {...build, id: undefined, name: step.name}
          : {...build, id: undefined},
      tags,
      isCopy: false,
      plan: tags.metadata?.id ?? freeId(isOne ? 'plan' : `plan-${slugOf(target)}`, ids),
      build: idOf(target, ids),
      publish: publishOf(target)
    }
    const own = newStep(draft.document, {
      name: place.step.name,
      if: step.condition,
      uses: build.uses,
      ...environmentOf(build),
      with: build.with
    })
    const planned = planOf(draft, place)
    return [...planned, own, buildStep(draft, place, own)].filter(isMap)
  })
  replaceDigests(draft, {job, step, images}, name => `steps.${publishOf(name)}.outputs.digest`)
  return nodes
}

/** A step of docker/metadata-action becomes the plan where it stands; else there is a new one before the build. */
function planOf(draft: Draft, place: BuildPlace): YAMLMap[] {
  const {metadata} = place.tags
  if (metadata === undefined) return [planStep(draft, place, undefined)]
  const own = stepsNode(draft.document, place.job.name)?.items[metadata.at]
  if (!isMap(own)) return []
  own.commentBefore = null
  writeSteps(draft, {job: place.job.name, at: metadata.at}, [planStep(draft, place, own)])
  return []
}

function replaceDigests(draft: Draft, {job, step}: BakingStep, by: (target: string) => string): void {
  const {id} = step
  if (id === undefined) return
  const replaced = (whole: string, of?: string, name?: string, other?: string): string =>
    of === id ? by(name ?? other ?? '') : whole
  replaceInJob(draft, job.name, DIGEST, replaced)
  claimTexts(draft, job, text => text.replaceAll(DIGEST, replaced) !== text)
}

/** The variables of the step are filled in; secrets are read from them all the same. */
function environmentOf({env, with: given}: Step): {readonly env?: TextMap} {
  return given['secret-envs'] === undefined || Object.keys(env).length === 0 ? {} : {env}
}

function idOf(target: string, ids: readonly string[]): string {
  return freeId(`image-${slugOf(target)}`, ids)
}

/** What an id of a step may hold. */
function slugOf(target: string): string {
  return target.replaceAll(/[^\w-]+/g, '-')
}
