import {type TextMap, objectOf, textsOf} from './workflow-model.js'

/** A step of a workflow that uses an action. */
export interface UsedStep {
  readonly job: string
  /** `docker/metadata-action`, without its version. */
  readonly action: string
  readonly with: TextMap
}

/** Reads a step; undefined where it uses no action. */
export function usedStep(job: string, step: unknown): UsedStep | undefined {
  const uses = objectOf(step)['uses']
  if (typeof uses !== 'string') return undefined
  return {job, action: uses.replace(/@.*$/, ''), with: textsOf(objectOf(step)['with'])}
}
