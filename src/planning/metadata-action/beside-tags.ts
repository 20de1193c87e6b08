import {commitDateOf} from '../../ci/run-facts.js'
import {compareOrdered} from '../../versions/version-order.js'
import {sanitizeTag} from '../tags/named-tag.js'
import type {BesideFacts, DifferenceRow} from './difference-row.js'

/** What is otherwise beside the tags that the rules give: where they move to, labels, annotations, dates, provenance. */
export const BESIDE_DIFFERENCES: readonly DifferenceRow[] = [
  {
    id: 'older-version',
    given: 'the tag `v1.9.1`, while 2.0.1 is published',
    there: 'moves `latest`',
    here: '`latest` stays',
    isBeside: ({move}) => move !== undefined && compareOrdered(move.from, move.to) > 0
  },
  {
    id: 'same-name',
    given: '`feature/a` and `feature-a`',
    there: 'one tag, silently',
    here: 'noted; `ref-names: unique` tells them apart',
    isBeside: ({texts = []}) => texts.some(text => sanitizeTag(text) !== text)
  },
  {
    id: 'created',
    given: '`org.opencontainers.image.created`',
    there: 'the clock of the run',
    here: 'the date of the commit: the same digest again',
    isBeside: ({run, labels, annotations}) =>
      run !== undefined &&
      commitDateOf(run) !== new Date(run.startedAt).toISOString() &&
      [labels, annotations].some(
        text => text !== undefined && !isWritten('org.opencontainers.image.created', text)
      )
  },
  {
    id: 'commit-date',
    given: '`{{commit_date}}` without a checkout',
    there: 'by the API',
    here: 'the date in the event; else by the API, where `github-token` is given; else the start of the run, with a note',
    isBeside: ({run, templates = ''}) =>
      run !== undefined && run.commitDate === undefined && /\{\{\{?\s*commit_date\b/.test(templates)
  },
  {
    id: 'label-without-value',
    given: 'a label without `=`, or with nothing before it',
    there: 'is dropped, or has an empty name',
    here: 'an error',
    isBeside: ({labels = '', annotations = ''}) =>
      [...linesOf(labels), ...linesOf(annotations)].some(line => line.indexOf('=') < 1)
  },
  {
    id: 'annotations',
    given: 'annotations',
    there: 'at the manifest',
    here: 'at manifest and index',
    isBeside: ({levels}) => levels !== undefined && levels.there.join() !== levels.here.join()
  },
  {
    id: 'provenance',
    given: 'a build without `provenance`',
    there: 'adds provenance (build-push-action)',
    here: 'none, unless `provenance` asks for it',
    isBeside: ({build}) => build !== undefined && isGivenProvenance(build)
  }
]

/** A row that holds beside the tags, as a document has it. */
export type BesideRow = Pick<DifferenceRow, 'id' | 'given' | 'there' | 'here'>

/** The rows that hold by any of these facts, each once. */
export function besideRows(facts: readonly BesideFacts[]): BesideRow[] {
  const rows = BESIDE_DIFFERENCES.filter(({isBeside}) => facts.some(one => isBeside?.(one)))
  return rows.map(({id, given, there, here}) => ({id, given, there, here}))
}

/** The rows as lines for a terminal; none where nothing is otherwise. */
export function besideLines(rows: readonly BesideRow[]): string[] {
  return rows.length === 0
    ? []
    : [
        '',
        'Beside the tags:',
        ...rows.map(({given, there, here}) => `- ${given}: there ${there}; here ${here}`)
      ]
}

/** Where nothing is asked build-push-action attests, unless the image goes to Docker alone (its src/context.ts, v6). */
function isGivenProvenance(build: NonNullable<BesideFacts['build']>): boolean {
  const {provenance = '', attests = '', load = '', outputs = ''} = build
  const isAsked = provenance.trim() !== '' || /(?:^|[\s,])type=provenance\b/.test(attests)
  const isForDocker = load.trim().toLowerCase() === 'true' || /(?:^|[\s,])type=docker\b/.test(outputs)
  return !isAsked && !isForDocker
}

function isWritten(key: string, text: string): boolean {
  return linesOf(text).some(line => line.slice(0, Math.max(0, line.indexOf('='))).trim() === key)
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim().replace(/^"(.*)"$/, '$1'))
    .filter(line => line !== '' && !line.startsWith('#'))
}
