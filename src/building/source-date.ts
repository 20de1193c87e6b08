import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {BuildJob} from './build-job.js'
import type {BuildInputs} from './inputs/build-inputs.js'

/** The time that stands in for that of the build, in seconds since the epoch, and what says so. */
export interface SourceDate {
  readonly seconds: number
  readonly from: string
}

/** The variable by which builds are told (reproducible-builds.org/specs/source-date-epoch). */
const VARIABLE = 'SOURCE_DATE_EPOCH'

/**
 * The time that an image is dated with, and its files: an argument or a variable SOURCE_DATE_EPOCH, else the date of the commit, of
 * the plan or of what is checked out. Undefined where there is none of them: then the image has the time of the build.
 */
export async function sourceDateOf(
  given: Pick<BuildInputs, 'build-args'>,
  {sourceDateEpoch}: Pick<BuildJob, 'sourceDateEpoch'>,
  ports: Pick<Ports, 'environment' | 'workflowRun'>
): Promise<SourceDate | undefined> {
  const argument = given['build-args'].find(line => line === VARIABLE || line.startsWith(`${VARIABLE}=`))
  const written = argument?.includes('=') === true ? argument.slice(VARIABLE.length + 1) : undefined
  const told = secondsIn(written ?? ports.environment(VARIABLE))
  if (told !== undefined)
    return {seconds: told, from: written === undefined ? `the variable ${VARIABLE}` : 'build-args'}
  if (sourceDateEpoch !== undefined) return {seconds: sourceDateEpoch, from: 'the commit of the plan'}
  const time = Date.parse((await runOf(ports))?.commitDate ?? '')
  return Number.isNaN(time) ? undefined : {seconds: Math.floor(time / 1000), from: 'the commit'}
}

/** A folder that is no work tree of Git has no commit: that is no fault of a build. */
async function runOf({workflowRun}: Pick<Ports, 'workflowRun'>): Promise<WorkflowRun | undefined> {
  try {
    return await workflowRun()
  } catch {
    return undefined
  }
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,11}$/.test(text.trim()) ? Number(text) : undefined
}

/** For the log: what two builds of this commit have in common, and why where it is not the digest. */
export function describeSourceDate(date: SourceDate | undefined, obstacles: readonly string[]): string {
  const time =
    date === undefined
      ? 'Timestamps: those of the build, for there is no commit'
      : `Timestamps: ${new Date(date.seconds * 1000).toISOString()}, of ${date.from}`
  return obstacles.length === 0
    ? `${time}.`
    : `${time}. Two builds of this commit have different digests: ${obstacles.join('; ')}.`
}
