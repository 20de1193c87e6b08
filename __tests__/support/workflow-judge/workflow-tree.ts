import {
  NoOperationTraceWriter,
  isBasicExpression,
  isMapping,
  isScalar,
  isSequence,
  parseWorkflow
} from '@actions/workflow-parser'
import type {BasicExpressionToken} from '@actions/workflow-parser/templates/tokens/basic-expression-token'
import type {TemplateToken} from '@actions/workflow-parser/templates/tokens/template-token'
import {
  type Contexts,
  Expression,
  type Status,
  type Value,
  evaluate,
  evaluateCondition,
  textOf
} from './expression.js'

/** A workflow as it was read, with expressions where it has them. */
export type Tree =
  string | number | boolean | null | Expression | readonly Tree[] | {readonly [key: string]: Tree}

/** What GitHub's own parser makes of a file. */
export interface WorkflowTree {
  readonly file: string
  readonly text: string
  readonly root: Tree
  /** What it refuses, each with its place. */
  readonly errors: readonly string[]
}

/** Reads a workflow by GitHub's own parser. */
export function parseTree(file: string, text: string): WorkflowTree {
  const {context, value} = parseWorkflow({name: file, content: text}, new NoOperationTraceWriter())
  const errors = context.errors.getErrors().map(({message}) => message)
  return {file, text, errors, root: value === undefined ? null : treeOf(value)}
}

/** A child by its keys; undefined if there is none. */
export function at(tree: Tree | undefined, ...keys: readonly (string | number)[]): Tree | undefined {
  return keys.reduce<Tree | undefined>(
    (node, key) =>
      node === undefined || node === null || typeof node !== 'object' || node instanceof Expression
        ? undefined
        : (node as Record<string, Tree>)[key],
    tree
  )
}

/** The entries of a map, none of anything else. */
export function entriesOf(tree: Tree | undefined): [string, Tree][] {
  return isMap(tree) ? Object.entries(tree) : []
}

/** The items of a list, a lone scalar as one, none of anything else. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  if (Array.isArray(tree)) return tree as readonly Tree[]
  return tree === undefined || tree === null || isMap(tree) ? [] : [tree]
}

/** Whether it is a map with keys. */
export function isMap(tree: Tree | undefined): tree is {readonly [key: string]: Tree} {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree) && !(tree instanceof Expression)
}

/** Puts values in the place of all expressions. */
export function valueOf(tree: Tree | undefined, contexts: Contexts, status?: Status): Value {
  if (tree === undefined) return null
  if (tree instanceof Expression) return evaluate(tree.text, contexts, status)
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(item => valueOf(item, contexts, status))
  if (!isMap(tree)) return tree as Value
  return Object.fromEntries(entriesOf(tree).map(([key, item]) => [key, valueOf(item, contexts, status)]))
}

/** The texts of a map such as `with` or `env`. */
export function textsOf(tree: Tree | undefined, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(entriesOf(tree).map(([key, item]) => [key, textOf(valueOf(item, contexts))]))
}

/** Whether the condition `if` holds; it does if there is none. */
export function holds(tree: Tree | undefined, contexts: Contexts, status?: Status): boolean {
  const text = tree instanceof Expression ? tree.text : textOf((tree ?? null) as Value)
  return evaluateCondition(text === '' ? 'success()' : text, contexts, status)
}

/** All expressions, with the keys that lead to them. */
export function* expressionsIn(
  tree: Tree,
  path: readonly string[] = []
): Generator<[path: readonly string[], Expression]> {
  if (tree instanceof Expression) yield [path, tree]
  else if (Array.isArray(tree))
    for (const [index, item] of (tree as readonly Tree[]).entries())
      yield* expressionsIn(item, [...path, String(index)])
  else for (const [key, item] of entriesOf(tree)) yield* expressionsIn(item, [...path, key])
}

/** The parser leaves the indentation of the file in the lines of a block; GitHub hands them on without. */
function outdented({expression, blockScalarHeader}: BasicExpressionToken): string {
  const indentation = /^format\('( +)/.exec(expression)?.[1]
  if (blockScalarHeader === undefined || indentation === undefined) return expression
  return expression.replaceAll(new RegExp(`(^format\\('|\\n)${indentation}`, 'g'), '$1')
}

function treeOf(token: TemplateToken): Tree {
  if (isBasicExpression(token)) return new Expression(outdented(token), token.line ?? 0)
  if (isMapping(token))
    return Object.fromEntries([...token].map(({key, value}) => [key.toString(), treeOf(value)]))
  if (isSequence(token)) return [...token].map(treeOf)
  return isScalar(token) ? ((token.toJSON() ?? null) as Tree) : null
}

/** A text without expressions; empty for anything else. */
export function plainText(tree: Tree | undefined): string {
  return typeof tree === 'string' ? tree : ''
}
