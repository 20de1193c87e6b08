import {InputError, messageOf} from '../errors.js'
import {json} from '../command/input.js'
import {parseReference} from '../oci/reference.js'
import {type JournalDocument, type JournalTag, parseJournal} from '../contracts/journal-document.js'
import {shortDigest, isDigest} from '../oci/digest.js'
import type {NewestRun, Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import {
  type DiagnosedTag,
  type FoundNow,
  type ReleaseState,
  type TagsState,
  diagnoseTag,
  disagreementLines,
  stateOf
} from './decide/diagnosis.js'
import {firstTry} from './decide/journal-tries.js'
import {nextStep} from './decide/next-step.js'
import {diagnosisSummary, diagnosisText} from './report/diagnosis-text.js'
import {type Patience, patienceOf} from '../registry/client/patience.js'
import {readTag} from './move/tag-reading.js'
import {command} from '../command/command.js'
import {openRegistries} from '../registry/open-registries.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {wait} from '../command/shared-inputs.js'

const inputs = {
  journal: json(
    {
      summary:
        'The journal of the release that failed, as the artifact release-journal-1 has it: its JSON, or a file that holds it. Without it, that of the last run in this folder, .image-release/journal.',
      placeholder: 'JSON|FILE'
    },
    parseJournal
  ),
  wait,
  insecure,
  'registry-credentials': registryCredentials
}

/** Explains a release that failed. */
export const doctor = command({
  name: 'doctor',
  summary: 'Explain a release that failed, from its journal and what the registries have now.',
  description:
    'Finds the last run in this folder and its journal, or takes one, reads what every tag points at now, and says what moved, what did not, what somebody else moved since, and the one command to run next. It proposes nothing that would undo what somebody did on purpose. Nothing is written.',
  inputs,
  prints: 'diagnosis',
  outputs: {
    diagnosis: 'The verdict, every tag, and what to run.',
    state:
      'whole, untouched, half, rolled-back, overtaken, unknown, refused (no tag had begun to move) or running.',
    command: 'The one command to run next; empty if there is nothing to do, or where a person has decided.',
    tags: 'JSON: each tag with its state, and what it pointed at, was to point at and points at now.'
  },
  examples: [
    {line: 'image-release doctor', remark: 'What became of the last run in this folder?'},
    {
      line: 'image-release doctor --journal journal.json --output state',
      remark: 'Of a job of a workflow, from its artifact release-journal-1; for a script: one word'
    }
  ],
  async run(given, ports) {
    const {run, journal, isRefused} = await findRun(given.journal, ports)
    const registries = openRegistries(given, ports)
    const patience = patienceOf(given, ports)
    const found = await Promise.all(
      (journal?.tags ?? []).map(async tag => diagnoseTag(tag, await pointsAtNow(tag, registries, patience)))
    )
    const state = run.isRunning ? 'running' : judge(stateOf(found), isRefused)
    // What was refused is not what the journal is of.
    const tags = state === 'refused' ? [] : found
    const next = nextStep(state, {note: run.note, isRunning: run.isRunning, workflow: journal?.run})
    const version = state === 'refused' ? undefined : journal?.version
    const isRollback = run.note?.command === 'rollback-release' && state !== 'refused'
    const diagnosis = {
      state,
      version,
      tags,
      disagreeing: disagreementLines(tags, shown),
      isRollback,
      ...next
    }
    ports.reporter.summary(diagnosisSummary(diagnosis))
    return {
      diagnosis: diagnosisText(diagnosis),
      state,
      command: next.command ?? '',
      tags: JSON.stringify(tags satisfies DiagnosedTag[])
    }
  }
})

/** A run that was refused may have been to finish one that was killed half way: then that is what counts. */
function judge(state: TagsState, isRefused: boolean): ReleaseState {
  return isRefused && state !== 'half' ? 'refused' : state
}

interface FoundRun {
  readonly run: Pick<NewestRun, 'note' | 'isRunning'>
  /** Undefined where no tag has ever begun to move. */
  readonly journal: JournalDocument | undefined
  /** Whether the run ended before a tag had begun to move. */
  readonly isRefused: boolean
}

/**
 * The run to look at: that of a journal that is given, or the last one.
 * @throws InputError where there is none
 */
async function findRun(given: JournalDocument | undefined, {journal: kept}: Ports): Promise<FoundRun> {
  const newest = await kept.newest?.()
  if (given !== undefined) return {run: runOf(given, newest), journal: given, isRefused: false}
  const {note, isRunning = false, journals = []} = newest ?? {}
  const last = journals.findLastIndex(({place}) => note?.journals.includes(place))
  const tries = last === -1 ? journals : journals.slice(0, last + 1)
  if (note === undefined && tries.length === 0)
    throw new InputError([
      {
        input: 'journal',
        message:
          'no journal is in .image-release/journal: no release was made in this folder. Pass the journal of the job: its artifact release-journal-1'
      }
    ])
  return {
    run: {note, isRunning},
    journal: firstTry(tries.map(({text}) => parseJournal(text))),
    isRefused: note !== undefined && note.state !== 'done' && note.journals.length === 0
  }
}

const NO_RUN: FoundRun['run'] = {note: undefined, isRunning: false}

/** A journal that is given may be one of the last run. */
function runOf(given: JournalDocument, newest: NewestRun | undefined): FoundRun['run'] {
  if (newest === undefined) return NO_RUN
  const text = JSON.stringify(given)
  const own = newest.journals.find(one => JSON.stringify(parseJournal(one.text)) === text)
  return own !== undefined && newest.note?.journals.includes(own.place) === true ? newest : NO_RUN
}

function shown(digest: string): string {
  return isDigest(digest) ? shortDigest(digest) : digest
}

/** A registry that does not answer is a finding, not a failure. */
async function pointsAtNow(
  {reference, after}: JournalTag,
  registries: Registries,
  patience: Patience
): Promise<FoundNow> {
  try {
    const {repository, tag} = parseReference(reference)
    if (tag === undefined) return {fault: 'the journal names no tag here'}
    const client = registries.repository(repository, 'pull')
    return {digest: await readTag({client, tag}, after.digest, patience)}
  } catch (error) {
    return {fault: messageOf(error)}
  }
}
