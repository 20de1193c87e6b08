import type {Command, Outputs} from '../command/command.js'
import {tryParseJson} from '../shared/json.js'

/** All outputs as JSON: what is a document is one, and what has a value a line is an array. */
export function resultJson({lists = []}: Pick<Command, 'lists'>, outputs: Outputs): string {
  const entries = Object.entries(outputs).map(([name, text]) => [
    name,
    lists.includes(name) ? linesOf(text) : documentOf(text)
  ])
  return JSON.stringify(Object.fromEntries(entries), undefined, 2)
}

/** Lines of one output that a terminal is shown. */
const MOST_LINES = 8

/** All outputs that say something, for a person at a terminal; documents and long lists by their name alone. */
export function resultTable(outputs: Outputs, columns: number): string {
  const told = Object.entries(outputs).filter(([, text]) => text !== '')
  const isLong = ([, text]: readonly [string, string]): boolean =>
    typeof documentOf(text) === 'object' || linesOf(text).length > MOST_LINES
  const rows = told.filter(one => !isLong(one))
  const long = told.filter(isLong).map(([name]) => name)
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2
  return [
    ...rows.flatMap(([name, text]) =>
      linesOf(text).map((line, at) => `${(at === 0 ? name : '').padEnd(width)}${line}`)
    ),
    ...(long.length === 0 ? [] : wrapList('More, by --output NAME or --json:', long, columns))
  ].join('\n')
}

function wrapList(title: string, names: readonly string[], columns: number): string[] {
  const lines = [title]
  for (const [at, name] of names.entries()) {
    const word = at === names.length - 1 ? name : `${name},`
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 1 > columns) lines.push(`  ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

/** An output that is itself a document stands in the JSON as that, not as a text in quotes. */
function documentOf(text: string): unknown {
  return /^[{[]/.test(text) ? (tryParseJson(text) ?? text) : text
}
