import {isScalar} from 'yaml'
import type {BuildPlace, Draft} from './draft.js'
import type {EntryPath} from './github-workflow.js'
import {jobPair} from './step-nodes.js'
import {linesOf, startOf} from './text-edits.js'
import type {Job} from './workflow-model.js'

/** What only the step that builds can say: the outputs beside the digest, and how it ended. */
const OF_BUILD = '(outputs\\.(?:imageid|metadata)|outcome|conclusion)\\b'

/** Has expressions of a job ask the step that builds where they asked the old one for more than its digest. */
export function rewire(draft: Draft, job: Job, places: readonly BuildPlace[]): void {
  const replaced = places
    .filter(({step}) => step.id !== undefined)
    .map(({publish, build}) => ({
      pattern: new RegExp(`\\bsteps\\.${publish}\\.${OF_BUILD}`, 'g'),
      by: `steps.${build}.$1`
    }))
  for (const {pattern, by} of replaced) replaceInJob(draft, job.name, pattern, by)
  claimTexts(draft, job, text => replaced.some(({pattern}) => text.search(pattern) !== -1))
}

/** Replaces what matches in the lines of a job, but not where they are written anew. */
export function replaceInJob(
  draft: Draft,
  job: string,
  pattern: RegExp,
  by: string | ((whole: string, ...groups: string[]) => string)
): void {
  const {document, text} = draft.workflow
  const pair = jobPair(document, job)
  const lines = linesOf(text, startOf(isScalar(pair?.key) ? pair.key : undefined))
  if (lines === undefined) return
  for (const match of text.slice(lines.start, lines.end).matchAll(pattern)) {
    const start = lines.start + match.index
    const isAnew = draft.edits.some(edit => edit.start <= start && start < edit.end)
    const [whole, ...groups] = match
    const text = typeof by === 'string' ? whole.replace(pattern, by) : by(whole, ...groups)
    if (!isAnew && text !== whole) draft.edits.push({start, end: start + whole.length, text})
  }
}

/** Says of all texts of a job that hold something that they ask another step now. */
export function claimTexts(draft: Draft, job: Job, isChanged: (text: string) => boolean): void {
  const below = (value: unknown, path: EntryPath): void => {
    if (typeof value === 'string') {
      if (isChanged(value) && draft.claims.fateOf(path) === undefined)
        draft.claims.taken(
          path,
          'the same text, whose expressions ask the step that takes the place of the old one'
        )
    } else if (Array.isArray(value)) value.forEach((item, at) => below(item, [...path, at]))
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) below(item, [...path, key])
  }
  below(job.value, ['jobs', job.name])
}
