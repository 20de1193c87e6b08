import {type Document, type Node, type Pair, type YAMLMap, type YAMLSeq, isMap, isScalar, isSeq} from 'yaml'
import {ReleaseError} from '../errors.js'
import type {Draft} from './draft.js'
import {commentAbove, hasPadding, itemsInPlace, linesOf, skipEmptyLines, startOf} from './text-edits.js'

/** The node of a job; undefined where it is no map. */
export function jobNode(document: Document, job: string): YAMLMap | undefined {
  const node = document.getIn(['jobs', job], true)
  return isMap(node) ? node : undefined
}

/** The entry of a job in the map of all jobs. */
export function jobPair(document: Document, job: string): Pair | undefined {
  const jobs = document.get('jobs')
  return isMap(jobs) ? jobs.items.find(({key}) => keyOf(key) === job) : undefined
}

/** The steps of a job; undefined for one that has none. */
export function stepsNode(document: Document, job: string): YAMLSeq | undefined {
  const node = jobNode(document, job)?.get('steps', true)
  return isSeq(node) ? node : undefined
}

/**
 * Puts steps in the place of one. What stands above it in the file, a comment or an empty line, stays there.
 * @throws ReleaseError for steps that are written between brackets: there is no line that one of them has to itself
 */
export function writeSteps(
  {workflow: {document, file, text}, edits}: Draft,
  {job, at}: {readonly job: string; readonly at: number},
  steps: readonly YAMLMap[]
): void {
  const old = stepsNode(document, job)?.items[at] as Node | undefined
  const lines = linesOf(text, startOf(old))
  if (lines === undefined)
    throw new ReleaseError(
      'INPUT_INVALID',
      `${file}: the steps of the job ${job} are written between brackets, and init changes whole lines`,
      {hint: 'Write each step on lines of its own, beginning with "- ", and run init again.'}
    )
  for (const step of steps) Object.assign(step, {flow: false, spaceBefore: false})
  // What is gone takes its comment along, and the empty line behind it.
  if (steps.length === 0)
    edits.push({start: commentAbove(text, lines.start), end: skipEmptyLines(text, lines.end), text: ''})
  else edits.push({...lines, text: itemsInPlace(steps, lines, hasPadding(text))})
}

/** Has a step use another action; the comment behind the old one named its version. */
export function setUses(step: YAMLMap, uses: string): void {
  const scalar = step.get('uses', true)
  if (isScalar(scalar)) {
    scalar.value = uses
    scalar.comment = null
  } else step.set('uses', uses)
}

/** The map below a key, made where there is none. */
export function mapBelow(document: Document, parent: YAMLMap, key: string): YAMLMap {
  const node = parent.get(key, true)
  if (isMap(node)) {
    node.flow = false
    return node
  }
  const made = document.createNode({}) as YAMLMap
  parent.set(key, made)
  return made
}

/** Sets a text; one of several lines as a block. */
export function setText(document: Document, map: YAMLMap, key: string, text: string): void {
  map.set(key, textNode(document, text))
}

/** A text as a node; one of several lines as a block. */
export function textNode(document: Document, text: string): unknown {
  const scalar = document.createNode(text)
  if (text.includes('\n')) scalar.type = 'BLOCK_LITERAL'
  return scalar
}

/** A key of a step that is made: a text, or a map such as `with`; undefined for none. */
type StepKey = string | undefined | Readonly<Record<string, string>>

/** A step, its keys in the order that is given and none for what is undefined. */
export function newStep(document: Document, keys: Readonly<Record<string, StepKey>>): YAMLMap {
  const node = document.createNode({}) as YAMLMap
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) continue
    if (typeof value === 'string') node.set(key, textNode(document, value))
    else {
      const below = document.createNode({}) as YAMLMap
      for (const [name, text] of Object.entries(value)) below.set(name, textNode(document, text))
      node.set(key, below)
    }
  }
  return node
}

/** Puts a key before another one, for the order that people read steps in. */
export function putFirst(step: YAMLMap, key: string): void {
  const index = step.items.findIndex(item => keyOf(item.key) === key)
  const [pair] = index === -1 ? [] : step.items.splice(index, 1)
  if (pair === undefined) return
  const place = step.items.findIndex(item => keyOf(item.key) === 'uses')
  // A comment before the first key of a step belongs to the step.
  step.items.splice(Math.max(0, place), 0, pair)
}

/** Says something to a person above a step. */
export function sayBefore(node: YAMLMap, lines: readonly string[]): void {
  if (lines.length === 0) return
  node.commentBefore = lines.map(line => ` ${line}`).join('\n')
}

function keyOf(key: unknown): unknown {
  return isScalar(key) ? key.value : key
}
