import {isOpen, splitList} from '../expression-text.js'
import type {FoundFile, NamedFiles} from '../found-file.js'
import {BUILD, METADATA, variablesOf} from '../build-actions.js'
import type {Job, Step, Workflow} from '../workflow-model.js'
import {parseWorkflowText} from '../workflow-text.js'
import {objectIn} from '../../shared/json.js'
import {BakeFiles, type BakeTarget} from './bake-file.js'
import {BAKE, BAKE_DEFAULTS, COMPOSE_DEFAULTS, inBakeFolder, namedBakeFiles} from './bake-names.js'
import {overridesIn, withOverrides} from './bake-overrides.js'
import {buildInputsOf} from './bake-target.js'
import {HclFault} from './hcl-expression.js'

/** A target that a step bakes, as a step of docker/build-push-action that builds and pushes the same. */
export interface BakedImage {
  readonly target: string
  readonly build: Step
}

/** A step of docker/bake-action with what surrounds it. */
export interface BakePlace {
  readonly workflow: Workflow
  readonly job: Job
  readonly step: Step
  readonly files: NamedFiles
}

/** What is said of a step that only builds. */
export const NOT_PUSHED = 'it pushes nothing'
/** Inputs of docker/bake-action that are read here, or passed on to each build. */
const READ = ['files', 'targets', 'push', 'set', 'source', 'workdir', 'vars']
const KEYS = ['name', 'id', 'if', 'uses', 'with', 'env']
const PASSED = ['no-cache', 'pull', 'provenance', 'sbom', 'builder', 'github-token', 'allow']
/** Variables of a runner that are known as expressions, too. */
const OF_RUNNER = ['SHA', 'REF_NAME', 'REF', 'REPOSITORY', 'REPOSITORY_OWNER', 'RUN_ID', 'RUN_NUMBER']

/** What a step of docker/bake-action builds and pushes; or why that cannot be told. */
export function readBake(place: BakePlace): readonly BakedImage[] | {readonly fault: string} {
  try {
    return imagesOf(place)
  } catch (error) {
    if (error instanceof HclFault) return {fault: error.message}
    throw error
  }
}

function imagesOf(place: BakePlace): BakedImage[] {
  const {step} = place
  const odd = Object.keys(step.with).find(
    name => ![...READ, ...PASSED].includes(name) && !(name === 'load' && step.with[name] === 'false')
  )
  const key = step.keys.find(one => !KEYS.includes(one))
  if (odd !== undefined || key !== undefined) throw new HclFault(`it has ${odd ?? key}`)
  const wanted = splitList(step.with['targets'] ?? '')
  if (wanted.some(isOpen))
    throw new HclFault(`only a run can tell which targets it bakes: ${wanted.join(', ')}`)
  const names = wanted.length === 0 ? ['default'] : wanted
  const found = filesOf(place)
  const files = new BakeFiles(found, environmentOf(place))
  const targets = files.targets(names)
  checkCompose(place, targets)
  const overrides = overridesIn(step.with['set'] ?? '')
  const images = targets.map(target => ({
    target: target.name,
    build: buildOf(place, withOverrides(target, overrides))
  }))
  const pushed = images.filter(({build}) => build.with['push'] !== undefined)
  if (pushed.length === images.length) return images
  throw new HclFault(pushed.length === 0 ? NOT_PUSHED : 'it pushes only some of its targets')
}

/** The workflow with a step of docker/build-push-action in the place of each target that is baked, where that can be told. */
export function withBakedSteps(workflow: Workflow, files: NamedFiles): Workflow {
  const stepsOf = (job: Job, step: Step): readonly Step[] => {
    const read = step.action === BAKE ? readBake({workflow, job, step, files}) : {fault: ''}
    return 'fault' in read ? [step] : read.map(({build}) => build)
  }
  const jobs = workflow.jobs.map(job => ({...job, steps: job.steps.flatMap(step => stepsOf(job, step))}))
  return {...workflow, jobs}
}

function buildOf(place: BakePlace, target: BakeTarget): Step {
  const {step} = place
  const passed = PASSED.flatMap(name =>
    step.with[name] === undefined ? [] : [[name, step.with[name]] as const]
  )
  const local = step.with['workdir'] ?? '.'
  const own = buildInputsOf(target, {folder: isOfGit(place) ? undefined : local, push: step.with['push']})
  return {
    ...step,
    name: `${step.name ?? 'Build'} (${target.name})`,
    action: BUILD,
    version: 'v6',
    uses: `${BUILD}@v6`,
    with: {...own, ...Object.fromEntries(passed)}
  }
}

