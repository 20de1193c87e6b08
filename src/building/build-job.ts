import {type InputIssue, InputError} from '../errors.js'
import {nearest} from '../shared/did-you-mean.js'
import {type Platform, formatPlatform, isSamePlatform, parsePlatform, platformSlug} from '../oci/platform.js'
import {type Repository, formatRepository, parseRepository} from '../oci/reference.js'
import type {BuildSettings, Plan, PlannedBuild, PlannedTarget} from '../contracts/plan.js'

/** What the inputs say of a build job. */
export interface BuildJobInputs {
  readonly plan: Plan | undefined
  readonly 'plan-target': string | undefined
  readonly platforms: readonly Platform[]
  readonly images: readonly Repository[]
  readonly record: string | undefined
}

/** One image to build, and where it goes. */
export interface BuildJob {
  /** The id of the plan. */
  readonly plan?: string
  /** The plan's name for the image. */
  readonly target?: string
  readonly platform: Platform
  /** Where it is pushed to; none where it is only built. */
  readonly repositories: readonly Repository[]
  /** The repositories that it is for, whether it is pushed or not. */
  readonly images: readonly Repository[]
  /** The variant that it is: the value of each axis. */
  readonly variant?: Readonly<Record<string, string>>
  /** Whether it is pushed and handed over. */
  readonly push: boolean
  /** The name of the digest record. */
  readonly record: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** How the plan says that it is built; the inputs of the job count more. */
  readonly build?: BuildSettings
  /** Seconds since the epoch that stand in for the time of the build. */
  readonly sourceDateEpoch?: number
}

/**
 * Finds the jobs that the inputs name: several platforms where a plan has a record for each, else one.
 * @throws InputError with every fault
 */
export function findBuildJobs(given: BuildJobInputs): BuildJob[] {
  const {plan, platforms} = given
  if (plan === undefined || platforms.length < 2) return [findBuildJob(given)]
  const faults: InputIssue[] = []
  const jobs = platforms.flatMap(platform => {
    try {
      return [findBuildJob({...given, platforms: [platform]})]
    } catch (fault) {
      if (!(fault instanceof InputError)) throw fault
      faults.push(...fault.issues.filter(({message}) => faults.every(known => known.message !== message)))
      return []
    }
  })
  if (faults.length > 0) throw new InputError(faults)
  return jobs
}

/**
 * Finds the job that the inputs name, in the plan or by themselves.
 * @throws InputError with every fault
 */
function findBuildJob(given: BuildJobInputs): BuildJob {
  const issues: InputIssue[] = []
  if (given.platforms.length > 1) issues.push(severalPlatforms(given.platforms))
  const job = given.plan === undefined ? plainJob(given, issues) : plannedJob(given, given.plan, issues)
  if (job !== undefined && issues.length === 0) return job
  throw new InputError(issues)
}

function plannedJob(given: BuildJobInputs, plan: Plan, issues: InputIssue[]): BuildJob | undefined {
  if (given.images.length > 0) issues.push(decidedByPlan('images'))
  if (given.record !== undefined) issues.push(decidedByPlan('record'))
  const target = findTarget(plan, given['plan-target'], issues)
  const build = target && findBuild(target, given.platforms[0], issues)
  if (target === undefined || build === undefined) return undefined
  if (plan.push && target.images.length === 0)
    issues.push({input: 'plan', message: `the target ${target.name} has no image to push to`})
  return {
    plan: plan.id,
    target: target.name,
    platform: parsePlatform(build.platform),
    repositories: plan.push ? target.images.map(parseRepository) : [],
    images: target.images.map(parseRepository),
    ...(target.variant === undefined ? {} : {variant: target.variant}),
    push: plan.push,
    record: build.record,
    labels: target.labels,
    annotations: target.annotations,
    ...(target.build === undefined ? {} : {build: target.build}),
    sourceDateEpoch: Math.floor(Date.parse(plan.source.created) / 1000)
  }
}

function plainJob(given: BuildJobInputs, issues: InputIssue[]): BuildJob | undefined {
  const [platform] = given.platforms
  if (given['plan-target'] !== undefined)
    issues.push({input: 'plan-target', message: 'names a target of a plan, but there is no plan'})
  if (given.images.length === 0) issues.push({input: 'images', message: 'is required without a plan'})
  if (platform === undefined) {
    issues.push({input: 'platforms', message: 'is required without a plan'})
    return undefined
  }
  const repositories = new Map(given.images.map(image => [formatRepository(image), image]))
  return {
    platform,
    repositories: [...repositories.values()],
    images: [...repositories.values()],
    push: true,
    record: given.record ?? `digest-${platformSlug(platform)}`,
    labels: {},
    annotations: {}
  }
}

function findTarget(
  {targets}: Plan,
  name: string | undefined,
  issues: InputIssue[]
): PlannedTarget | undefined {
  const names = targets.map(target => target.name)
  const found =
    name === undefined && targets.length === 1 ? targets[0] : targets.find(one => one.name === name)
  if (found !== undefined) return found
  if (name === undefined) {
    const message = `is required: the plan has ${targets.length} targets (${names.join(', ') || 'none'})`
    issues.push({input: 'plan-target', message})
    return undefined
  }
  const guess = nearest(name, names)
  const advice = guess === undefined ? '' : `; did you mean ${guess}?`
  const message = `the plan has no target ${JSON.stringify(name)}, only ${names.join(', ') || 'none'}${advice}`
  issues.push({input: 'plan-target', message})
  return undefined
}

function findBuild(
  {name, builds}: PlannedTarget,
  platform: Platform | undefined,
  issues: InputIssue[]
): PlannedBuild | undefined {
  const found =
    platform === undefined && builds.length === 1
      ? builds[0]
      : builds.find(
          build => platform !== undefined && isSamePlatform(parsePlatform(build.platform), platform)
        )
  if (found !== undefined) return found
  const planned = `the plan builds ${name} for ${builds.map(build => build.platform).join(', ')}`
  const message =
    platform === undefined
      ? `is required: ${planned}`
      : `${formatPlatform(platform)} is not planned: ${planned}`
  issues.push({input: 'platforms', message})
  return undefined
}

function severalPlatforms(platforms: readonly Platform[]): InputIssue {
  const message = `takes one platform, not ${platforms.map(formatPlatform).join(', ')}, without a plan: a plan has a record for each`
  return {input: 'platforms', message}
}

function decidedByPlan(input: string): InputIssue {
  return {input, message: 'is decided by the plan; give either a plan or this'}
}
