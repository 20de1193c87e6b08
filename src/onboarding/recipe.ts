import {contextsOf} from './expression-text.js'
import {BUILD, METADATA, isByDigest, mayPush} from './build-actions.js'
import {type DigestJob, type MergedImages, mergedImages} from './recipe-images.js'
import {type RecipeImage, recipeInputs} from './recipe-inputs.js'
import {isCreate, mergeTags} from './recipe-tags.js'
import type {Job, Step, Workflow} from './workflow-model.js'

/** Docker's recipe for several platforms: jobs that build by digest, and one that merges what they pushed. */
export interface Recipe {
  readonly digests: readonly DigestJob[]
  readonly merge: Job
  /** The step that runs imagetools create. */
  readonly create: Step
  /** The step of docker/metadata-action whose tags it takes; undefined where the tags stand in its lines. */
  readonly metadata: Step | undefined
  /** Steps that fetch the digests. */
  readonly fetch: readonly Step[]
  /** What is merged: one image, or as many as the matrix of the merge has jobs. */
  readonly images: readonly RecipeImage[]
  /** By which expression each job says whose image it works on, by its name; undefined where there is one. */
  readonly keys: MergedImages['keys']
  /** What `push` of the builds says. */
  readonly push: string
}

/**
 * Finds Docker's recipe in a workflow.
 * @returns undefined where the workflow does not follow it, and a fault where it does in a way that has no counterpart
 */
export function findRecipe(workflow: Workflow): Recipe | {readonly fault: string} | undefined {
  const builders = workflow.jobs.filter(job => job.steps.some(step => isDigestBuild(step)))
  const creates = workflow.jobs.flatMap(job => job.steps.filter(isCreate))
  const [create] = creates
  if (builders.length === 0) return undefined
  if (create === undefined)
    return {fault: 'no step runs imagetools create, to merge what is pushed by digest'}
  if (creates.length > 1) return {fault: 'imagetools create runs in several steps'}
  const merge = workflow.jobs.find(({name}) => name === create.job)
  if (merge === undefined || builders.some(({name}) => !merge.needs.includes(name)))
    return {fault: `the job ${create.job} does not wait for every job that builds`}
  const odd = oddLines(create.run)
  if (odd !== undefined)
    return {fault: `the step that runs imagetools create does more than that: ${JSON.stringify(odd)}`}
  const digests = builders.map(digestJob)
  if (builders.some(({steps}) => steps.filter(isDigestBuild).length > 1))
    return {fault: 'a job builds several images by digest'}
  const merged = mergedImages(merge, digests)
  if ('fault' in merged) return merged
  const tags = mergeTags(workflow, merge, create)
  if ('fault' in tags) return tags
  const push = pushOfAll(digests)
  if (typeof push === 'object') return push
  const images: RecipeImage[] = []
  for (const image of merged.images) {
    const read = recipeInputs(workflow, image, {merge, create, ...tags})
    if ('fault' in read) return read
    images.push(read)
  }
  return {
    digests,
    merge,
    create,
    metadata: tags.metadata,
    push,
    fetch: merge.steps.filter(isFetch),
    images,
    keys: merged.keys
  }
}

function isDigestBuild(step: Step): boolean {
  return step.action === BUILD && mayPush(step) && isByDigest(step)
}

/** Lines of a shell that only find out what imagetools create is given, or show it. */
const QUIET: readonly RegExp[] = [
  /^(?:#|$|set\s|cd\s|ls\b|mkdir\s|exit\b|shopt\s|mapfile\s|readarray\s)/,
  /^docker\s+buildx\s+imagetools\s+(?:create|inspect)\b/,
  /^(?:echo|printf)\b(?!.*>>)/,
  /^(?:for|while)\b.*|^(?:do|done|then|else|fi)\b/,
  /^(?:if|elif)\s+\[/,
  // A loop that tries again.
  /^\[\[?\s.*\]\]?\s*(?:&&|\|\|)\s*(?:break|continue|exit\b|return\b)/,
  /^(?:sleep|break|continue)\b(?!.*[;&|])/,
  /^(?:(?:local|declare|export)\s+(?:-\w+\s+)?)?\w+\+?=(?!.*(?:>>|\|\s*(?:tee|sh|bash)\b))/,
  /^[)"']/
]

/** The first line beside imagetools create that does something; undefined where there is none. */
function oddLines(run: string): string | undefined {
  const lines = run
    .replaceAll(/\\\s*\n\s*/g, ' ')
    .split('\n')
    .map(line => line.trim())
  return lines.find(line => !QUIET.some(pattern => pattern.test(line)))
}

function digestJob(job: Job): DigestJob {
  const build = job.steps.find(isDigestBuild)
  if (build === undefined) throw new Error(`${job.name} builds nothing by digest`)
  const id = build.id ?? ''
  const metadata = job.steps.filter(({action}) => action === METADATA)
  const others = JSON.stringify({...job.value, steps: job.steps.filter(step => step !== build)})
  const [only] = metadata
  const isOnlyForLabels =
    metadata.length === 1 &&
    only?.id !== undefined &&
    !others.includes(`steps.${only.id}.`) &&
    !others.includes('DOCKER_METADATA_OUTPUT')
  return {
    job,
    build,
    metadata: isOnlyForLabels ? only : undefined,
    handOver: job.steps.filter(step => isHandOver(step, id))
  }
}

/** Writing a digest into the name of an empty file, and keeping it as an artifact. */
function isHandOver({action, run, env, with: given}: Step, build: string): boolean {
  if (action === 'actions/upload-artifact') return /digest/i.test(`${given['path']} ${given['name']}`)
  const lines = run.split('\n').flatMap(line => line.split('&&').map(part => part.trim()))
  const quiet = /^(?:#|$|set\s|mkdir\s|touch\s|echo\b|ls\b|(?:export\s+)?digest=)/
  return (
    `${run} ${JSON.stringify(env)}`.includes(`steps.${build}.outputs.digest`) &&
    /\btouch\b/.test(run) &&
    lines.every(line => quiet.test(line))
  )
}

function isFetch({action, with: given}: Step): boolean {
  return (
    action === 'actions/download-artifact' &&
    /digest/i.test(`${given['path']} ${given['pattern']} ${given['name']}`)
  )
}

/** What says whether the builds push, all by the same words. */
function pushOfAll(digests: readonly DigestJob[]): string | {readonly fault: string} {
  const pushes = new Set(digests.map(({build}) => pushOf(build)))
  const [push = 'true'] = pushes
  if (pushes.size > 1) return {fault: 'its builds push under different conditions'}
  return ['steps', 'matrix', 'env'].some(context => contextsOf(push).has(context))
    ? {fault: `whether a build pushes, only its own job can tell: ${push}`}
    : push
}

function pushOf({with: given}: Step): string {
  const [, push] = /(?:^|[,\n])\s*push=(\$\{\{.*?\}\}|\w+)/s.exec(given['outputs'] ?? '') ?? []
  return push ?? given['push'] ?? 'true'
}
