import {ReleaseError, messageOf} from '../errors.js'
import type {Plan} from '../contracts/plan.js'
import {parseRelease} from '../contracts/release-document.js'
import {parseVerification} from '../contracts/verification-document.js'
import type {Ports} from '../ports.js'
import {factsOfPlan} from '../publishing/decide/publication-plan.js'
import {supersededEarlier} from '../publishing/move/release-journal.js'
import {cleanupLatest} from '../cleanup/cleanup-latest.js'
import type {Outputs} from '../command/command.js'
import {mergeManifest} from '../publishing/merge-manifest.js'
import {releaseNotesCommand} from '../delivery/release-notes.js'
import {verifyRelease} from '../publishing/verify-release.js'
import {type TargetBuild, recordsOf} from './build-targets.js'
import {writesNotes} from './release-checks.js'
import type {ReleaseValues} from './release-inputs.js'
import type {ReleaseSteps} from './release-steps.js'
import type {StepInputs} from './step-inputs.js'

/** What a release needs whose images are built. */
export interface BuiltRelease {
  readonly plan: Plan
  readonly builds: readonly TargetBuild[]
  readonly inputs: StepInputs
  readonly given: ReleaseValues
}

/** What the steps after the builds gave out. */
export interface FinishedRelease {
  readonly merged: Outputs
  readonly report?: string
  readonly notes?: string
  readonly url?: string
  readonly deleted?: string
}

/** Moves the tags of a release whose images are built, and does what comes after that. */
export async function finishRelease(built: BuiltRelease, steps: ReleaseSteps): Promise<FinishedRelease> {
  const {plan, builds, inputs, given} = built
  const merged = await steps.run('merge', async ports =>
    mergeManifest.run({...inputs.merge, plan, records: recordsOf(builds)}, answered(ports))
  )
  if (given.until === 'merge') return {merged}
  const release = parseRelease(merged.release)
  const isWanted = (step: (typeof given.skip)[number]): boolean => !given.skip.includes(step)
  const verified = isWanted('verify')
    ? await steps.run('verify', async ports => verifyRelease.run({...inputs.verify, release}, ports))
    : undefined
  const report = verified?.report
  const told =
    isWanted('notes') && plan.version !== undefined
      ? await steps.run('notes', async ports => writeNotes(built, {release, report}, ports))
      : undefined
  const cleaned = isWanted('clean-up')
    ? await steps.run('clean-up', async ports => {
        const earlier = given.resume ? await supersededEarlier(release, factsOfPlan(plan), ports) : []
        const superseded = [...inputs.cleanup.superseded, ...earlier]
        return await cleanUp({...inputs, cleanup: {...inputs.cleanup, superseded}}, release, ports)
      })
    : undefined
  return {merged, ...(report === undefined ? {} : {report}), ...told, ...cleaned}
}

/** What is going to happen was asked about before anything was built. */
function answered(ports: Ports): Ports {
  return {...ports, confirm: () => Promise.resolve(true)}
}

async function writeNotes(
  {plan, builds, inputs}: BuiltRelease,
  {release, report}: {readonly release: ReturnType<typeof parseRelease>; readonly report: string | undefined},
  ports: Ports
): Promise<{notes: string; url: string}> {
  const isWritten = writesNotes(plan, inputs)
  const {notes, url} = await releaseNotesCommand.run(
    {
      ...inputs.notes,
      release,
      'write-to': isWritten ? 'github-release' : 'file',
      report: report === undefined ? undefined : parseVerification(report),
      metrics: inputs.notes.metrics ?? builds.flatMap(({view}) => view?.metrics ?? [])
    },
    ports
  )
  if (!isWritten)
    ports.reporter.info(
      'The notes are in the output notes. To write them into the release on GitHub, add a section release-notes to the settings.'
    )
  return {notes, url}
}

/** Why a clean-up that nobody asked for in the settings is left out. */
const NOT_ALLOWED: readonly string[] = ['CREDENTIALS_INVALID', 'RIGHT_MISSING']

/** Somebody who does not want to delete, or may not and never said to, has released all the same. */
async function cleanUp(
  {cleanup, sections}: Pick<StepInputs, 'cleanup' | 'sections'>,
  release: ReturnType<typeof parseRelease>,
  ports: Ports
): Promise<{deleted: string}> {
  const state = {isRefused: false}
  const confirm: Ports['confirm'] = async (question, unasked) => {
    const answer = await ports.confirm(question, unasked)
    state.isRefused = !answer
    return answer
  }
  try {
    const {deleted} = await cleanupLatest.run({...cleanup, release}, {...ports, confirm})
    return {deleted}
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    if (state.isRefused && error.code === 'CANCELLED') return {deleted: ''}
    if (sections.has('cleanup-latest') || !NOT_ALLOWED.includes(error.code)) throw error
    const hint = error.hint === undefined ? '' : ` ${error.hint}`
    ports.reporter.warning(
      `Nothing was cleaned up: ${messageOf(error)}.${hint} Or leave it out: skip: clean-up.`
    )
    return {deleted: ''}
  }
}
