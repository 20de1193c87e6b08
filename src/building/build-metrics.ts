import {keepFiles} from '../checks/artifact-files.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import {messageOf} from '../errors.js'
import {parseTag} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {growthLines} from './metrics/metrics-table.js'
import type {BuildJob} from './build-job.js'
import type {BuildView} from './build-result.js'
import type {BuildTools} from './build-tools.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import type {GatePlan} from './gate-plan.js'

/** Says what grew, and keeps the numbers of a build for later runs where that is asked for. */
export async function keepMetrics(
  {metrics, growth = []}: BuildView,
  {plan, isKept}: {readonly plan: GatePlan; readonly isKept: boolean},
  ports: Pick<Ports, 'artifacts' | 'reporter'>
): Promise<void> {
  for (const line of growthLines(growth)) ports.reporter.warning(`${plan.title}: ${line}`)
  if (!isKept || metrics === undefined) return
  const text = `${JSON.stringify(metrics, undefined, 2)}\n`
  await keepFiles(plan.names.metrics, [{name: 'metrics.json', text}], ports)
}

/**
 * The metrics that a build is compared with: what was given, else those that stand beside what its tags point at until
 * now. Whoever keeps no metrics has none there, and nobody is asked; what cannot be read is no reason to fail.
 */
export async function earlierMetrics(
  given: Pick<BuildInputs, 'metrics-baseline' | 'keep-metrics' | 'plan'>,
  {images: [repository], target, push}: BuildJob,
  {registries, ports}: Pick<BuildTools, 'registries' | 'ports'>
): Promise<readonly BuildMetrics[]> {
  if (given['metrics-baseline'] !== undefined) return given['metrics-baseline']
  if (!given['keep-metrics'] || !push || repository === undefined) return []
  const planned = given.plan?.targets.find(({name}) => name === target)
  const tags = (planned?.tags ?? []).filter(tag => tag.class !== 'immutable').map(({name}) => parseTag(name))
  if (tags.length === 0) return []
  try {
    const {readHistoryAt} = await import('./metrics/release-history.js')
    return (await readHistoryAt(registries.repository(repository, 'pull'), tags))?.builds ?? []
  } catch (error) {
    ports.reporter.debug(`No metrics of an earlier release: ${messageOf(error)}`)
    return []
  }
}
