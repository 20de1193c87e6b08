import {type Document, isMap, parseDocument} from 'yaml'
import type {FoundFile} from './repository-look.js'

/** A step of a workflow that uses an action. */
export interface UsedStep {
  readonly job: string
  /** `docker/metadata-action`, without its version. */
  readonly action: string
  readonly with: Readonly<Record<string, string>>
}

/** A workflow that builds images with the actions of Docker, and what it says. */
export interface ImageWorkflow extends FoundFile {
  readonly document: Document
  readonly steps: readonly UsedStep[]
  /** Variables of the whole workflow and of its jobs that stand for texts. */
  readonly env: Readonly<Record<string, string>>
}

/** The actions whose work image-release does. */
const BUILDERS = ['docker/metadata-action', 'docker/build-push-action', 'redhat-actions/buildah-build']

/** Reads a workflow; undefined where it builds no image, or cannot be read. */
export function readImageWorkflow(found: FoundFile): ImageWorkflow | undefined {
  const document = parseDocument(found.text)
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined
  const root = objectIn(document.toJS() as unknown)
  const jobs = Object.entries(objectIn(root['jobs']))
  const steps = jobs.flatMap(([job, body]) => stepsOf(job, body))
  if (!steps.some(({action}) => BUILDERS.includes(action))) return undefined
  const env = [root, ...jobs.map(([, body]) => objectIn(body))].map(one => textsIn(one['env']))
  return {...found, document, steps, env: Object.assign({}, ...env) as Record<string, string>}
}

/** The jobs that image-release takes over. */
export function imageJobs({steps}: ImageWorkflow): string[] {
  return [...new Set(steps.filter(({action}) => BUILDERS.includes(action)).map(({job}) => job))]
}

function stepsOf(job: string, body: unknown): UsedStep[] {
  const steps = objectIn(body)['steps']
  if (!Array.isArray(steps)) return []
  return steps.flatMap((step: unknown) => usedStep(job, step) ?? [])
}

/** Reads a step; undefined where it uses no action. */
export function usedStep(job: string, step: unknown): UsedStep | undefined {
  const uses = objectIn(step)['uses']
  if (typeof uses !== 'string') return undefined
  return {job, action: uses.replace(/@.*$/, ''), with: textsIn(objectIn(step)['with'])}
}

function textsIn(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectIn(value)).flatMap(([name, text]) =>
      typeof text === 'object' ? [] : [[name, typeof text === 'string' ? text : JSON.stringify(text)]]
    )
  )
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}
