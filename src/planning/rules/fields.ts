import type {InputLine, Report} from './input-lines.js'

/** One field of a comma-separated line: `key=value`, or a word alone. */
export interface Field {
  /** In lower case; undefined for a word alone. */
  readonly key: string | undefined
  readonly value: string
  /** The column of the line that the value starts in, from 1. */
  readonly column: number
}

interface Cell {
  readonly text: string
  readonly column: number
  readonly isQuoted: boolean
}

/**
 * Splits a line into its fields, in the CSV that docker/metadata-action reads: a field in double quotes may hold
 * commas, and "" is a quote in it. Commas inside of `{{ }}` do not split either, so that date formats need no quotes.
 */
export function parseFields(line: InputLine, report: Report): Field[] {
  return cellsOf(line, report).map(fieldOf)
}

/** The line itself, without the quotes where all of it stands in quotes. */
export function unquoteLine(line: InputLine, report: Report): string {
  const [only, ...others] = line.text.startsWith('"') ? splitCells(line.text, line.column, report) : []
  return only !== undefined && others.length === 0 && only.isQuoted ? only.text : line.text
}

function cellsOf(line: InputLine, report: Report): Cell[] {
  const cells = splitCells(line.text, line.column, report)
  const [only] = cells
  return cells.length === 1 && only?.isQuoted ? splitCells(only.text, only.column, report) : cells
}

function fieldOf(cell: Cell): Field {
  const at = cell.text.indexOf('=')
  if (at <= 0) return {key: undefined, value: cell.text, column: cell.column}
  const rest = cell.text.slice(at + 1)
  return {
    key: cell.text.slice(0, at).trim().toLowerCase(),
    value: rest.trim(),
    column: cell.column + at + 1 + Math.max(0, rest.search(/\S/))
  }
}

function splitCells(text: string, column: number, report: Report): Cell[] {
  const cells: Cell[] = []
  let position = 0
  while (position <= text.length) {
    const start = position + text.slice(position).search(/\S|$/)
    const end = text[start] === '"' ? quotedEnd(text, start, column, report) : plainEnd(text, start)
    cells.push(cellOf(text.slice(start, end), column + start))
    position = end + 1
  }
  return cells
}

function cellOf(raw: string, column: number): Cell {
  const trimmed = raw.trim()
  if (!trimmed.startsWith('"')) return {text: trimmed, column, isQuoted: false}
  return {text: trimmed.replace(/^"|"$/g, '').replaceAll('""', '"'), column: column + 1, isQuoted: true}
}

function plainEnd(text: string, start: number): number {
  let position = start
  while (position < text.length && text[position] !== ',') {
    const close = text.startsWith('{{', position) ? text.indexOf('}}', position) : -1
    position = close < 0 ? position + 1 : close + 2
  }
  return position
}

function quotedEnd(text: string, start: number, column: number, report: Report): number {
  const [quoted] = /^"(?:[^"]|"")*"/.exec(text.slice(start)) ?? []
  if (quoted === undefined) {
    report(`the quote in column ${column + start} is not closed`)
    return text.length
  }
  const close = start + quoted.length
  const comma = close + text.slice(close).search(/,|$/)
  if (text.slice(close, comma).trim() !== '')
    report(`a comma is missing after the quoted field, in column ${column + close}`)
  return comma
}
