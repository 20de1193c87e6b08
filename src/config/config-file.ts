import {LineCounter, type Node, type Pair, isMap, isScalar, parseDocument} from 'yaml'
import {InputError, type InputIssue} from '../errors.js'
import type {InputTable, Texts} from '../inputs/input.js'
import {nearest} from '../inputs/nearest.js'
import {type ConfigLine, configLines, lineOf, textOf} from './config-text.js'

/** What a file says, in the form of inputs. */
export interface ConfigFile {
  /** The texts of the inputs that it names. */
  readonly texts: Texts
  /** Lays the line of the file into what is wrong with the line of an input. */
  locate(issue: InputIssue): InputIssue
}

/**
 * Reads a file of settings: a map whose keys are inputs. Each scalar is the text that stands there, so that 3.10 stays 3.10.
 * @param file its path, for messages
 * @throws InputError with all faults, each with the line of the file
 */
export function parseConfigFile(file: string, text: string, table: InputTable): ConfigFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {schema: 'failsafe', lineCounter: lines})
  const issues: InputIssue[] = document.errors.map(({message, pos}) => ({
    input: `${file}:${lines.linePos(pos[0]).line}`,
    message: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''
  }))
  const found = new Map<string, readonly ConfigLine[]>()
  for (const {key, value} of issues.length > 0 ? [] : entriesOf(document.contents, file)) {
    const name = textOf(key as Node)
    const report = (line: number, message: string): number =>
      issues.push({input: `${file}:${line}`, message: `${name}: ${message}`})
    const input = Object.hasOwn(table, name) ? table[name] : undefined
    if (input === undefined || name === 'config')
      report(lineOf(key as Node, {lines}), unknownKey(name, table))
    else if (input.secret)
      report(lineOf(key as Node, {lines}), 'is a secret, which does not belong in a file')
    else found.set(name, configLines(input, value as Node, {document, lines, report}))
  }
  if (issues.length > 0) throw new InputError(issues)
  return {
    texts: Object.fromEntries(
      [...found].map(([name, each]) => [name, each.map(line => line.text).join('\n')])
    ),
    locate: issue => locate(issue, file, found.get(issue.input))
  }
}

/** The entries of the file; none where it is empty. */
function entriesOf(contents: unknown, file: string): readonly Pair[] {
  if (isMap(contents)) return contents.items
  if (contents === null || (isScalar(contents) && textOf(contents) === '')) return []
  throw new InputError([
    {input: `${file}:1`, message: 'is not a map of settings, such as images: ghcr.io/owner/image'}
  ])
}

function unknownKey(name: string, table: InputTable): string {
  const names = Object.keys(table).filter(each => each !== 'config' && table[each]?.secret !== true)
  const guess = nearest(name, names)
  return `there is no such setting; ${guess === undefined ? `known are ${names.join(', ')}` : `did you mean ${guess}?`}`
}

function locate(issue: InputIssue, file: string, lines: readonly ConfigLine[] | undefined): InputIssue {
  if (lines === undefined) return issue
  const [start = '', number = '1'] = /^line (\d+): /.exec(issue.message) ?? []
  const line = lines[Number(number) - 1]?.line ?? lines[0]?.line ?? 1
  return {input: `${file}:${line}`, message: `${issue.input}: ${issue.message.slice(start.length)}`}
}
