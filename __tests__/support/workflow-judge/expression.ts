import {type Expr, data, Evaluator, Lexer, Parser} from '@actions/expressions'

/** A value of an expression, or of a workflow after all its expressions were evaluated. */
export type Value = string | number | boolean | null | readonly Value[] | {readonly [key: string]: Value}

/** What `${{ }}` says, without the braces. */
export class Expression {
  constructor(
    readonly text: string,
    /** Of the file, from 1. */
    readonly line: number
  ) {}
}

/** How the steps or jobs before this one ended; a job that needs one that was skipped has no success. */
export type Status = 'success' | 'failure' | 'cancelled' | 'skipped'

/** What an expression can ask for: `github`, `inputs`, `secrets` and the like. */
export interface Contexts {
  readonly [name: string]: Value
}

const NAMES = 'github inputs vars secrets env needs jobs matrix strategy steps job runner'.split(' ')

/**
 * Evaluates an expression by GitHub's own code.
 * @throws Error for one that GitHub refuses: a syntax error, or a context or function that does not exist
 */
export function evaluate(text: string, contexts: Contexts, status: Status = 'success'): Value {
  const functions = FUNCTIONS[status]
  const result = new Evaluator(treeOf(text), contextsFor(text, contexts), functions).evaluate()
  return JSON.parse(JSON.stringify(result, data.replacer)) as Value
}

const trees = new Map<string, Expr>()

function treeOf(text: string): Expr {
  const known = trees.get(text)
  if (known !== undefined) return known
  const tree = new Parser(new Lexer(text).lex().tokens, NAMES, [...FUNCTIONS.success.values()]).parse()
  trees.set(text, tree)
  return tree
}

/** The contexts that an expression names; a run has hundreds of expressions, and the event of its trigger is large. */
function contextsFor(text: string, contexts: Contexts): data.Dictionary {
  const lower = text.toLowerCase()
  const named = NAMES.filter(name => lower.includes(name))
  return new data.Dictionary(...named.map(key => ({key, value: toData(contexts[key] ?? {})})))
}

/** Evaluates a condition: without a function of the status, success() goes before it. */
export function evaluateCondition(text: string, contexts: Contexts, status: Status = 'success'): boolean {
  const hasStatus = /\b(?:success|failure|always|cancelled)\s*\(/.test(text.replace(/'(?:[^']|'')*'/g, ''))
  return isTrue(evaluate(hasStatus ? text : `success() && (${text})`, contexts, status))
}

/** What stands for a value in a text. */
export function textOf(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? (Array.isArray(value) ? 'Array' : 'Object') : String(value)
}

function isTrue(value: Value): boolean {
  return value !== null && value !== false && value !== '' && value !== 0
}

const converted = new WeakMap<object, data.ExpressionData>()

function toData(value: Value): data.ExpressionData {
  const known = typeof value === 'object' && value !== null ? converted.get(value) : undefined
  const result = known ?? (JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData)
  return result
}

/** A context that does not change any more; many expressions ask for it. */
export function frozen<T extends Value & object>(value: T): T {
  converted.set(value, toData(value))
  return value
}

interface Function_ {
  readonly name: string
  readonly minArgs: number
  readonly maxArgs: number
  readonly call: () => data.ExpressionData
}

function statusFunctions(status: Status): Map<string, Function_> {
  const answers: readonly [string, boolean][] = [
    ['success', status === 'success'],
    ['failure', status === 'failure'],
    ['cancelled', status === 'cancelled'],
    ['always', true]
  ]
  const functions = answers.map(([name, answer]): Function_ => {
    return {name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer)}
  })
  const hashFiles = {name: 'hashfiles', minArgs: 1, maxArgs: 255, call: () => new data.StringData('hash')}
  return new Map([...functions, hashFiles].map(each => [each.name, each]))
}

const FUNCTIONS: Readonly<Record<Status, Map<string, Function_>>> = {
  success: statusFunctions('success'),
  failure: statusFunctions('failure'),
  cancelled: statusFunctions('cancelled'),
  skipped: statusFunctions('skipped')
}
