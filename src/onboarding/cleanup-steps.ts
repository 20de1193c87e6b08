import {type Document, type YAMLMap, isMap, isScalar, isSeq} from 'yaml'
import {type CleanupTranslation, translateCleanup} from './cleanup-translation.js'
import {objectIn} from '../shared/json.js'
import {withVariables} from './expression-text.js'
import type {FoundFile} from './found-file.js'
import {parseWorkflowText} from './workflow-text.js'
import type {PackageFacts} from './step-words.js'
import {
  type LineRange,
  type TextEdit,
  applyEdits,
  hasPadding,
  itemsInPlace,
  linesOf,
  startOf
} from './text-edits.js'
import {type TextMap, textsOf} from './workflow-model.js'
import {type UsedStep, usedStep} from './workflow-steps.js'

/** A workflow whose steps of other clean-up actions are translated. */
export interface CleanedWorkflow extends FoundFile {
  /** What became of each such step, and what has to be known: sentences. */
  readonly notes: readonly string[]
  /** The steps that were replaced: their job, and their place in it from 0. */
  readonly changed: readonly {readonly job: string; readonly at: number}[]
}

/** What the steps are translated with. */
export interface CleanupFacts {
  readonly packages: PackageFacts
  /** What such a step uses here: `org/image-release/cleanup-latest@v1`. */
  readonly uses: string
}

/**
 * Puts cleanup-latest in the place of steps of other clean-up actions, where the same images stay; all else stays as it is
 * written. A step that has no counterpart is left, and the reason is said.
 */
export function translateCleanups(found: FoundFile, facts: CleanupFacts): CleanedWorkflow {
  const document = parseWorkflowText(found.text)
  if (document === undefined || !isMap(document.contents)) return {...found, notes: [], changed: []}
  const notes: string[] = []
  const changed: {job: string; at: number}[] = []
  const edits: TextEdit[] = []
  for (const {job, at, node, step} of stepsIn(document)) {
    const translation = translateCleanup(step, facts.packages)
    if (translation === undefined) continue
    const faults = 'faults' in translation ? translation.faults : readersOf(node, found)
    notes.push(`${found.file}: ${noteOf(job, step, {translation, faults})}`)
    if ('faults' in translation || faults.length > 0) continue
    const lines = linesOf(found.text, startOf(node))
    replace(node, document, {uses: facts.uses, inputs: translation.inputs})
    if (lines !== undefined) edits.push({...lines, text: stepText(node, lines, found.text)})
    changed.push({job, at})
  }
  // Steps between brackets have no lines of their own: then the whole file is written anew.
  const text =
    edits.length === changed.length
      ? applyEdits(found.text, edits)
      : document.toString({lineWidth: 0, flowCollectionPadding: false})
  return {...found, text, notes, changed}
}

/** A step on lines of its own; the comment and the empty line above it stay where they are. */
function stepText(node: YAMLMap, lines: LineRange, file: string): string {
  const {commentBefore, spaceBefore} = node
  Object.assign(node, {commentBefore: null, spaceBefore: false, flow: false})
  const text = itemsInPlace([node], lines, hasPadding(file))
  Object.assign(node, {commentBefore, spaceBefore})
  return text
}

interface StepNode {
  readonly job: string
  readonly at: number
  readonly node: YAMLMap
  readonly step: UsedStep
}

function stepsIn(document: Document): StepNode[] {
  const jobs = document.get('jobs')
  if (!isMap(jobs)) return []
  const textsAt = (node: unknown): TextMap =>
    isMap(node) ? textsOf(objectIn(node.toJS(document))['env']) : {}
  return jobs.items.flatMap(({key, value}) => {
    const job = isScalar(key) ? String(key.value) : ''
    const steps = isMap(value) ? value.get('steps') : undefined
    if (!isSeq(steps)) return []
    return steps.items.flatMap((node, at) => {
      const step = isMap(node) ? usedStep(job, node.toJS(document)) : undefined
      if (step === undefined || !isMap(node)) return []
      const env = {...textsAt(document.contents), ...textsAt(value), ...textsAt(node)}
      return [{job, at, node, step: filled(step, env)}]
    })
  })
}

/** A step with the texts of variables that the workflow sets. */
function filled({with: given, ...step}: UsedStep, env: TextMap): UsedStep {
  const texts = Object.entries(given).map(([name, text]) => [name, withVariables(text, env)] as const)
  return {...step, with: Object.fromEntries(texts)}
}

/** Outputs have other forms here: who reads them has to be told first. */
function readersOf(node: YAMLMap, {text}: FoundFile): string[] {
  const id = node.get('id')
  const isRead = typeof id === 'string' && text.includes(`steps.${id}.outputs`)
  return isRead ? [`others read its outputs as steps.${id}.outputs, which have other forms here`] : []
}

function noteOf(
  job: string,
  {action}: UsedStep,
  {translation, faults}: {readonly translation: CleanupTranslation; readonly faults: readonly string[]}
): string {
  if (faults.length > 0) return `${action} in the job ${job} stays as it is: ${faults.join('; ')}.`
  const notes = 'notes' in translation ? translation.notes : []
  return `${action} in the job ${job} becomes cleanup-latest, by which the same images stay${notes.map(note => `; ${note}`).join('')}.`
}

function replace(
  node: YAMLMap,
  document: Document,
  {uses, inputs}: {readonly uses: string; readonly inputs: Readonly<Record<string, string>>}
): void {
  const scalar = node.get('uses', true)
  if (isScalar(scalar)) {
    scalar.value = uses
    // It named the version of the other action.
    scalar.comment = null
  }
  node.set('with', document.createNode(inputs))
}
