import {ReleaseError} from '../errors.js'
import {parsePlatform, platformSlug} from '../oci/platform.js'
import type {Plan, PlannedTarget} from './plan.js'

/** The most jobs that GitHub makes of one matrix (docs.github.com, "Usage limits"). */
export const MAX_JOBS = 256

/** What `strategy.matrix` of a workflow takes: one entry for each job. */
export interface Matrix<Entry> {
  readonly include: readonly Entry[]
}

/** One build job. */
export interface BuildJob {
  readonly target: string
  readonly platform: string
  /** The platform as names of artifacts and caches can hold it, for example linux-arm64. */
  readonly 'platform-pair': string
  readonly runner: string | readonly string[]
  /** The name of the digest record that the job hands over. */
  readonly record: string
}

/** One merge job. */
export interface MergeJob {
  readonly target: string
  /** Repositories, separated by commas. */
  readonly images: string
  readonly platforms: string
}

/**
 * One build job for each target and platform.
 * @throws ReleaseError PLAN_INVALID where GitHub would refuse that many
 */
export function buildMatrix({targets}: Pick<Plan, 'targets'>): Matrix<BuildJob> {
  const include = targets.flatMap(buildJobs)
  if (include.length <= MAX_JOBS) return {include}
  const most = Math.max(...targets.map(({builds}) => builds.length))
  throw new ReleaseError(
    'PLAN_INVALID',
    `the build matrix has ${include.length} jobs (${targets.length} targets of up to ${most} platforms); GitHub allows ${MAX_JOBS}`,
    {hint: targets.length > most ? 'Split the targets over several workflows.' : 'Build fewer platforms.'}
  )
}

/** One merge job for each target. */
export function mergeMatrix({targets}: Pick<Plan, 'targets'>): Matrix<MergeJob> {
  return {
    include: targets.map(({name, images, builds}) => ({
      target: name,
      images: images.join(','),
      platforms: builds.map(({platform}) => platform).join(',')
    }))
  }
}

function buildJobs({name, builds}: PlannedTarget): BuildJob[] {
  return builds.map(({platform, runner, record}) => ({
    target: name,
    platform,
    'platform-pair': platformSlug(parsePlatform(platform)),
    runner,
    record
  }))
}
