import type {Plan} from '../../contracts/plan.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {type DecidedRelease, type ReleaseConfig, planRelease} from '../release-plan.js'

/** A release that a pull request would become. */
export interface NextRelease {
  /** What has to happen for it: `merged into main`. */
  readonly when: string
  /** Why it is this version; may be empty. */
  readonly why: string
  readonly plan: Plan
}

/**
 * The plan of a run that a repository may have one day. A version that is given is that of the sample, as it would be by then.
 * @throws what planRelease throws
 */
export function planSample(config: ReleaseConfig, run: WorkflowRun, version?: string): DecidedRelease {
  return planRelease(sampleConfig(config, version), run)
}

/** The settings, with the version that a sample would have where one is given to them. */
export function sampleConfig(config: ReleaseConfig, version?: string): ReleaseConfig {
  if (config.version === undefined || version === undefined) return config
  return {...config, version: {...config.version, text: version}}
}
