import {ReleaseError} from '../../errors.js'
import {parsePlatform, platformSlug} from '../../oci/platform.js'
import type {Plan, PlannedBuild, PlannedTarget} from '../../contracts/plan.js'
import {isEmulatedOn} from './runner-map.js'

/** The most jobs that GitHub makes of one matrix (docs.github.com, "Usage limits"). */
export const MAX_JOBS = 256

/** A build job for each platform on a runner of its own, or one for all platforms of a target. */
export const JOB_SHAPES = ['split', 'joined'] as const
export type JobShape = (typeof JOB_SHAPES)[number]

/** What `strategy.matrix` of a workflow takes: one entry for each job. */
export interface Matrix<Entry> {
  readonly include: readonly Entry[]
}

/** One build job. The axes of its variant stand beside these: `python` and 3.13. */
export interface MatrixJob {
  readonly target: string
  /** One platform; where jobs are joined all of them, with commas between them. */
  readonly platform: string
  /** The platform as names of artifacts and caches can hold it, for example linux-arm64. */
  readonly 'platform-pair': string
  readonly runner: PlannedBuild['runner']
  /** Whether the runner is of another architecture than a platform that it builds. */
  readonly emulated: boolean
  /** The name of the digest record that the job hands over; with commas between them where jobs are joined. */
  readonly record: string
}

/** One merge job. The axes of its variant stand beside these. */
export interface MergeJob {
  readonly target: string
  /** Repositories, separated by commas. */
  readonly images: string
  readonly platforms: string
}

/**
 * One build job for each target and platform, or for each target.
 * @throws ReleaseError PLAN_INVALID where GitHub would refuse that many
 */
export function buildMatrix({targets}: Pick<Plan, 'targets'>, shape: JobShape = 'split'): Matrix<MatrixJob> {
  const jobs = shape === 'split' ? buildJobs : joinedJob
  return limited('build', {include: targets.flatMap(jobs)}, targets)
}

/**
 * One merge job for each target.
 * @throws ReleaseError PLAN_INVALID where GitHub would refuse that many
 */
export function mergeMatrix({targets}: Pick<Plan, 'targets'>): Matrix<MergeJob> {
  const include = targets.map(({name, images, builds, variant}) => ({
    ...variant,
    target: name,
    images: images.join(','),
    platforms: builds.map(({platform}) => platform).join(',')
  }))
  return limited('merge', {include}, targets)
}

function buildJobs({name, builds, variant}: PlannedTarget): MatrixJob[] {
  return builds.map(({platform, runner, record}) => ({
    ...variant,
    target: name,
    platform,
    'platform-pair': platformSlug(parsePlatform(platform)),
    runner,
    emulated: isEmulatedOn(runner, parsePlatform(platform)),
    record
  }))
}

/** The first platform's runner builds them all. */
function joinedJob({name, builds, variant}: PlannedTarget): MatrixJob[] {
  const [first] = builds
  if (first === undefined) return []
  return [
    {
      ...variant,
      target: name,
      platform: builds.map(({platform}) => platform).join(','),
      'platform-pair': builds.map(({platform}) => platformSlug(parsePlatform(platform))).join('-'),
      runner: first.runner,
      emulated: builds.some(({platform}) => isEmulatedOn(first.runner, parsePlatform(platform))),
      record: builds.map(({record}) => record).join(',')
    }
  ]
}

function limited<Entry>(
  name: string,
  matrix: Matrix<Entry>,
  targets: readonly PlannedTarget[]
): Matrix<Entry> {
  const jobs = matrix.include.length
  if (jobs <= MAX_JOBS) return matrix
  const most = Math.max(...targets.map(({builds}) => builds.length))
  const made =
    name === 'build' && most > 1
      ? `${targets.length} targets of up to ${most} platforms`
      : `${targets.length} targets`
  const [largest] = axesOf(targets)
  const axis = largest === undefined ? '' : `; the axis ${largest.name} has ${largest.count} values`
  throw new ReleaseError(
    'PLAN_INVALID',
    `the ${name} matrix has ${jobs} jobs (${made}); GitHub allows ${MAX_JOBS}${axis}`,
    {
      hint:
        largest !== undefined
          ? `Name fewer values of ${largest.name}, leave out combinations in exclude-variants, or join the platforms of a target in one job (platform-jobs: joined).`
          : targets.length > most
            ? 'Split the targets over several workflows.'
            : 'Build fewer platforms.'
    }
  )
}

/** The axes of the variants, the one with the most values first. */
function axesOf(targets: readonly PlannedTarget[]): {name: string; count: number}[] {
  const values = new Map<string, Set<string>>()
  for (const {variant = {}} of targets)
    for (const [axis, value] of Object.entries(variant))
      values.set(axis, (values.get(axis) ?? new Set()).add(value))
  return [...values].map(([name, {size: count}]) => ({name, count})).sort((a, b) => b.count - a.count)
}
