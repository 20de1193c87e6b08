import {data, Evaluator, Lexer, Parser} from '@actions/expressions'

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

/** How the steps or jobs before this one ended. */
export type Status = 'success' | 'failure' | 'cancelled'

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
  const functions = statusFunctions(status)
  const tree = new Parser(new Lexer(text).lex().tokens, NAMES, [...functions.values()]).parse()
  const known = Object.fromEntries(NAMES.map(name => [name, contexts[name] ?? {}]))
  const result = new Evaluator(tree, toData(known) as data.Dictionary, functions).evaluate()
  return JSON.parse(JSON.stringify(result, data.replacer)) as Value
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

function toData(value: Value): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData
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
