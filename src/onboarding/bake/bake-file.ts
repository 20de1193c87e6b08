import type {FoundFile} from '../found-file.js'
import {objectIn, tryParseJson} from '../../shared/json.js'
import {type Block, type Expression, HclFault, type HclFile} from './hcl-expression.js'
import {parseHcl, parseTemplate} from './hcl-syntax.js'
import {type HclFunction, MAX_STEPS, type Scope, type Value, evaluate, textOf} from './hcl-value.js'

/** A target as the files have it, with what it inherits and its variables filled in: attributes by name. */
export interface BakeTarget {
  readonly name: string
  readonly attributes: Readonly<Record<string, Value>>
}

/** What one target of a file becomes: by itself, or for each combination of its matrix. */
interface Definition {
  readonly name: string
  /** What each of its blocks says, the earlier ones first. */
  readonly layers: readonly ReadonlyMap<string, Expression>[]
  readonly scope: Scope
}

/** Targets that one matrix may make, and how far groups and inheritance go. */
const MAX_TARGETS = 256
const MAX_INHERITANCE = 20

/** Bake files, read in their order: what a later one says of a target lies over what an earlier one says. */
export class BakeFiles {
  readonly #blocks: Block[] = []
  readonly #globals = new Map<string, Expression>()
  readonly #variables: ReadonlyMap<string, string>
  readonly #scope: Scope
  readonly #known = new Map<string, Value>()
  readonly #asked = new Set<string>()
  readonly #definitions = new Map<string, Definition>()

  /**
   * @param variables what the step has in its environment, which counts more than the default of a variable
   * @throws HclFault for a file that cannot be read, with its name
   */
  constructor(files: readonly FoundFile[], variables: ReadonlyMap<string, string>) {
    this.#variables = variables
    const functions = new Map<string, HclFunction>()
    for (const {file, text} of files) {
      const {blocks, attributes} = inFile(file, () =>
        file.endsWith('.json') ? fromJson(text) : parseHcl(text)
      )
      this.#blocks.push(...blocks)
      for (const [name, value] of attributes) this.#globals.set(name, value)
    }
    this.#scope = {
      valueOf: name => this.#valueOf(name),
      functionOf: name => functions.get(name),
      budget: {steps: MAX_STEPS},
      depth: 0
    }
    for (const {labels, attributes} of this.#blocks.filter(({type}) => type === 'function')) {
      const [params, result] = [attributes.get('params'), attributes.get('result')]
      const names =
        params?.kind === 'list' ? params.items.flatMap(one => (one.kind === 'name' ? [one.name] : [])) : []
      if (result !== undefined) functions.set(labels[0] ?? '', {names, result})
    }
    for (const block of this.#blocks.filter(({type}) => type === 'target')) this.#define(block)
  }

