import {type Node, isScalar, isSeq} from 'yaml'
import {ReleaseError} from '../errors.js'
import type {Draft} from './draft.js'
import {jobNode, jobPair} from './step-nodes.js'
import {type LineRange, commentAbove, hasPadding, linesOf, printedAt, startOf} from './text-edits.js'
import type {Job} from './workflow-model.js'

/**
 * The lines of a job.
 * @throws ReleaseError for one that is written between brackets: there is no line that it has to itself
 */
export function jobLines({workflow: {document, file, text}}: Draft, job: string): LineRange {
  const {key} = jobPair(document, job) ?? {}
  const lines = linesOf(text, startOf(isScalar(key) ? key : undefined))
  if (lines !== undefined) return lines
  throw new ReleaseError(
    'INPUT_INVALID',
    `${file}: the job ${job} is written between brackets, and init changes whole lines`,
    {hint: 'Write each job, and each of its keys, on lines of its own, and run init again.'}
  )
}

/** Has a job wait for one more. */
export function addNeed(draft: Draft, job: Job, need: string): void {
  const {document, text} = draft.workflow
  const items = jobNode(document, job.name)?.items ?? []
  const pair = items.find(({key}) => isScalar(key) && key.value === 'needs')
  const key = (pair ?? items[0])?.key as Node | undefined
  const lines = linesOf(text, startOf(key))
  if (lines === undefined) {
    jobLines(draft, job.name)
    return
  }
  const needs = document.createNode(job.needs.length === 0 ? need : [...job.needs, need])
  if (isSeq(needs)) needs.flow = true
  const written = printedAt({needs}, lines.indent, hasPadding(text))
  draft.edits.push({start: lines.start, end: pair === undefined ? lines.start : lines.end, text: written})
  draft.claims.taken(['jobs', job.name, 'needs'], `needs, with the job ${need} beside it`)
}

/** Puts a job before another one, above the comment that belongs to that. */
export function insertJob(draft: Draft, before: string, name: string, job: unknown): void {
  const {text} = draft.workflow
  const {start, indent} = jobLines(draft, before)
  const at = commentAbove(text, start)
  draft.edits.push({start: at, end: at, text: printedAt({[name]: job}, indent, hasPadding(text))})
}
