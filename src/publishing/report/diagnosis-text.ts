import {isDigest, shortDigest} from '../../oci/digest.js'
import type {DiagnosedTag, ReleaseState, TagFinding} from '../decide/diagnosis.js'
import {
  type Markdown,
  code,
  fence,
  joined,
  markdownTable,
  prose,
  textTable,
  words
} from '../../shared/markdown.js'

const FATES: Readonly<Record<TagFinding, string>> = {
  moved: 'points at the release',
  unmoved: 'did not move, or was put back',
  same: 'was the release before',
  other: 'points at something else',
  unknown: 'unknown'
}

/** The same of a rollback, whose journal has the old digests as those to move to. */
const ROLLBACK_FATES: typeof FATES = {
  ...FATES,
  moved: 'rolled back',
  unmoved: 'not rolled back',
  same: 'was there already'
}

const STATES: Readonly<Record<ReleaseState, string>> = {
  whole: 'All tags point at the release.',
  untouched: 'No tag points at the release.',
  'rolled-back': 'The release was taken back.',
  half: 'The release is half done.',
  overtaken: 'Somebody moved tags after the release.',
  unknown: 'A registry does not answer.',
  refused: 'The last run moved no tag.',
  running: 'A release is under way.'
}

/** What a diagnosis says. */
export interface Diagnosis {
  readonly state: ReleaseState
  /** The version of the journal, where it names one. */
  readonly version: string | undefined
  readonly tags: readonly DiagnosedTag[]
  readonly advice: readonly string[]
  /** Tags that registries disagree about, each with what it points at where. */
  readonly disagreeing: readonly string[]
  /** The one command to run next. */
  readonly command: string | undefined
  /** Whether the tags were last moved by a rollback, which is what the journal is of then. */
  readonly isRollback: boolean
}

/** The diagnosis for a terminal: the verdict, every tag, and what to run. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const {tags, advice, disagreeing, command} = diagnosis
  const rows = tags.map(tag => [`  ${tag.reference}`, fateOf(tag, diagnosis), wayOf(tag)])
  return [
    titleOf(diagnosis),
    ...(rows.length === 0 ? [] : ['', ...textTable(rows)]),
    ...(disagreeing.length === 0
      ? []
      : ['', 'The registries disagree:', ...disagreeing.map(one => `  ${one}`)]),
    '',
    ...advice,
    ...(command === undefined ? [] : ['', 'Run:', `  ${command}`])
  ].join('\n')
}

/** The same as a section of the job summary. */
export function diagnosisSummary(diagnosis: Diagnosis): Markdown {
  const rows = diagnosis.tags.map(tag => [
    code(tag.reference),
    words(fateOf(tag, diagnosis)),
    words(wayOf(tag))
  ])
  const {advice, disagreeing, command} = diagnosis
  return joined([
    prose`## ${words(titleOf(diagnosis))}`,
    ...(rows.length === 0 ? [] : [markdownTable(['Tag', 'State', 'Digests'], rows)]),
    ...(disagreeing.length === 0 ? [] : [prose`The registries disagree: ${words(disagreeing.join('; '))}.`]),
    ...advice.map(one => prose`- ${words(one)}`),
    ...(command === undefined ? [] : [fence('sh', command)])
  ])
}

function fateOf({fate}: DiagnosedTag, {isRollback}: Diagnosis): string {
  return (isRollback ? ROLLBACK_FATES : FATES)[fate]
}

function titleOf({state, version, isRollback}: Diagnosis): string {
  if (isRollback && state === 'whole') return 'The rollback is in place.'
  return version === undefined ? STATES[state] : `${version}: ${STATES[state]}`
}

function wayOf({before, after, now, fate, fault}: DiagnosedTag): string {
  if (fault !== undefined) return fault
  const was = `was ${shortOf(before)}`
  return fate === 'other'
    ? `${was}, was to be ${shortOf(after)}, is ${shortOf(now)}`
    : `${was}, is ${shortOf(now)}`
}

function shortOf(digest: string | undefined): string {
  return digest === undefined ? 'nothing' : isDigest(digest) ? shortDigest(digest) : digest
}
