import {type TextMap, textsOf} from './workflow-model.js'
import {objectIn} from '../shared/json.js'

/** A step of a workflow that uses an action. */
export interface UsedStep {
  readonly job: string
  /** `docker/metadata-action`, without its version. */
  readonly action: string
  readonly with: TextMap
}

/** Reads a step; undefined where it uses no action. */
export function usedStep(job: string, step: unknown): UsedStep | undefined {
  const uses = objectIn(step)['uses']
  if (typeof uses !== 'string') return undefined
  return {job, action: uses.replace(/@.*$/, ''), with: textsOf(objectIn(step)['with'])}
}
