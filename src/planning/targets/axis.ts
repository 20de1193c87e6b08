import {InputError, messageOf} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'
import {type Report, parseInputLines, quote} from '../rules/input-lines.js'

/** One way in which the variants of an image differ, as the caller wrote it: its values, or the file that holds them. */
export interface AxisSource {
  readonly name: string
  /** The line of the input, from 1. */
  readonly line: number
  readonly values: readonly string[]
  /** Set where the values stand in a file, one a line. */
  readonly file?: string
}

/** One way in which the variants of an image differ. */
export interface Axis {
  readonly name: string
  readonly values: readonly string[]
}

/** Names that templates, matrices or plans use for something else. */
const RESERVED = [
  ...[
    'branch',
    'tag',
    'sha',
    'base_ref',
    'is_default_branch',
    'is_not_default_branch',
    'date',
    'commit_date'
  ],
  ...['raw', 'version', 'major', 'minor', 'patch', 'service', 'variant', 'is_default_variant'],
  ...['is_not_default_variant', 'target', 'platform', 'runner', 'record', 'images', 'platforms', 'level'],
  ...['primary', 'precision', 'dockerfile']
]

const NAME = /^[a-z][a-z0-9_]*$/
const VALUE = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/
const MAX_VALUES = 256

/** The names of the axes in a text of the input `variants`, whatever else is right or wrong in it. */
export function axisNames(text: string | undefined): string[] {
  return (text ?? '').split(/\r?\n/).flatMap(line => /^\s*([a-z][a-z0-9_]*)\s*=/.exec(line)?.[1] ?? [])
}

/**
 * Reads the input `variants`: an axis a line, `python=3.9, 3.10, 3.11`, a JSON list, or `python=file:PYTHON_VERSIONS`.
 * @throws InputError with all faults, each with the number of its line
 */
export function parseAxes(text: string): AxisSource[] {
  const seen = new Set<string>()
  return parseInputLines('variants', text, (line, report) => {
    const [, name = '', rest = ''] = /^([^=]*)=(.*)$/s.exec(line.text) ?? []
    const axis = name.trim()
    if (!NAME.test(axis))
      report(`${quote(line.text)} is not of the form axis=values, such as python=3.12,3.13`)
    else if (RESERVED.includes(axis))
      report(`an axis cannot be called ${axis}: templates know that name already`)
    else if (seen.has(axis)) report(`the axis ${axis} is given twice`)
    else {
      seen.add(axis)
      return axisSource(axis, rest.trim(), line.number, report)
    }
    return undefined
  })
}

function axisSource(name: string, text: string, line: number, report: Report): AxisSource {
  if (text.startsWith('file:')) return {name, line, values: [], file: text.slice('file:'.length).trim()}
  const values = text.startsWith('[') ? parseJsonList(text, report) : text.split(/[\s,]+/).filter(Boolean)
  checkValues(name, values, report)
  return {name, line, values}
}

/** Numbers stay as they are written: 3.10 is not 3.1. */
function parseJsonList(text: string, report: Report): string[] {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)*/g, word =>
    word.startsWith('"') ? word : `"${word}"`
  )
  try {
    const list: unknown = JSON.parse(quoted)
    if (Array.isArray(list) && list.every(item => typeof item === 'string')) return list
    report(`${quote(text)} is not a JSON list of texts`)
  } catch (error) {
    report(`${quote(text)} is not a JSON list: ${messageOf(error)}`)
  }
  return []
}

/**
 * The axis with the values that its file holds: one a line, or several with commas; "#" starts a comment.
 * @param content undefined where there is no such file
 * @throws InputError
 */
export function completeAxis({name, line, file, values}: AxisSource, content: string | undefined): Axis {
  if (file === undefined) return {name, values}
  const faults: string[] = []
  const report: Report = message => faults.push(message)
  if (content === undefined) report(`there is no file ${file}`)
  const read = (content ?? '')
    .split(/\r?\n/)
    .flatMap(text => text.replace(/#.*/, '').split(/[\s,]+/))
    .filter(Boolean)
  if (content !== undefined) checkValues(name, read, report)
  if (faults.length === 0) return {name, values: read}
  const where = content === undefined ? `line ${line}: ${name}` : `line ${line}: ${file}`
  throw new InputError(faults.map(fault => ({input: 'variants', message: `${where}: ${fault}`})))
}

function checkValues(name: string, values: readonly string[], report: Report): void {
  if (values.length === 0) report(`${name} has no value`)
  if (values.length > MAX_VALUES)
    report(`${name} has ${values.length} values; at most ${MAX_VALUES} make sense of a matrix`)
  for (const value of new Set(values.filter((each, index) => values.indexOf(each) !== index)))
    report(`${name} has the value ${value} twice${/^\d+\.\d$/.test(value) ? `; ${lostZero(value)}` : ''}`)
  for (const value of values.filter(each => !VALUE.test(each)))
    report(`${quote(value)} is not a value that a tag could hold: letters, digits, "_", ".", "+" and "-"`)
  for (const value of values.filter(each => hasLostZero(each, values)))
    report(`${name}: ${value} stands beside ${neighbours(value, values).join(' and ')}; ${lostZero(value)}`)
}

/** 3.10 without quotes is a number to YAML and JSON, and 3.1 when it is written again. */
function hasLostZero(value: string, values: readonly string[]): boolean {
  const [, major = '', minor = ''] = /^(\d+)\.([1-9])$/.exec(value) ?? []
  if (minor === '') return false
  const isSeries = values.includes(`${major}.${Number(minor) + 1}`) || values.includes(`${value}0`)
  return !isSeries && neighbours(value, values).length > 0
}

function neighbours(value: string, values: readonly string[]): string[] {
  const [major = '', minor = ''] = value.split('.')
  const whole = Number(minor) * 10
  return [`${major}.${whole - 1}`, `${major}.${whole + 1}`].filter(each => values.includes(each))
}

function lostZero(value: string): string {
  return `${value}0 without quotes is the number ${value} to YAML and JSON: write "${value}0"`
}

/** The word behind a name that is not known: the nearest one, or all. */
export function adviceOf(word: string, words: readonly string[]): string {
  const guess = nearest(word, words)
  return guess === undefined ? `known are ${words.join(', ')}` : `did you mean ${guess}?`
}
