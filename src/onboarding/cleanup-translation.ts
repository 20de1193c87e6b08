import {translateDeleteVersions} from './delete-versions-step.js'
import {translateGhcrCleanup} from './ghcr-cleanup-step.js'
import {translateRetentionPolicy} from './retention-policy-step.js'
import {type PackageFacts, StepWords} from './step-words.js'
import type {UsedStep} from './workflow-steps.js'

/** What a step of another clean-up action comes to. */
export type CleanupTranslation =
  | {
      /** Inputs of cleanup-latest, by which the same images stay. */
      readonly inputs: Readonly<Record<string, string>>
      /** What is otherwise here, or has to be known: sentences. */
      readonly notes: readonly string[]
    }
  /** Why it has no counterpart: sentences. */
  | {readonly faults: readonly string[]}

/** The actions whose steps are translated. */
const ACTIONS: Readonly<Record<string, (step: StepWords) => void>> = {
  'dataaxiom/ghcr-cleanup-action': translateGhcrCleanup,
  'snok/container-retention-policy': translateRetentionPolicy,
  'actions/delete-package-versions': translateDeleteVersions
}

/** Says in the words of cleanup-latest what a step of another clean-up action says; undefined for any other step. */
export function translateCleanup(
  {action, with: given}: Pick<UsedStep, 'action' | 'with'>,
  facts: PackageFacts
): CleanupTranslation | undefined {
  const translate = ACTIONS[action.toLowerCase()]
  if (translate === undefined) return undefined
  const step = new StepWords({with: given}, facts)
  translate(step)
  const unknown = step.unread().map(name => `${name} is no input of it that is known here`)
  const faults = [...step.faults, ...unknown]
  return faults.length > 0
    ? {faults: [...new Set(faults)]}
    : {inputs: allowed(step.inputs), notes: [...new Set(step.notes)]}
}

/** Such a step deletes already, by the same rules: what it was, or was not, has been decided. */
function allowed(inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return inputs['dry-run'] === 'true' ? inputs : {...inputs, 'allow-deletion': 'true'}
}
