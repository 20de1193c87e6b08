import {questionWith} from '../command/confirmation.js'
import type {Ports} from '../ports.js'
import type {CleanupValues} from './cleanup-work.js'
import {noteSightings} from './execute/apply-cleanup.js'
import type {PlannedRepository} from './repository-cleanup.js'

const HOW_TO_ALLOW =
  'Check what would go, and name what you still need in keep-deployed or keep-tags. Then set allow-deletion: true in the workflow, or in the section cleanup-latest of the settings; on a command line --allow-deletion.'

/**
 * Whether it was said that this may delete: by the settings, or by the approval of this very plan. A repository does not show
 * whether it was ever cleaned, so that somebody has to say it once.
 */
export function mayDelete(given: CleanupValues): boolean {
  return given['allow-deletion'] || given['expected-plan'] !== undefined
}

/** Asks whoever sits at a terminal; where nobody does, the answer is no. */
export async function isAllowedByHand(
  ports: Pick<Ports, 'confirm'>,
  what: readonly string[]
): Promise<boolean> {
  return await ports.confirm(questionWith('Delete this?', what), false)
}

/** Says how it is allowed, and writes down what is here, so that ages count from now and nothing that was superseded is forgotten. */
export async function holdBack(planned: readonly PlannedRepository[], ports: Ports): Promise<void> {
  for (const one of planned) {
    const {plan} = one
    const kept = [...plan.kept, ...plan.waves.flat()]
    await noteSightings({...one, plan: {...plan, kept, tags: [], waves: []}}, [], ports)
  }
  ports.reporter.notice(`Nothing was deleted: deletion is not allowed yet. ${HOW_TO_ALLOW}`)
}
