import {type Document, type LineCounter, type Node, type Pair, isAlias, isMap, isScalar, isSeq} from 'yaml'
import type {Input} from '../../command/input.js'

/** A line of an input's text, and the line of the file that it comes from. */
export interface ConfigLine {
  readonly text: string
  readonly line: number
}

/** Says what is wrong with a value, and in which line of the file. */
export type ConfigReport = (line: number, message: string) => void

/** How the values of one file are read. */
export interface ConfigReading {
  readonly document: Document
  readonly lines: LineCounter
  readonly report: ConfigReport
}

type Value = Node | null | undefined

/**
 * The value of an input as the lines that it would have as a text: an item of a list is a line, an entry of a map is `key=value`,
 * a map in a list is `key=value` fields with commas between them.
 */
export function configLines(input: Input<unknown>, node: Value, reading: ConfigReading): ConfigLine[] {
  const value = resolve(node, reading)
  if (isScalar(value)) return scalarLines(value, reading)
  const line = settingLine(value, reading)
  if (!['lines', 'list'].includes(input.shape)) {
    reading.report(line, 'is one value, not a list or a map')
    return []
  }
  if (isSeq(value)) return value.items.flatMap(item => itemLines(input, item as Node, reading))
  if (!isMap(value)) return []
  if (input.shape === 'list') reading.report(line, 'is a list, not a map')
  return value.items.map(pair => entryLine(input, pair, reading))
}

/** What YAML means by nothing, where it is not in quotes. */
const NOTHING = /^(?:null|Null|NULL|~)$/

/** Whether nothing is there, or a word for it without quotes. */
export function isNothing(value: Value): boolean {
  if (!isScalar(value)) return value === null
  const text = settingText(value)
  return text === '' || (value.type === 'PLAIN' && NOTHING.test(text))
}

/** A block of lines keeps its lines; every other text is where it starts. */
function scalarLines(node: Node, reading: ConfigReading): ConfigLine[] {
  if (!isScalar(node)) return []
  const first = settingLine(node, reading)
  const isBlock = node.type === 'BLOCK_LITERAL'
  const text = isNothing(node) ? '' : settingText(node)
  return text.split('\n').map((each, index) => ({text: each, line: isBlock ? first + 1 + index : first}))
}

function itemLines({shape}: Input<unknown>, node: Node, reading: ConfigReading): ConfigLine[] {
  const value = resolve(node, reading)
  if (isScalar(value)) return scalarLines(value, reading)
  const line = settingLine(value, reading)
  if (isMap(value) && shape === 'lines') return [{text: fieldsOf(value.items, reading).join(','), line}]
  reading.report(line, `a ${isMap(value) ? 'map' : 'list'} cannot be in this list`)
  return []
}

function entryLine(input: Input<unknown>, pair: Pair, reading: ConfigReading): ConfigLine {
  const key = settingText(pair.key as Value)
  const value = resolve(pair.value as Value, reading)
  const line = settingLine(pair.key as Value, reading)
  if (input.isNamed === true) {
    const fields = isMap(value) ? fieldsOf(value.items, reading) : []
    if (!isMap(value) && !isNothing(value)) reading.report(line, `${key} is a map of settings`)
    return {text: [`name=${key}`, ...fields].join(','), line}
  }
  const text = isScalar(value) ? settingText(value) : JSON.stringify(plainOf(value, reading))
  if (input.isQuoted === true && /[\r\n]/.test(text))
    return {text: `"${`${key}=${text}`.replaceAll('"', '""')}"`, line}
  if (text.includes('\n')) reading.report(line, `${key} has several lines; one is allowed here`)
  return {text: `${key}=${text.replaceAll('\n', ' ')}`, line}
}

/** `key=value`; of a list or a map in it, a field for each item, called as the key without its "s". */
function fieldsOf(pairs: readonly Pair[], reading: ConfigReading): string[] {
  return pairs.flatMap(pair => {
    const key = settingText(pair.key as Value)
    const value = resolve(pair.value as Value, reading)
    const one = key.replace(/s$/, '')
    const textOf = (item: Value): string => {
      const inner = resolve(item, reading)
      if (inner !== null && inner !== undefined && !isScalar(inner))
        reading.report(settingLine(inner, reading), `${key}: it cannot hold a list or a map`)
      return settingText(inner)
    }
    if (isSeq(value)) return value.items.map(item => fieldOf(one, textOf(item as Value)))
    if (isMap(value))
      return value.items.map(item =>
        fieldOf(one, `${settingText(item.key as Value)}=${textOf(item.value as Value)}`)
      )
    return [fieldOf(key, settingText(value))]
  })
}

function fieldOf(key: string, value: string): string {
  const field = `${key}=${value}`
  return /[",]/.test(value.replace(/\{\{.*?\}\}/g, '')) ? `"${field.replaceAll('"', '""')}"` : field
}

/** Lists and maps as data; every scalar is the text that stands in the file. */
function plainOf(node: Value, reading: ConfigReading): unknown {
  const value = resolve(node, reading)
  if (isSeq(value)) return value.items.map(item => plainOf(item as Node, reading))
  if (!isMap(value)) return settingText(value)
  return Object.fromEntries(
    value.items.map(({key, value: each}) => [settingText(key as Value), plainOf(each as Value, reading)])
  )
}

/** The text of a scalar. */
export function settingText(node: Value): string {
  return isScalar(node) && typeof node.value === 'string' ? node.value : ''
}

/** The line of the file that a value starts in, from 1. */
export function settingLine(node: Value, {lines}: Pick<ConfigReading, 'lines'>): number {
  return lines.linePos(node?.range?.[0] ?? 0).line
}

function resolve(node: Value, {document}: ConfigReading): Value {
  return isAlias(node) ? node.resolve(document) : node
}
