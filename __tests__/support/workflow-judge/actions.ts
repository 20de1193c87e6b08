import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {parse} from 'yaml'
import {WHOLE_RELEASE} from '../../../src/commands.js'
import {type KnownAction, knownActions} from '../hosted/hosted-image.js'
import {type Files, ROOT} from './sources.js'

/** What an action takes and gives, wherever it stands. */
export interface ActionFacts {
  readonly inputs: Readonly<Record<string, {readonly isRequired: boolean; readonly default?: string}>>
  readonly outputs: readonly string[]
  /** Of this project: the name of its command. */
  readonly command?: string
  /** Of others, by their name. */
  readonly known?: KnownAction & {readonly name: string}
  /** The text of a composite action of the repository itself. */
  readonly composite?: string
}

/** What `uses` names: the part before the `@`, and the version behind it. */
export function usesParts(uses: string): {readonly name: string; readonly ref: string} {
  const [name = '', ref = ''] = uses.split('@')
  return {name, ref}
}

/** The folder or file of this project that `uses` names, empty for its root action; undefined for one of others. */
export function ownPath(uses: string): string | undefined {
  const {name} = usesParts(uses)
  if (name.startsWith('$/')) return name.slice(2)
  if (name === 'org/image-release') return ''
  return name.startsWith('org/image-release/') ? name.slice('org/image-release/'.length) : undefined
}

/** What is known of the action that a step uses; undefined where nothing is. */
export function actionFacts(uses: string, files: Files): ActionFacts | undefined {
  const own = ownPath(uses)
  if (own !== undefined) {
    const file = path.join(ROOT, own, 'action.yml')
    return existsSync(file)
      ? {...factsOf(readFileSync(file, 'utf8')), command: own === '' ? WHOLE_RELEASE : own}
      : undefined
  }
  if (uses.startsWith('./')) {
    const text = files(`${uses.slice(2)}/action.yml`) ?? files(`${uses.slice(2)}/action.yaml`)
    return text === undefined ? undefined : {...factsOf(text), composite: text}
  }
  const {name} = usesParts(uses)
  const known = KNOWN[name]
  if (known === undefined) return undefined
  const inputs = Object.entries(known.inputs).map(([input, value]) => [
    input,
    {
      isRequired: known.required?.includes(input) === true,
      ...(value === null ? {} : {default: value})
    }
  ])
  return {
    inputs: Object.fromEntries(inputs) as ActionFacts['inputs'],
    outputs: known.outputs ?? [],
    known: {...known, name}
  }
}

const KNOWN = knownActions()

interface ActionFile {
  readonly inputs?: Readonly<
    Record<string, {readonly required?: boolean; readonly default?: string | number | boolean} | null>
  >
  readonly outputs?: Readonly<Record<string, unknown>>
}

const read = new Map<string, ActionFacts>()

function factsOf(text: string): ActionFacts {
  const known = read.get(text) ?? readFacts(text)
  read.set(text, known)
  return known
}

function readFacts(text: string): ActionFacts {
  const {inputs = {}, outputs = {}} = parse(text) as ActionFile
  const taken = Object.entries(inputs).map(([name, input]) => [
    name,
    {
      isRequired: input?.required === true,
      ...(input?.default === undefined ? {} : {default: String(input.default)})
    }
  ])
  return {inputs: Object.fromEntries(taken) as ActionFacts['inputs'], outputs: Object.keys(outputs)}
}
