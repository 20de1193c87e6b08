import {type InputIssue, InputError, ReleaseError, messageOf} from '../errors.js'
import {type EntryForm, splitEntries} from './entries.js'
import {InputFaults} from './input-faults.js'
import {nearest} from '../shared/did-you-mean.js'

export {InputFaults} from './input-faults.js'

/** How an input is written, for action.yml, the flags and the documentation. */
export type InputShape = 'text' | 'flag' | 'choice' | 'list' | 'lines' | 'number' | 'duration' | 'json'

/** One input: what it is for, how it is written, and how its text becomes a value. */
export interface Input<T> {
  readonly shape: InputShape
  /** One or two sentences for action.yml, `--help` and the README. */
  readonly summary: string
  /** What stands behind the flag in `--help`, for example `REPOSITORY`. */
  readonly placeholder: string
  readonly required: boolean
  /** The text that stands in for an absent one. */
  readonly default?: string
  readonly choices?: readonly string[]
  /** The bounds of a number. */
  readonly min?: number
  readonly max?: number
  /** The variable of the environment that is read where the input is not given. */
  readonly variable?: string
  /** Never printed; masked in the log as soon as it is read. */
  readonly secret: boolean
  /** Whether it is about one call of the command, so that it has no place in a file of settings. */
  readonly isOfCall?: boolean
  /** Whether an entry of a map, in a file of settings, is a line that starts with `name=` and its key. */
  readonly isNamed?: boolean
  /** Whether an entry of several lines may stand in double quotes. */
  readonly isQuoted?: boolean
  /** Whether white space is a value, and not as good as nothing. */
  readonly keepsBlank?: boolean
  /** The value of a text that is not empty. Throws a ReleaseError, or InputFaults for several. */
  readonly parse: (text: string, texts?: Texts) => T
  /** The value where the input is absent. */
  readonly absent: T
}

/** The texts of all inputs of a call by their names: a parser may look at the others. */
export type Texts = Readonly<Record<string, string | undefined>>

/** The inputs of a command, by their names in kebab-case. */
export type InputTable = Readonly<Record<string, Input<unknown>>>

/** The values of a table, by the same names. */
export type InputValues<Table extends InputTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Input<infer T> ? T : never
}

/** What every kind of input may say of itself. */
export interface InputOptions {
  readonly summary: string
  readonly placeholder?: string
  readonly default?: string
  readonly variable?: string
  readonly secret?: boolean
  readonly isOfCall?: boolean
  readonly isNamed?: boolean
}

/** A text, without white space at its ends: a block of YAML brings a line break along. */
export function text(options: InputOptions): Input<string | undefined> {
  return parsed(options, value => value)
}

/** A text that a parser makes into a value. */
export function parsed<T>(
  options: InputOptions,
  parse: (text: string, texts: Texts) => T
): Input<T | undefined> {
  return input<T | undefined>(
    'text',
    {placeholder: 'TEXT', ...options},
    (value, texts = {}) => parse(value, texts),
    undefined
  )
}

/** A document, or the path of a file that holds it: hosts replace a path by what the file says. */
export function json<T extends object>(
  options: InputOptions,
  parse: (text: string) => T
): Input<T | undefined> {
  return input<T | undefined>('json', {placeholder: 'JSON|FILE', ...options}, parse, undefined)
}

/** true or false, in the spellings of YAML 1.2 (as @actions/core takes them). */
export function flag(options: InputOptions): Input<boolean> {
  return input('flag', {placeholder: '', default: 'false', ...options}, parseFlag, false)
}

/** One of some words. The default is one of them. */
export function choice<const Word extends string>(
  words: readonly Word[],
  options: InputOptions & {readonly default: Word}
): Input<Word> {
  const parse = (value: string): Word => oneOf(words, value)
  return {
    ...input('choice', {placeholder: words.join('|'), ...options}, parse, options.default),
    choices: words
  }
}

/** Items separated by commas, line breaks, or by giving the flag again. */
export function list<T>(options: InputOptions, parseItem: (item: string) => T): Input<readonly T[]> {
  const parse = (value: string): T[] => parseAll(value.split(/[,\r\n]+/), parseItem)
  return input<readonly T[]>('list', {placeholder: 'ITEM', ...options}, parse, [])
}

/** Items of one line each, which may hold commas; a line that starts with # is a comment. */
export function lines<T>(options: InputOptions, parseLine: (line: string) => T): Input<readonly T[]> {
  const parse = (value: string): T[] =>
    parseAll(
      value.split(/\r?\n/).filter(line => !line.trimStart().startsWith('#')),
      parseLine
    )
  return input<readonly T[]>('lines', {placeholder: 'LINE', ...options}, parse, [])
}

/**
 * Entries as docker/build-push-action reads them: one a line, each of them in double quotes where it holds line breaks; by
 * commas, too, where the form says so.
 */
export function entries<T>(
  {commas = false, ...options}: InputOptions & Pick<EntryForm, 'commas'>,
  parseEntry: (entry: string) => T
): Input<readonly T[]> {
  const parse = (value: string): T[] =>
    parseAll(splitEntries(value.trim(), {commas, comments: true}), parseEntry)
  return {
    ...input<readonly T[]>('lines', {placeholder: 'ENTRY', ...options}, parse, []),
    isQuoted: true
  }
}

/**
 * Patterns separated by line breaks, or by commas outside of brackets: `regex:v\\d{1,3},main` is two. A line that starts
 * with # is a comment.
 */
export function patterns<T>(options: InputOptions, parsePattern: (text: string) => T): Input<readonly T[]> {
  const parse = (value: string): T[] => {
    const written = value.split(/\r?\n/).filter(line => !line.trimStart().startsWith('#'))
    return parseAll(written.flatMap(splitOutsideBrackets), parsePattern)
  }
  return input<readonly T[]>('lines', {placeholder: 'PATTERN', ...options}, parse, [])
}

