import {Document, type Node} from 'yaml'

/** A part of a text, from a place up to another, and what is there instead. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Whole lines of a text that a step or a job takes. */
export interface LineRange {
  readonly start: number
  readonly end: number
  /** How far its first line is indented. */
  readonly indent: number
  /** Comments between a dash that has a line to itself and what belongs to it; undefined where none has. */
  readonly belowDash?: string
}

/** Puts all edits in; they do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((one, other) => other.start - one.start)
    .reduce((whole, {start, end, text: by}) => whole.slice(0, start) + by + whole.slice(end), text)
}

/**
 * The lines of an item or entry of block style, without comments and empty lines that follow it.
 * @param start where its content begins: behind the dash of an item, or at the key of an entry
 * @returns undefined for one of flow style, or one whose first line holds something else
 */
export function linesOf(text: string, start: number): LineRange | undefined {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const [, blank] = /^( *)(?:- +)?$/.exec(text.slice(lineStart, start)) ?? []
  if (blank === undefined) return undefined
  const dash = text.slice(lineStart, start).includes('-') ? undefined : dashAbove(text, lineStart)
  const {indent, start: first} = dash ?? {indent: blank.length, start: lineStart}
  let end = nextLine(text, lineStart)
  for (let at = end; at < text.length; at = nextLine(text, at)) {
    const line = text.slice(at, nextLine(text, at))
    const depth = line.search(/\S/)
    if (depth === -1) continue
    if (depth > indent) end = nextLine(text, at)
    else if (line[depth] !== '#') break
  }
  const comments = dash === undefined ? undefined : text.slice(dash.start, lineStart).match(/#.*$/gm)
  const blankBefore = ' '.repeat(indent)
  const belowDash = (comments ?? []).map(comment => `${blankBefore}${comment}\n`).join('')
  return {start: first, end, indent, ...(dash === undefined ? {} : {belowDash})}
}

/** The dash of an item that begins on the line after it, as Docker writes its workflows; comments may stand between. */
function dashAbove(text: string, lineStart: number): {start: number; indent: number} | undefined {
  const start = text.lastIndexOf('\n', commentAbove(text, lineStart) - 2) + 1
  const [, blank] = /^( *)-[ \t]*(?:#.*)?\r?\n/.exec(text.slice(start, nextLine(text, start))) ?? []
  return blank === undefined || lineStart === 0 ? undefined : {start, indent: blank.length}
}

/** Items as lines in the place of one, with its dash on a line of its own where it had one. */
export function itemsInPlace(value: readonly unknown[], lines: LineRange, isPadded: boolean): string {
  const text = printedAt(value, lines.indent, isPadded)
  if (lines.belowDash === undefined) return text
  const blank = ' '.repeat(lines.indent)
  return lines.belowDash + text.replaceAll(new RegExp(`^${blank}- `, 'gm'), `${blank}-\n${blank}  `)
}

/** Where the comment begins that stands right above a line; the line itself where there is none. */
export function commentAbove(text: string, lineStart: number): number {
  let at = lineStart
  while (at > 0) {
    const before = text.lastIndexOf('\n', at - 2) + 1
    if (!/^[ \t]*#/.test(text.slice(before, at))) break
    at = before
  }
  return at
}

/** Where the next line begins that is not empty. */
export function skipEmptyLines(text: string, lineStart: number): number {
  let at = lineStart
  while (at < text.length && text.slice(at, nextLine(text, at)).trim() === '') at = nextLine(text, at)
  return at
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}

/** A value as lines of block style, with this indentation; what stood before it is left to what is around. */
export function printedAt(value: unknown, indent: number, isPadded: boolean): string {
  const text = new Document(value).toString({lineWidth: 0, flowCollectionPadding: isPadded})
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(indent))
}

/** Whether a file has blanks inside of its brackets. */
export function hasPadding(text: string): boolean {
  const padded = text.match(/[[{] \S/g) ?? []
  return padded.length > (text.match(/(?<![{$])[[{][\w'"*]/g) ?? []).length
}

/** Where the content of a node begins in the text that it was read from; -1 for one that was made. */
export function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? -1
}
