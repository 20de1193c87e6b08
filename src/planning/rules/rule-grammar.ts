import {nearest} from '../../shared/did-you-mean.js'
import {type Field, parseFields} from './fields.js'
import {type InputLine, type Report, parseInputLines, quote} from './input-lines.js'
import {RuleAttributes} from './rule-attributes.js'
import type {RuleType, TagRule} from './rule.js'
import {literal} from './template.js'

/** The rules that stand where none are given, as docker/metadata-action has them. */
export const DEFAULT_RULES = `type=schedule
type=ref,event=branch
type=ref,event=tag
type=ref,event=pr`

/** Which attributes a type takes beside the common ones, and its default priority. */
const TYPES: Readonly<Record<RuleType, {readonly own: readonly string[]; readonly priority: number}>> = {
  schedule: {own: ['pattern'], priority: 1000},
  semver: {own: ['pattern', 'value', 'match'], priority: 900},
  pep440: {own: ['pattern', 'value', 'match'], priority: 900},
  match: {own: ['pattern', 'group', 'value'], priority: 800},
  edge: {own: ['branch'], priority: 700},
  ref: {own: ['event'], priority: 600},
  raw: {own: ['value'], priority: 200},
  sha: {own: ['format'], priority: 100}
}

const COMMON = ['type', 'enable', 'on', 'priority', 'prefix', 'suffix']

/** The attributes that a type takes; undefined for what is no type. */
export function attributesOf(type: string): readonly string[] | undefined {
  return isType(type) ? [...COMMON, ...TYPES[type].own] : undefined
}

/**
 * Reads the input `tags`: the grammar of docker/metadata-action, but an attribute that is unknown, given twice or
 * has a wrong value is a fault. Sorted by priority.
 * @param names what templates may name beside the facts of the run
 * @param origin where the rules stand, if it is not the input
 * @throws InputError with all faults, each with the number of its line
 */
export function parseRules(text: string, names: readonly string[] = [], origin?: string): TagRule[] {
  const rules = parseInputLines('tags', text, (line, report) => parseRule(line, names, report))
  return sortRules(origin === undefined ? rules : rules.map(rule => ({...rule, origin})))
}

/** Rules of a higher priority first; those of one priority stay as they stand. */
export function sortRules(rules: readonly TagRule[]): TagRule[] {
  return [...rules].sort((a, b) => b.priority - a.priority)
}

function parseRule(line: InputLine, names: readonly string[], report: Report): TagRule | undefined {
  const faults: string[] = []
  const fail: Report = message => {
    faults.push(message)
    report(message)
  }
  const fields = parseFields(line, fail)
  const type = typeOf(fields, fail)
  if (type === undefined) {
    reportStrangers(fields, fail)
    return undefined
  }
  const attributes = new RuleAttributes(known(fields, type, fail), fail, names)
  const rule = buildRule(type, attributes, line)
  return faults.length === 0 ? rule : undefined
}

function typeOf(fields: readonly Field[], report: Report): RuleType | undefined {
  const written = fields.find(field => field.key === 'type')
  if (written === undefined) return 'raw'
  const names = Object.keys(TYPES)
  if (isType(written.value)) return written.value
  const guess = nearest(written.value.toLowerCase(), names)
  report(`${quote(written.value)} is not a type of tag; ${advice(guess, names)}`)
  return undefined
}

/** Where the type is not known, an attribute that no type has is still a fault of its own. */
function reportStrangers(fields: readonly Field[], report: Report): void {
  const names = [...new Set([...COMMON, ...Object.values(TYPES).flatMap(({own}) => own)])]
  for (const {key} of fields)
    if (key !== undefined && !names.includes(key))
      report(`${quote(key)} is an attribute of no type; ${advice(nearest(key, names), names)}`)
}

function isType(name: string): name is RuleType {
  return Object.hasOwn(TYPES, name)
}

/** The fields by name. A word alone is the value; an expression that gave nothing leaves an empty one. */
function known(fields: readonly Field[], type: RuleType, report: Report): ReadonlyMap<string, Field> {
  const names = [...COMMON, ...TYPES[type].own]
  const found = new Map<string, Field>()
  for (const field of fields) {
    const key = field.key ?? 'value'
    if (isEmpty(field) && (found.has(key) || !names.includes(key))) continue
    if (!names.includes(key)) report(unknownAttribute(field, type, names))
    else if (found.has(key)) report(`the attribute ${key} is given twice`)
    else found.set(key, field)
  }
  return found
}

function isEmpty(field: Field): boolean {
  return field.key === undefined && field.value === ''
}

function unknownAttribute(field: Field, type: RuleType, names: readonly string[]): string {
  if (field.key === undefined) return `${quote(field.value)} is not an attribute; write key=value`
  const guess = nearest(field.key, names)
  return `${quote(field.key)} is not an attribute of type=${type}; ${advice(guess, names)}`
}

function advice(guess: string | undefined, names: readonly string[]): string {
  return guess === undefined ? `known are ${names.join(', ')}` : `did you mean ${guess}?`
}

function buildRule(type: RuleType, attributes: RuleAttributes, line: InputLine): TagRule {
  const common = {line: line.number, text: line.text, ...attributes.common(TYPES[type].priority)}
  switch (type) {
    case 'schedule':
      return {...common, type, pattern: attributes.template('pattern', 'schedule') ?? literal('nightly')}
    case 'semver':
    case 'pep440':
      return {...common, type, pattern: attributes.required('pattern', 'version'), ...attributes.source()}
    case 'match': {
      const {pattern, group} = attributes.search()
      return {...common, type, pattern, group, ...attributes.value()}
    }
    case 'edge':
      return {...common, type, ...attributes.branch()}
    case 'ref':
      return {
        ...refPrefix(attributes),
        ...common,
        type,
        event: attributes.oneOf('event', ['branch', 'tag', 'pr'])
      }
    case 'raw':
      return {...common, type, value: attributes.required('value', 'global')}
    case 'sha':
      return {
        prefix: literal('sha-'),
        ...common,
        type,
        format: attributes.oneOf('format', ['short', 'long'], 'short')
      }
  }
}

function refPrefix(attributes: RuleAttributes): {prefix?: ReturnType<typeof literal>} {
  return attributes.text('event') === 'pr' ? {prefix: literal('pr-')} : {}
}
