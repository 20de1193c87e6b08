import {
  NoOperationTraceWriter,
  isBasicExpression,
  isMapping,
  isSequence,
  parseWorkflow
} from '@actions/workflow-parser'
import {parseDocument} from 'yaml'
import type {FoundFile} from './found-file.js'
import {workflowBoundFault} from './workflow-text.js'

/** The template tokens of GitHub's parser. */
type Token = Parameters<typeof isMapping>[0]

/** Keys and positions that lead to a value: `['jobs', 'build', 'steps', 0, 'uses']`. */
export type EntryPath = readonly (string | number)[]

/** A value of a workflow that holds no others. */
export interface Entry {
  readonly path: EntryPath
  /** As it is written; `{}` and `[]` for what is empty. */
  readonly text: string
  /** How many expressions it has; a condition is one without braces, too. */
  readonly expressions: number
}

/** A workflow, value by value. */
export interface Entries {
  readonly file: string
  readonly entries: readonly Entry[]
  /** Why GitHub refuses the file: sentences; none for a workflow that it runs. */
  readonly faults: readonly string[]
}

/** Reads every value of a workflow by GitHub's own parser, which also says what GitHub would refuse. */
export function readEntries({file, text}: FoundFile): Entries {
  const bound = workflowBoundFault(text)
  if (bound !== undefined) return {file, entries: [], faults: [`line ${bound.line} ${bound.message}`]}
  const {context, value} = parseWorkflow({name: file, content: text}, new NoOperationTraceWriter())
  const faults = context.errors.getErrors().map(({message}) => message)
  if (value === undefined) return {file, entries: [], faults}
  // How many aliases there are, and how much they stand for, is bounded. The parser joins texts and expressions into one expression: what is written comes from the file.
  const written: unknown = parseDocument(text).toJS({maxAliasCount: -1})
  return {file, entries: [...entriesOf(value, written, [])], faults}
}

function* entriesOf(token: Token, written: unknown, path: EntryPath): Generator<Entry> {
  let isEmpty = true
  if (isMapping(token))
    for (const {key, value} of token) {
      isEmpty = false
      yield* entriesOf(value, childOf(written, key.toString()), [...path, key.toString()])
    }
  else if (isSequence(token))
    for (const [position, item] of [...token].entries()) {
      isEmpty = false
      yield* entriesOf(item, childOf(written, position), [...path, position])
    }
  if (!isEmpty) return
  const text = textOf(written)
  const isCondition = path.at(-1) === 'if'
  const expressions = isBasicExpression(token) ? (token.originalExpressions?.length ?? 1) : 0
  yield {path, text, expressions: isCondition ? Math.max(1, expressions) : expressions}
}

function childOf(parent: unknown, key: string | number): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined
  return (parent as Readonly<Record<string | number, unknown>>)[key]
}

/** How a value of YAML is written, in one way whatever its quotes. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A path as people write it: `jobs.build.steps[0].uses`. */
export function formatPath(path: EntryPath): string {
  return path
    .map((key, place) => (typeof key === 'number' ? `[${key}]` : `${place === 0 ? '' : '.'}${key}`))
    .join('')
}
