import {isDigest, shortDigest} from '../../oci/digest.js'
import type {DiagnosedTag, ReleaseState, TagFinding} from '../decide/diagnosis.js'
import {type Markdown, code, joined, markdownTable, prose, textTable, words} from '../../shared/markdown.js'

const FATES: Readonly<Record<TagFinding, string>> = {
  moved: 'moved to the release',
  unmoved: 'did not move, or was put back',
  same: 'was the release before',
  other: 'points at something else',
  unknown: 'cannot be told'
}

const STATES: Readonly<Record<ReleaseState, string>> = {
  whole: 'The release stands whole.',
  untouched: 'The release moved nothing.',
  'rolled-back': 'What the release replaced is back.',
  half: 'The release stands half.',
  overtaken: 'The release was overtaken.',
  unknown: 'The release cannot be judged.'
}

/** What a diagnosis says. */
export interface Diagnosis {
  readonly state: ReleaseState
  /** The version of the journal, where it names one. */
  readonly version: string | undefined
  readonly tags: readonly DiagnosedTag[]
  readonly advice: readonly string[]
}

/** The diagnosis for a terminal: the verdict, every tag, and what to run. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const {tags, advice} = diagnosis
  const rows = tags.map(tag => [`  ${tag.reference}`, FATES[tag.fate], wayOf(tag)])
  return [titleOf(diagnosis), '', ...textTable(rows), '', ...advice.map(one => `- ${one}`)].join('\n')
}

/** The same as a section of the job summary. */
export function diagnosisSummary(diagnosis: Diagnosis): Markdown {
  const rows = diagnosis.tags.map(tag => [code(tag.reference), words(FATES[tag.fate]), words(wayOf(tag))])
  const table = markdownTable(['Tag', 'State', 'Digests'], rows)
  return joined([
    prose`## ${words(titleOf(diagnosis))}`,
    table,
    ...diagnosis.advice.map(one => prose`- ${words(one)}`)
  ])
}

function titleOf({state, version}: Diagnosis): string {
  return version === undefined ? STATES[state] : `${version}: ${STATES[state]}`
}

function wayOf({before, after, now, fate, fault}: DiagnosedTag): string {
  if (fault !== undefined) return fault
  const stood = `stood at ${shortOf(before)}`
  return fate === 'other'
    ? `${stood}, was to be ${shortOf(after)}, is ${shortOf(now)}`
    : `${stood}, is ${shortOf(now)}`
}

function shortOf(digest: string | undefined): string {
  return digest === undefined ? 'nothing' : isDigest(digest) ? shortDigest(digest) : digest
}
