import {isOpen} from '../expression-text.js'
import {type Expression, HclFault} from './hcl-expression.js'

/** What an expression comes to. A text may hold `${{ }}`, which only a run knows. */
export type Value = string | number | boolean | null | readonly Value[] | ValueMap

/** A map of values. */
export interface ValueMap {
  readonly [key: string]: Value
}

/** A function that a file defines. */
export interface HclFunction {
  readonly names: readonly string[]
  readonly result: Expression
}

/** What names and calls stand for. */
export interface Scope {
  /** Undefined for what nobody defines. */
  readonly valueOf: (name: string) => Value | undefined
  readonly functionOf: (name: string) => HclFunction | undefined
  /** What is left of the work that one file may make. */
  readonly budget: {steps: number}
  /** How many functions of the file call each other here. */
  readonly depth: number
}

/** How much one bake file may ask for: values worked out, and characters of one text. */
export const MAX_STEPS = 100_000
const MAX_TEXT = 64 * 1024
const MAX_CALLS = 20

/**
 * Works out an expression.
 * @throws HclFault for what only a run can tell, and for functions and names that are not known here
 */
export function evaluate(expression: Expression, scope: Scope): Value {
  scope.budget.steps -= 1
  if (scope.budget.steps < 0) throw new HclFault('it asks for more than any bake file')
  switch (expression.kind) {
    case 'value':
      return expression.value
    case 'template':
      return bounded(expression.parts.map(part => textOf(evaluate(part, scope))).join(''))
    case 'name':
      return known(scope.valueOf(expression.name), expression.name)
    case 'get':
      return member(evaluate(expression.of, scope), evaluate(expression.key, scope))
    case 'list':
      return expression.items.map(item => evaluate(item, scope))
    case 'map':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [textOf(evaluate(key, scope)), evaluate(value, scope)])
      )
    case 'not':
      return !isTrue(evaluate(expression.of, scope))
    case 'choice':
      return evaluate(expression.parts[isTrue(evaluate(expression.parts[0], scope)) ? 1 : 2], scope)
    case 'both':
      return compare(expression, scope)
    case 'each':
      return loop(expression, scope)
    case 'call':
      return call(expression, scope)
  }
}

/** A value as a text, where it is one. */
export function textOf(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'object') throw new HclFault('a list or a map is where a text belongs')
  return String(value)
}

function bounded(text: string): string {
  if (text.length > MAX_TEXT) throw new HclFault('a text is longer than any bake file has')
  return text
}

function known(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new HclFault(`${name} is not defined`)
  return value
}

function member(of: Value, key: Value): Value {
  if (typeof of !== 'object' || of === null) throw new HclFault('a part of what has none')
  const name = textOf(key)
  const value = Object.hasOwn(of, name) ? (of as ValueMap)[name] : undefined
  return known(value, name)
}

/** A text that a run has to fill in decides nothing here. */
function closed<T extends Value>(value: T): T {
  if (typeof value === 'string' && isOpen(value))
    throw new HclFault(`only a run can tell what ${JSON.stringify(value)} decides`)
  return value
}

function isTrue(value: Value): boolean {
  const text = textOf(closed(value))
  if (text === 'true' || text === 'false') return text === 'true'
  throw new HclFault(`${JSON.stringify(text)} is neither true nor false`)
}

function isSame(one: Value, other: Value): boolean {
  const [text, otherText] = [one, other].map(side => {
    closed(typeof side === 'string' ? side : JSON.stringify(side))
    return JSON.stringify(side)
  })
  return text === otherText
}

function compare({operator, sides}: Extract<Expression, {kind: 'both'}>, scope: Scope): boolean {
  const [left, right] = sides
  if (operator === '&&') return isTrue(evaluate(left, scope)) && isTrue(evaluate(right, scope))
  if (operator === '||') return isTrue(evaluate(left, scope)) || isTrue(evaluate(right, scope))
  return isSame(evaluate(left, scope), evaluate(right, scope)) === (operator === '==')
}

function loop({name, of, result, condition}: Extract<Expression, {kind: 'each'}>, scope: Scope): Value {
  const items = evaluate(of, scope)
  if (!Array.isArray(items)) throw new HclFault('a loop over what is no list')
  return (items as readonly Value[]).flatMap(item => {
    const inner = {...scope, valueOf: (word: string) => (word === name ? item : scope.valueOf(word))}
    return condition === undefined || isTrue(evaluate(condition, inner)) ? [evaluate(result, inner)] : []
  })
}

type Work = (given: readonly Value[]) => Value

const texts =
  (work: (...given: string[]) => Value): Work =>
  given =>
    work(...given.map(one => closed(textOf(one))))

/** Functions of HCL that bake files call; the others are not known here. */
const FUNCTIONS: Readonly<Record<string, Work>> = {
  equal: ([one = null, other = null]) => isSame(one, other),
  notequal: ([one = null, other = null]) => !isSame(one, other),
  and: given => given.every(isTrue),
  or: given => given.some(isTrue),
  not: ([one = null]) => !isTrue(one),
  concat: given => given.flatMap(listOf),
  compact: ([list = []]) => listOf(list).filter(item => closed(textOf(item)) !== ''),
  distinct: ([list = []]) => [...new Set(listOf(list).map(textOf))],
  join: ([between = '', ...lists]) => bounded(lists.flatMap(listOf).map(textOf).join(textOf(between))),
  split: texts((between = '', text = '') => text.split(between)),
  lower: texts((text = '') => text.toLowerCase()),
  upper: texts((text = '') => text.toUpperCase()),
  trimprefix: texts((text = '', start = '') => (text.startsWith(start) ? text.slice(start.length) : text)),
  trimsuffix: texts((text = '', end = '') =>
    end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text
  ),
  replace: texts((text = '', part = '', by = '') => {
    if (/^\/.*\/$/s.test(part)) throw new HclFault('a regular expression in replace')
    return part === '' ? text : bounded(text.replaceAll(part, () => by))
  }),
  trimspace: texts((text = '') => text.trim()),
  length: ([list = []]) => (typeof list === 'string' ? closed(list).length : listOf(list).length),
  coalesce: given =>
    known(
      given.find(one => one !== null && closed(textOf(one)) !== ''),
      'coalesce'
    )
}

function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[]
  throw new HclFault('a text is where a list belongs')
}

function call({name, given}: Extract<Expression, {kind: 'call'}>, scope: Scope): Value {
  const values = given.map(one => evaluate(one, scope))
  const own = scope.functionOf(name)
  if (own !== undefined) {
    const valueOf = (word: string): Value | undefined => {
      const at = own.names.indexOf(word)
      return at === -1 ? scope.valueOf(word) : values[at]
    }
    if (scope.depth >= MAX_CALLS) throw new HclFault(`${name} calls itself`)
    return evaluate(own.result, {...scope, valueOf, depth: scope.depth + 1})
  }
  const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (work === undefined) throw new HclFault(`the function ${name} is not known here`)
  const value = work(values)
  // A list that is made of lists costs what is in it.
  scope.budget.steps -= Array.isArray(value) ? value.length : 0
  return value
}
