import {keepFiles} from '../checks/artifact-files.js'
import type {Ports} from '../ports.js'
import {growthLines} from './metrics/metrics-table.js'
import type {BuildView} from './build-result.js'
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