function splitOutsideBrackets(line: string): string[] {
  const items = ['']
  let depth = 0
  for (const part of line.match(/\\.|[^]/g) ?? []) {
    if ('([{'.includes(part)) depth += 1
    if (')]}'.includes(part)) depth = Math.max(0, depth - 1)
    if (part === ',' && depth === 0) items.push('')
    else items.push((items.pop() ?? '') + part)
  }
  return items
}

/** Lines that are read as a whole, by a parser that counts them and knows their comments. */
export function linesTo<T>(
  options: InputOptions,
  parse: (text: string, texts: Texts) => T,
  absent: T
): Input<T> {
  return input('lines', {placeholder: 'LINE', ...options}, (value, texts = {}) => parse(value, texts), absent)
}

/** A text that may be white space alone, such as what stands between the items of an output. */
export function separator(options: InputOptions & {default: string}): Input<string> {
  return {
    ...input('text', {placeholder: 'TEXT', ...options}, value => value, options.default),
    keepsBlank: true
  }
}

/** A whole number within bounds. */
export function count(options: InputOptions & {min: number; max: number; default: string}): Input<number> {
  const parse = (value: string): number => parseCount(value, options.min, options.max)
  return input('number', {placeholder: 'N', ...options}, parse, Number(options.default))
}

/** A span of time such as `30s`, `10m`, `24h`, `7d` or `2w`; the value is in milliseconds. */
export function duration(options: InputOptions & {default: string}): Input<number> {
  return input('duration', {placeholder: 'TIME', ...options}, parseDuration, parseDuration(options.default))
}

/** The same input, but one that must be given. */
export function required<T>(optional: Input<T>): Input<NonNullable<T>> {
  return {...optional, required: true} as Input<NonNullable<T>>
}

/**
 * Reads all inputs of a table from their texts. An absent or blank text takes the default.
 * @param found faults that the host met while it gathered the texts
 * @throws InputError with every fault of the call
 */
export function parseInputs<Table extends InputTable>(
  table: Table,
  texts: Readonly<Record<string, string | undefined>>,
  found: readonly InputIssue[] = []
): InputValues<Table> {
  const issues: InputIssue[] = [...found]
  const values = Object.entries(table).map(([name, entry]) => [name, valueOf(name, entry, texts, issues)])
  if (issues.length > 0) throw new InputError(issues)
  return Object.fromEntries(values) as InputValues<Table>
}

function valueOf(name: string, entry: Input<unknown>, texts: Texts, issues: InputIssue[]): unknown {
  const given = texts[name]
  if (entry.keepsBlank && given !== undefined && given !== '') return entry.parse(given)
  const isBlank = given === undefined || given.trim() === ''
  const source = isBlank ? entry.default : given
  if (source === undefined || source.trim() === '') {
    // A host that could not read what was given has said so already.
    const isSaid = issues.some(issue => issue.input === name)
    if (entry.required && !isSaid) issues.push({input: name, message: 'is required'})
    return entry.absent
  }
  try {
    return entry.parse(entry.shape === 'lines' ? source : source.trim(), texts)
  } catch (fault) {
    issues.push(...faultsOf(fault, entry.secret).map(message => ({input: name, message})))
    return entry.absent
  }
}

function faultsOf(fault: unknown, isSecret: boolean): readonly string[] {
  if (isSecret)
    return fault instanceof InputFaults && fault.isShown
      ? fault.faults
      : ['its value is not valid (not shown, it is a secret)']
  if (fault instanceof InputFaults) return fault.faults
  if (fault instanceof InputError) return fault.issues.map(issue => issue.message)
  if (fault instanceof ReleaseError) return [fault.hint ? `${fault.message}. ${fault.hint}` : fault.message]
  return [messageOf(fault)]
}

function input<T>(
  shape: InputShape,
  options: InputOptions & {readonly placeholder: string},
  parse: (text: string, texts?: Texts) => T,
  absent: T
): Input<T> {
  return {shape, required: false, secret: false, ...options, parse, absent}
}

function parseAll<T>(items: readonly string[], parseItem: (item: string) => T): T[] {
  const faults: string[] = []
  const values: T[] = []
  for (const item of items.map(raw => raw.trim()).filter(Boolean)) {
    try {
      values.push(parseItem(item))
    } catch (fault) {
      faults.push(...faultsOf(fault, false))
    }
  }
  if (faults.length > 0) throw new InputFaults(faults)
  return values
}

function parseFlag(value: string): boolean {
  if (/^(true|True|TRUE)$/.test(value)) return true
  if (/^(false|False|FALSE)$/.test(value)) return false
  throw new InputFaults([`${JSON.stringify(value)} is neither true nor false`])
}

function oneOf<Word extends string>(words: readonly Word[], value: string): Word {
  const found = words.find(word => word === value)
  if (found !== undefined) return found
  const guess = nearest(value, words)
  throw new InputFaults([
    `${JSON.stringify(value)} is not one of ${words.join(', ')}${guess ? `; did you mean ${guess}?` : ''}`
  ])
}

function parseCount(value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= min && number <= max) return number
  throw new InputFaults([`${JSON.stringify(value)} is not a whole number from ${min} to ${max}`])
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}

/**
 * Milliseconds.
 * @throws InputFaults
 */
export function parseDuration(value: string): number {
  const match = /^(\d+)(ms|s|m|h|d|w)$/.exec(value)
  if (match) return Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN)
  if (value === '0') return 0
  throw new InputFaults([`${JSON.stringify(value)} is not a span of time such as 30s, 24h, 7d or 2w`])
}