  /**
   * The targets that these names stand for, groups resolved, each once.
   * @throws HclFault for a name that there is not, and for what only a run can tell
   */
  targets(names: readonly string[]): BakeTarget[] {
    const all = [...new Set(names.flatMap(name => this.#members(name, 0)))]
    return all.map(name => ({name, attributes: this.#attributesOf(name, 0)}))
  }

  #valueOf(name: string): Value | undefined {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#asked.has(name)) throw new HclFault(`${name} is made of itself`)
    this.#asked.add(name)
    const value = this.#work(name)
    if (value !== undefined) this.#known.set(name, value)
    return value
  }

  #work(name: string): Value | undefined {
    const variable = this.#blocks.findLast(({type, labels}) => type === 'variable' && labels[0] === name)
    const global = this.#globals.get(name)
    if (variable !== undefined) {
      const given = this.#variables.get(name)
      const standard = variable.attributes.get('default')
      if (given !== undefined) return likeDefault(given, standard)
      return standard === undefined ? '' : evaluate(standard, this.#scope)
    }
    if (global !== undefined) return evaluate(global, this.#scope)
    return this.#definitions.has(name) ? {...this.#attributesOf(name, 0)} : undefined
  }

  /** What a block says of a target lies over what was said before; a matrix makes several targets of it. */
  #define({labels: [name = ''], attributes}: Block): void {
    const layers = [...(this.#definitions.get(name)?.layers ?? []), attributes]
    const matrix = lastOf(layers, 'matrix')
    if (matrix === undefined) {
      this.#definitions.set(name, {name, layers, scope: this.#scope})
      return
    }
    const combinations = this.#combinations(evaluate(matrix, this.#scope))
    const named = combinations.map(values => {
      const scope = {...this.#scope, valueOf: (word: string) => values.get(word) ?? this.#scope.valueOf(word)}
      const own = lastOf(layers, 'name')
      return {name: own === undefined ? name : textOf(evaluate(own, scope)), layers, scope}
    })
    for (const one of named) this.#definitions.set(one.name, one)
    // The name of a matrix stands for all its targets, as a group does.
    const items = named.map(one => ({kind: 'value', value: one.name}) as const)
    if (named.every(one => one.name !== name))
      this.#blocks.push({
        type: 'group',
        labels: [name],
        attributes: new Map([['targets', {kind: 'list', items}]])
      })
  }

  #combinations(matrix: Value): ReadonlyMap<string, Value>[] {
    const axes = Object.entries(objectIn(matrix)) as [string, Value][]
    return axes.reduce<ReadonlyMap<string, Value>[]>(
      (made, [axis, values]) => {
        const next = made.flatMap(one =>
          (Array.isArray(values) ? values : []).map(value => new Map([...one, [axis, value as Value]]))
        )
        if (next.length > MAX_TARGETS) throw new HclFault('a matrix of more targets than any release has')
        return next
      },
      [new Map()]
    )
  }

  #members(name: string, depth: number): string[] {
    if (depth > MAX_INHERITANCE) throw new HclFault(`the group ${name} has itself in it`)
    const groups = this.#blocks.filter(({type, labels}) => type === 'group' && labels[0] === name)
    const targets = groups.findLast(({attributes}) => attributes.has('targets'))?.attributes.get('targets')
    if (targets !== undefined)
      return textsIn(evaluate(targets, this.#scope)).flatMap(one => this.#members(one, depth + 1))
    if (this.#definitions.has(name)) return [name]
    throw new HclFault(`there is no target ${name}`)
  }

  #attributesOf(name: string, depth: number): Record<string, Value> {
    const definition = this.#definitions.get(name)
    if (definition === undefined) throw new HclFault(`there is no target ${name}`)
    if (depth > MAX_INHERITANCE) throw new HclFault(`the target ${name} inherits itself`)
    const {layers, scope} = definition
    const inherits = lastOf(layers, 'inherits')
    const parents = inherits === undefined ? [] : textsIn(evaluate(inherits, scope))
    const all: Record<string, Value> = {}
    for (const parent of parents) layOver(all, this.#attributesOf(parent, depth + 1))
    for (const layer of layers) {
      const own = [...layer].filter(([key]) => !NO_SETTINGS.includes(key))
      layOver(all, Object.fromEntries(own.map(([key, value]) => [key, evaluate(value, scope)])))
    }
    return all
  }
}

/** A variable of the environment has the kind of its default: what is compared with a number is one. */
function likeDefault(given: string, standard: Expression | undefined): Value {
  const kind = standard?.kind === 'value' ? typeof standard.value : 'string'
  if (kind === 'number' && given.trim() !== '' && Number.isFinite(Number(given))) return Number(given)
  if (kind === 'boolean' && /^(?:1|t|true|0|f|false)$/i.test(given)) return /^[1t]/i.test(given)
  return given
}

/** What says which targets there are, and nothing of their builds. */
const NO_SETTINGS = ['inherits', 'matrix', 'name', 'description']

function lastOf(layers: Definition['layers'], key: string): Expression | undefined {
  return layers.findLast(layer => layer.has(key))?.get(key)
}

/** Maps of a target come together, all else is replaced (docs.docker.com, "Inheritance in Bake"). */
function layOver(base: Record<string, Value>, over: Readonly<Record<string, Value>>): void {
  for (const [key, value] of Object.entries(over)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    base[key] = isMap ? Object.assign({}, objectIn(base[key]), value) : value
  }
}

/** A text alone, or a list of texts. */
export function textsIn(value: Value): string[] {
  if (value === null) return []
  return Array.isArray(value) ? (value as readonly Value[]).map(textOf) : [textOf(value)]
}

function inFile<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof HclFault) throw new HclFault(`${file}: ${error.message}`)
    throw error
  }
}

/** JSON says the same: `{"target": {"app": {…}}}`, every text with `${…}` in it (HCL, "JSON Configuration Syntax"). */
function fromJson(text: string): HclFile {
  const root = tryParseJson(text)
  if (typeof root !== 'object' || root === null) throw new HclFault('it is no JSON map')
  const blocks: Block[] = []
  const attributes = new Map<string, Expression>()
  for (const [type, value] of Object.entries(root)) {
    if (!['target', 'group', 'variable', 'function'].includes(type))
      attributes.set(type, expressionOf(value, 0))
    else
      for (const [name, own] of Object.entries(objectIn(value)))
        blocks.push({
          type,
          labels: [name],
          attributes: new Map(Object.entries(objectIn(own)).map(([key, one]) => [key, expressionOf(one, 0)]))
        })
  }
  return {blocks, attributes}
}

function expressionOf(value: unknown, depth: number): Expression {
  if (depth > MAX_INHERITANCE) throw new HclFault('it is nested deeper than any bake file')
  if (typeof value === 'string') return parseTemplate(value)
  if (Array.isArray(value)) return {kind: 'list', items: value.map(item => expressionOf(item, depth + 1))}
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return {kind: 'value', value}
  return {
    kind: 'map',
    entries: Object.entries(objectIn(value)).map(([key, one]) => [
      {kind: 'value', value: key},
      expressionOf(one, depth + 1)
    ])
  }
}