/** From version 6 on a step that names no source bakes the commit as Git has it (docker/bake-action, its README). */
function isOfGit({workflow: {text}, step}: BakePlace): boolean {
  const {source} = step.with
  if (source !== undefined && source.trim() !== '') {
    if (/^\.?\/?$/.test(source.trim())) return false
    throw new HclFault(`it bakes the source ${source}`)
  }
  const [, behind = ''] = text.split(`@${step.version}`, 2)
  const [, noted] = /^[ \t]+#[ \t]*v?(\d{1,3})\b/.exec(behind) ?? []
  const [, tagged] = /^v(\d{1,3})(?:\.|$)/.exec(step.version) ?? []
  return Number(tagged ?? noted ?? 6) >= 6
}

function filesOf(place: BakePlace): FoundFile[] {
  const {step, files} = place
  const named = namedBakeFiles(step)
  if (named.length > 0) return named.map(file => namedFile(place, file))
  const found = BAKE_DEFAULTS.map(file => inBakeFolder(step, file)).filter(file => files.has(file))
  if (found.length === 0) throw new HclFault(`${inBakeFolder(step, 'docker-bake.hcl')} is not here`)
  return found.map(file => ({file, text: files.get(file) ?? ''}))
}

function namedFile({job, step, files}: BakePlace, file: string): FoundFile {
  const [, id, part = ''] = /^\$\{\{\s*steps\.([\w-]+)\.outputs\.bake-file(-\w+)?\s*\}\}$/.exec(file) ?? []
  const metadata =
    id === undefined ? undefined : job.steps.find(one => one.id === id && one.action === METADATA)
  if (metadata !== undefined) {
    const hasTags = part === '' || part === '-tags'
    // Two dollars stand for one that begins no expression of the file.
    const own = hasTags ? {tags: [`$\${{ steps.${id}.outputs.tags }}`]} : {}
    const target = metadata.with['bake-target'] ?? 'docker-metadata-action'
    return {file: 'metadata.json', text: JSON.stringify({target: {[target]: own}})}
  }
  if (isOpen(file)) throw new HclFault(`only a run can tell what the file ${file} is`)
  const whole = inBakeFolder(step, file)
  const text = files.get(whole)
  if (text === undefined) throw new HclFault(`${whole} is not here`)
  if (!/\.(?:json|hcl)$/.test(whole)) throw new HclFault(`${whole} is no file of HCL or JSON`)
  return {file: whole, text}
}

/** Without named files a file of compose is read, too: that of a service by the same name would change the target. */
function checkCompose({step, files}: BakePlace, targets: readonly BakeTarget[]): void {
  if (namedBakeFiles(step).length > 0) return
  for (const name of COMPOSE_DEFAULTS) {
    const text = files.get(inBakeFolder(step, name))
    const document = text === undefined ? undefined : parseWorkflowText(text)
    const services = Object.keys(objectIn(objectIn(document?.toJS() as unknown)['services']))
    const both = targets.find(target => services.includes(target.name))
    if (text !== undefined && (document === undefined || both !== undefined))
      throw new HclFault(`${name} says something of ${both?.name ?? 'the targets'}, too`)
  }
}

function environmentOf({workflow, job, step}: BakePlace): ReadonlyMap<string, string> {
  const ofRunner = OF_RUNNER.map(name => [`GITHUB_${name}`, `\${{ github.${name.toLowerCase()} }}`] as const)
  const before = job.steps.filter(({at, run}) => at < step.at && run.includes('GITHUB_ENV'))
  const written = before.flatMap(({run}) =>
    [...run.matchAll(/\b([A-Za-z_]\w*)=/g)].map(([, name = '']) => name)
  )
  const vars = (step.with['vars'] ?? '').split('\n').filter(line => line.includes('='))
  return new Map([
    ...ofRunner,
    ...Object.entries(variablesOf(workflow, job, step)),
    ...written.map(name => [name, `\${{ env.${name} }}`] as const),
    ...vars.map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)] as const)
  ])
}
