import {type Document, isAlias, isMap, visit} from 'yaml'
import {type JsonObject, objectIn} from '../shared/json.js'
import type {FoundFile} from './found-file.js'
import {parseWorkflowText} from './workflow-text.js'

/** Keys with texts, such as `with` and `env`. */
export type TextMap = Readonly<Record<string, string>>

/** A step as it is written. */
export interface Step {
  readonly job: string
  /** Its place in the job, from 0. */
  readonly at: number
  readonly id: string | undefined
  readonly name: string | undefined
  readonly condition: string | undefined
  /** `docker/metadata-action`, in lower case and without its version; empty for a step that runs lines. */
  readonly action: string
  /** What stands behind the `@`. */
  readonly version: string
  /** The whole of `uses`, as it is written; empty for a step that runs lines. */
  readonly uses: string
  /** Where its lines run; undefined where the step does not say it. */
  readonly folder: string | undefined
  /** The lines that it runs; empty for an action. */
  readonly run: string
  readonly with: TextMap
  readonly env: TextMap
  /** All its keys. */
  readonly keys: readonly string[]
}

/** A job as it is written. */
export interface Job {
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
  readonly steps: readonly Step[]
  readonly env: TextMap
  readonly needs: readonly string[]
  /** The reusable workflow that it calls; empty for a job with steps. */
  readonly uses: string
}

/** A workflow as it is written, with the document that keeps its comments. */
export interface Workflow extends FoundFile {
  readonly document: Document
  readonly jobs: readonly Job[]
  readonly env: TextMap
  /** The names of the events that set it off. */
  readonly events: readonly string[]
  /** What each event asks for, such as branches and tags; empty for events that stand alone. */
  readonly triggers: JsonObject
  /** Parts of the file that stand in it once and are used twice (`&name`, `*name`). */
  readonly hasAliases: boolean
}

/** Reads a workflow; undefined where the file is no map of jobs. */
export function readWorkflow(found: FoundFile): Workflow | undefined {
  const document = parseWorkflowText(found.text)
  if (document === undefined || !isMap(document.contents)) return undefined
  const root = objectIn(document.toJS() as unknown)
  let hasAliases = false
  visit(document, {
    Alias: (_, node) => {
      hasAliases ||= isAlias(node)
    }
  })
  return {
    ...found,
    document,
    hasAliases,
    env: textsOf(root['env']),
    events: eventsOf(root['on']),
    triggers: objectIn(root['on']),
    jobs: Object.entries(objectIn(root['jobs'])).map(([name, value]) => jobOf(name, objectIn(value)))
  }
}

function eventsOf(on: unknown): string[] {
  if (typeof on === 'string') return [on]
  return Array.isArray(on) ? on.map(String) : Object.keys(objectIn(on))
}

/** A job as it stands below its name. */
export function jobOf(name: string, value: Readonly<Record<string, unknown>>): Job {
  const {steps, needs = [], uses} = value
  return {
    name,
    value,
    steps: Array.isArray(steps) ? steps.map((step, at) => stepOf(name, at, objectIn(step))) : [],
    env: textsOf(value['env']),
    needs: (Array.isArray(needs) ? needs : [needs]).map(String),
    uses: typeof uses === 'string' ? uses : ''
  }
}

function stepOf(job: string, at: number, step: Readonly<Record<string, unknown>>): Step {
  const {uses, run} = step
  const [action = '', version = ''] = typeof uses === 'string' ? uses.split('@') : []
  const text = (key: string): string | undefined => texts[key]
  const texts = textsOf(step)
  return {
    job,
    at,
    id: text('id'),
    name: text('name'),
    condition: text('if'),
    action: action.toLowerCase(),
    version,
    uses: text('uses') ?? '',
    folder: text('working-directory'),
    run: typeof run === 'string' ? run : '',
    with: textsOf(step['with']),
    env: textsOf(step['env']),
    keys: Object.keys(step)
  }
}

/** The texts of a map such as `with` or `env`, as a runner gets them. */
export function textsOf(value: unknown): TextMap {
  const texts: Record<string, string> = {}
  for (const [name, text] of Object.entries(objectIn(value))) {
    if (text === null || text === undefined) texts[name] = ''
    else if (typeof text !== 'object') texts[name] = typeof text === 'string' ? text : JSON.stringify(text)
  }
  return texts
}
