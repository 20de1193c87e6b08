import {isLoopback, parseRepository} from '../oci/reference.js'
import type {Plan} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import {isPushKnown} from '../onboarding/preflight-report.js'
import {moveLines} from './release-summary.js'
import {assertConfirmed} from '../command/confirmation.js'
import {preflight} from '../onboarding/preflight.js'
import type {ReleaseValues} from './release-inputs.js'
import type {StepInputs} from './step-inputs.js'

/**
 * Asks before the first build whether everything that comes after is allowed.
 * @returns whether it is known that all registries may be pushed to
 */
export async function checkRights(
  {plan, inputs, skip}: {readonly plan: Plan; readonly inputs: StepInputs} & Pick<ReleaseValues, 'skip'>,
  ports: Ports
): Promise<boolean> {
  if (!plan.push || skip.includes('preflight')) return false
  const {sections, merge, preflight: asked} = inputs
  const rights: typeof asked.rights = [
    ...asked.rights,
    // Without settings of its own, a clean-up that is not allowed is a warning, and no reason not to release.
    ...(sections.has('cleanup-latest') && !skip.includes('clean-up') ? (['delete'] as const) : []),
    ...(merge.sign === 'none'
      ? []
      : [merge['sign-key'] === undefined ? ('sign' as const) : ('sign-with-key' as const)]),
    ...(writesNotes(plan, inputs) && !skip.includes('notes') ? (['release'] as const) : [])
  ]
  const {report} = await preflight.run({...asked, plan, rights: [...new Set(rights)]}, ports)
  return isPushKnown(report)
}

/** Notes go to GitHub where the file of settings has a section of them, and a version is released. */
export function writesNotes(
  {version}: Plan,
  {sections, notes}: Pick<StepInputs, 'sections' | 'notes'>
): boolean {
  return version !== undefined && sections.has('release-notes') && notes['write-to'] === 'github-release'
}

/**
 * Asks once for all of a release, before the first byte goes out, with what becomes of each tag. Registries of this machine
 * are nobody else's: nothing is asked.
 * @throws ReleaseError CANCELLED where the answer is no
 */
export async function askFirst(plan: Plan, ports: Ports): Promise<void> {
  const registries = plan.targets.flatMap(({images}) => images.map(image => parseRepository(image).registry))
  if (!plan.push || registries.every(isLoopback)) return
  const builds = plan.targets.flatMap(target => target.builds)
  const count = builds.length === 1 ? 'this image' : `${builds.length} images`
  await assertConfirmed(ports, `Build ${count}, push, and move these tags?`, moveLines(plan))
}
