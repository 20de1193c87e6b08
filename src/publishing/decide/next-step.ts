import type {RunNote} from '../../contracts/run-note.js'
import type {ReleaseState} from './diagnosis.js'

/** What is known of the run that a journal is of. */
export interface KnownRun {
  readonly note: RunNote | undefined
  readonly isRunning: boolean
  /** The run of GitHub Actions that kept the journal. */
  readonly workflow?: {readonly repository: string; readonly id: string} | undefined
}

/** What somebody does next: why, and the one command; none where everything is done, or where a person has decided. */
export interface NextStep {
  readonly advice: readonly string[]
  readonly command: string | undefined
}

const ON_PURPOSE = 'doctor proposes nothing that would undo it.'

/** More lines of a message hide what comes after it. */
const MOST_LINES = 6

/** What to do about a release in this state. Nothing is proposed that would undo what somebody did on purpose. */
export function nextStep(state: ReleaseState, run: KnownRun): NextStep {
  return STEPS[state](run, againCommand(run))
}

type Step = (run: KnownRun, again: string | undefined) => NextStep

const STEPS: Readonly<Record<ReleaseState, Step>> = {
  running: ({note}) => ({
    advice: [
      `${note?.command ?? ''} is still running: process ${note?.process ?? ''}, started at ${note?.started ?? ''}. Wait for it to end, then ask again.`
    ],
    command: 'image-release doctor'
  }),
  refused: ({note}, again) => ({
    advice: [...endOf(note), 'It stopped before the first tag moved. Fix what it names, then run it again.'],
    command: again
  }),
  whole: wholeStep,
  untouched: untouchedStep,
  'rolled-back': (run, again) =>
    hasFailed(run)
      ? {
          advice: [...endOf(run.note), 'It ended before it moved the rest. Running it again finishes it.'],
          command: again
        }
      : {
          advice: [
            'New tags are there, and every tag that it moved is back: this is what rollback-release leaves.',
            `If it was rolled back on purpose, there is nothing to do. ${ON_PURPOSE}`,
            'If nobody did that, the job was killed before it moved the rest: run that job again.'
          ],
          command: undefined
        },
  half: ({note}, again) => ({
    advice: [
      ...endOf(note),
      'Some tags point at the release and some do not. This is what a killed job leaves.',
      'Running it again moves what is missing, all or none. To take it back, give the same journal to rollback-release.'
    ],
    command: again
  }),
  overtaken: () => ({
    advice: [
      'Somebody moved tags after this release: another release, or a person. Look at those before anything else.',
      `If that was a newer release, there is nothing to do. ${ON_PURPOSE}`
    ],
    command: undefined
  }),
  unknown: () => ({
    advice: [
      'A registry does not say what its tags point at, so nothing can be decided yet. Log in to it, or wait until it answers.'
    ],
    command: 'image-release doctor'
  })
}

/** Whether it is known that the run did not end well. */
function hasFailed({note}: KnownRun): boolean {
  return note !== undefined && note.state !== 'done'
}

function wholeStep(run: KnownRun, again: string | undefined): NextStep {
  if (run.note?.command === 'rollback-release' && !hasFailed(run))
    return {
      advice: [`The last run was a rollback, and every tag is where it put it. ${ON_PURPOSE}`],
      command: undefined
    }
  if (hasFailed(run))
    return {
      advice: [
        ...endOf(run.note),
        'Every tag points at the release; what failed came after that. Running it again does what is left.'
      ],
      command: again
    }
  return run.note === undefined
    ? {
        advice: [
          'Every tag points at the release. If a job failed all the same, what failed came after that: run that job again.'
        ],
        command: run.workflow === undefined ? undefined : again
      }
    : {
        advice: ['Every tag points at the release, and the run ended well. There is nothing to do.'],
        command: undefined
      }
}

function untouchedStep(run: KnownRun, again: string | undefined): NextStep {
  const none = 'No tag points at the release: none was moved, or all were put back. Nobody pulls it.'
  if (hasFailed(run))
    return {
      advice: [
        ...endOf(run.note),
        none,
        'Fix what failed, then run it again: images that are pushed are not pushed again.'
      ],
      command: again
    }
  return run.note === undefined
    ? {
        advice: [
          none,
          'If it was rolled back on purpose, there is nothing to do.',
          'Otherwise fix what the log of the job names, and run that job again: images that are pushed are not pushed again.'
        ],
        command: undefined
      }
    : {
        advice: [none, `That run ended well, so somebody put the tags back since. ${ON_PURPOSE}`],
        command: undefined
      }
}

function endOf(note: RunNote | undefined): string[] {
  if (note === undefined) return []
  const {command, state, message = '', hint} = note
  if (state === 'running') return [`${command} was killed.`]
  const lines = message.split('\n')
  const said = [...lines.slice(0, MOST_LINES), ...(lines.length > MOST_LINES ? ['  …'] : [])].join('\n')
  return [
    `${command} ${state === 'cancelled' ? 'was cancelled' : 'failed'}: ${said}`,
    ...(hint === undefined ? [] : [hint.split('\n')[0] ?? ''])
  ]
}

/** The same call once more, as it was written, or the failed jobs of the workflow. */
function againCommand({note, workflow}: KnownRun): string | undefined {
  if (note !== undefined) return ['image-release', note.command, ...note.arguments].map(quoted).join(' ')
  return workflow && `gh run rerun ${workflow.id} --failed --repo ${workflow.repository}`
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
