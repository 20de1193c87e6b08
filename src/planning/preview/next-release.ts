import {ReleaseError, InputError} from '../../errors.js'
import type {Plan} from '../../contracts/plan.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {Ports} from '../../ports.js'
import type {OrderedVersion} from '../../versions/version-order.js'
import {newestOf, publishedVersions} from '../../versions/version-names.js'
import {factsOf} from '../../ci/run-facts.js'
import type {ReleaseConfig} from '../release-plan.js'
import {type CheckOptions, askForPlan} from './plan-check.js'
import {baseOf} from './sample-runs.js'
import {type NextRelease, planSample} from './sample-plan.js'
import {type PlanAnswers, expectMoves} from './tag-preview.js'

/** What is released first, where nothing is known of an earlier version. */
const FIRST = '1.0.0'

/**
 * What a pull request would release, by the settings of its branch: when it is merged, and by the next version. Both are plans
 * of runs that are not there yet, so nothing of them is refused, and what registries do not answer is noted in them.
 * @param ask whether registries and Git are asked what is at the tags now
 */
export async function nextReleases(
  config: ReleaseConfig,
  run: WorkflowRun,
  options: CheckOptions & {readonly ask: 'auto' | 'note' | 'never'},
  ports: Ports
): Promise<NextRelease[]> {
  if (!factsOf(run, config.shortShaLength).isPullRequest) return []
  const ask = async (plan: Plan): Promise<PlanAnswers> =>
    options.ask === 'never' ? {repositories: [], gitTags: []} : await askForPlan(plan, options, ports)
  const branch = run.baseRef ?? run.defaultBranch ?? 'main'
  const base = {...baseOf(run), defaultBranch: run.defaultBranch ?? branch, event: 'push'}
  const merged = planOf(config, {...base, ref: `refs/heads/${branch}`})
  const onTag = (tag: string): Plan | undefined => planOf(config, {...base, ref: `refs/tags/${tag}`}, tag)
  const {tag, why} = await nextGitTag(config, onTag, ask)
  const released = onTag(tag)
  const shown = [
    ...(isRelease(merged) ? [{when: `merged into ${branch}`, why: '', plan: merged}] : []),
    ...(isRelease(released) ? [{when: `released by the Git tag ${tag}`, why, plan: released}] : [])
  ]
  return await Promise.all(
    shown.map(async next => ({...next, plan: expectMoves(next.plan, await ask(next.plan))}))
  )
}

/** Undefined where the settings refuse such a run. */
function planOf(config: ReleaseConfig, run: WorkflowRun, version?: string): Plan | undefined {
  try {
    return planSample(config, run, version).plan
  } catch (error) {
    if (error instanceof ReleaseError || error instanceof InputError) return undefined
    throw error
  }
}

function isRelease(plan: Plan | undefined): plan is Plan {
  return plan?.push === true && plan.targets.some(({tags}) => tags.length > 0)
}

/** The version that is given, else the one after the newest that Git or a registry has. */
async function nextGitTag(
  {version}: ReleaseConfig,
  onTag: (tag: string) => Plan | undefined,
  ask: (plan: Plan) => Promise<PlanAnswers>
): Promise<{readonly tag: string; readonly why: string}> {
  if (version !== undefined && version.text !== '')
    return {tag: `v${version.text.replace(/^v/, '')}`, why: 'the version that the settings give'}
  const sample = onTag(`v${FIRST}`)
  if (sample === undefined) return {tag: `v${FIRST}`, why: ''}
  const {repositories, gitTags} = await ask(sample)
  const names = [...gitTags, ...repositories.flatMap(({published}) => published)]
  const candidate = {version: FIRST, named: FIRST}
  const newest = newestOf(
    [...publishedVersions(names, candidate), ...publishedVersions(names, {...candidate, named: `v${FIRST}`})],
    []
  )
  if (newest === undefined) return {tag: `v${FIRST}`, why: 'the first, because no version is found'}
  return {tag: `v${after(newest)}`, why: `the one after ${newest.text}, the newest that is found`}
}

function after({numbers}: OrderedVersion): string {
  return [...numbers.slice(0, -1), (numbers.at(-1) ?? 0n) + 1n].join('.')
}
