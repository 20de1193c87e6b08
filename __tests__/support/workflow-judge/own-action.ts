import {computeTags} from '../../../src/planning/compute-tags.js'
import {loadCommand} from '../../../src/commands.js'
import {CONFIG_FILE} from '../../../src/command/config-place.js'
import {configure} from '../../../src/planning/settings/settings.js'
import {InputError, messageOf} from '../../../src/errors.js'
import {parseInputs} from '../../../src/command/input.js'
import type {WorkflowRun} from '../../../src/contracts/workflow-run.js'
import {testPorts} from '../ports.js'
import type {Files} from './sources.js'

type Texts = Readonly<Record<string, string>>

/** What stands for an output that nobody knows before the run. */
export function placeholder(name: string): string {
  return name === 'version' ? '1.2.3' : `‹${name}›`
}

/** Whether a text holds what only a run can say. */
export function isUnknown(text: string): boolean {
  return text.includes('‹')
}

/** The inputs of an action of this project as it gets them: what the step gives, over the file of settings. */
export interface GivenInputs {
  readonly texts: Texts
  /** What the action would refuse, with the name of the input in front. */
  readonly faults: readonly string[]
}

const known = new Map<string, Promise<GivenInputs>>()

/** Reads the inputs of a step by the program's own code. */
export async function givenInputs(name: string, given: Texts, files: Files): Promise<GivenInputs> {
  const config = given['config']?.trim() ?? ''
  const key = JSON.stringify([name, given, files(config === '' ? CONFIG_FILE : config)])
  const found = known.get(key) ?? readInputs(name, given, files)
  known.set(key, found)
  return await found
}

async function readInputs(name: string, given: Texts, files: Files): Promise<GivenInputs> {
  const command = await loadCommand(name)
  const section = command.settings === 'section' ? name : undefined
  try {
    const readText = (file: string): Promise<string | undefined> => Promise.resolve(files(file))
    const configured = await configure({table: command.inputs, section}, given, readText)
    const there = Object.entries(configured.texts).flatMap(([key, text]) =>
      text === undefined ? [] : [[key, text]]
    )
    const whole = Object.fromEntries(there) as Texts
    const read = (): Promise<unknown> =>
      configured.within(() => Promise.resolve(parseInputs(command.inputs, whole)))
    return {texts: whole, faults: await faultsOf(read, whole)}
  } catch (error) {
    return {texts: given, faults: [messageOf(error)]}
  }
}

async function faultsOf(parse: () => Promise<unknown>, texts: Texts): Promise<string[]> {
  try {
    await parse()
    return []
  } catch (error) {
    if (!(error instanceof InputError)) return [messageOf(error)]
    return error.issues
      .filter(({input}) => !isUnknown(texts[input.replace(/^.*: /, '')] ?? ''))
      .map(({input, message}) => `${input}: ${message}`)
  }
}

const plans = new Map<string, Promise<Texts>>()

/**
 * The outputs of compute-tags for a run.
 * @throws the errors of the action
 */
export async function computedOutputs(given: Texts, run: WorkflowRun, files: Files): Promise<Texts> {
  const {texts} = await givenInputs('compute-tags', given, files)
  const key = JSON.stringify([texts, run, ['VERSION', 'PYTHON_VERSIONS', 'pyproject.toml'].map(files)])
  const known = plans.get(key) ?? compute({...texts, ask: 'never'}, run, files)
  plans.set(key, known)
  return await known
}

async function compute(texts: Texts, run: WorkflowRun, files: Files): Promise<Texts> {
  const ports = testPorts([], {
    workflowRun: () => Promise.resolve(run),
    readText: file => Promise.resolve(files(file)),
    send: () => Promise.reject(new Error('no registry is asked'))
  })
  try {
    return await computeTags.run(parseInputs(computeTags.inputs, texts), ports)
  } finally {
    ports.close()
  }
}
