import {findContainerfile} from '../builders/build-context.js'
import type {BuildRequest} from '../builders/builder.js'
import {type InputIssue, InputError} from '../errors.js'
import type {BuildSettings} from '../plan/plan.js'
import {type BuildJob, findBuildJobs} from '../release/build-job.js'
import type {BuildInputs} from './build-inputs.js'

/**
 * The jobs that the inputs name.
 * @throws InputError with everything that can be wrong before a builder is asked
 */
export function checkInputs(given: BuildInputs): readonly BuildJob[] {
  const issues: InputIssue[] = []
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check()
    } catch (fault) {
      if (!(fault instanceof InputError)) throw fault
      issues.push(...fault.issues)
      return undefined
    }
  }
  const jobs = attempt(() => findBuildJobs(given))
  attempt(() => findContainerfile(sourceOf(given, jobs?.[0]?.build)))
  if (jobs !== undefined && issues.length === 0) return jobs
  throw new InputError(issues)
}

/** What a builder is asked for: what the inputs say, and what the plan says beside them. */
export function requestOf(given: BuildInputs, job: BuildJob, outputFolder: string): BuildRequest {
  const {format, pull, insecure: insecureRegistries} = given
  const target = given.target?.trim() ?? job.build?.target
  const annotations = given.annotations.filter(({isOfManifest}) => isOfManifest)
  return {
    ...sourceOf(given, job.build),
    ...(target === undefined ? {} : {target}),
    platform: job.platform,
    format,
    buildArgs: [...(job.build?.args ?? []), ...given['build-args']],
    labels: {...job.labels, ...Object.fromEntries(given.labels)},
    annotations: {...job.annotations, ...Object.fromEntries(annotations.map(({key, value}) => [key, value]))},
    noCache: given['no-cache'],
    pull,
    ...(job.sourceDateEpoch === undefined ? {} : {sourceDateEpoch: job.sourceDateEpoch}),
    insecureRegistries,
    outputFolder
  }
}

/** What is built: what the inputs say, else the plan. */
function sourceOf(
  given: Pick<BuildInputs, 'context' | 'file'>,
  planned: BuildSettings = {}
): Pick<BuildRequest, 'context' | 'file'> {
  const file = given.file?.trim() ?? planned.file
  return {
    context: given.context?.trim() ?? planned.context ?? '.',
    ...(file === undefined ? {} : {file})
  }
}
