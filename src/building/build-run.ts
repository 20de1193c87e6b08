import {formatRepository} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import type {BuildJob} from './build-job.js'
import {buildLines, buildSummary} from './build-summary.js'
import type {BuildView, PushView} from './build-result.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import {type GateWork, runChecks} from './build-gates.js'
import {type BuildFolders, buildImage} from './build-image.js'
import {earlierMetrics, keepMetrics} from './build-metrics.js'
import {pushEverywhere} from './build-push.js'
import {buildOf} from './build-request.js'
import type {BuildTools} from './build-tools.js'
import {viewOf} from './build-view.js'
import type {GatePlan} from './gate-plan.js'
import {Phases} from './metrics/phases.js'
import {saveDigestRecord} from './save-digest-record.js'

/** One image to build, and what is to hold of it. */
export interface GatedJob {
  readonly job: BuildJob
  readonly gates: GatePlan
  /** A hash of the sources, where they are known; it is kept beside the record. */
  readonly sources?: string | undefined
}

/**
 * Builds one image for one platform, pushes it by digest and hands the digest over.
 * @throws BuilderError where the build fails; what the gates, the push and the hand-over throw
 */
export async function buildAndSaveRecord(
  given: BuildInputs,
  {job, gates, sources}: GatedJob,
  tools: BuildTools
): Promise<BuildView> {
  const {ports} = tools
  const view = await withPrivateFolder(folder => buildAndPush(given, {job, folder, plan: gates}, tools))
  report(view, ports)
  await keepMetrics(view, {plan: gates, isKept: given['keep-metrics']}, ports)
  const build = {...buildOf(given, job, ports), ...(sources === undefined ? {} : {sources})}
  if (job.push) await saveDigestRecord(view, {how: given['hand-over'], build}, ports)
  return view
}

/** Builds one image and pushes it. What must hold of an image before it may be pushed stands between the two. */
async function buildAndPush(
  given: BuildInputs,
  {plan, ...place}: BuildFolders & {readonly plan: GatePlan},
  tools: BuildTools
): Promise<BuildView> {
  const phases = new Phases(tools.ports.clock)
  const built = await phases.measure('build', () => buildImage(given, place, tools))
  if (!place.job.push)
    tools.ports.reporter.notice('It is only built: nothing is pushed, and no digest is handed over.')
  const work: GateWork = {given, plan, place, built, tools, phases}
  const {pushed, results} = await runChecks(work, () => pushMeasured(work))
  return viewOf(work, pushed, results, await earlierMetrics(given, place.job, tools))
}

/** Registries are sent to side by side: each has a phase of its own. */
async function pushMeasured({place, built, tools, phases}: GateWork): Promise<PushView[]> {
  const start = tools.ports.clock.now()
  const pushes = await pushEverywhere(built.image, place.job, tools)
  for (const {repository, milliseconds} of pushes)
    phases.add(`push ${formatRepository(repository)}`, start, milliseconds)
  return pushes
}

function report(view: BuildView, {reporter}: Ports): void {
  for (const line of buildLines(view)) reporter.info(line)
  reporter.summary(buildSummary(view))
}
