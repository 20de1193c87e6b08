import type {PlannedRepository} from './repository-cleanup.js'
import {InputError, type InputIssue, ReleaseError} from '../errors.js'
import {RULES, idleSettings, isSaid, rulesOf, saidOfDeletion} from './cleanup-settings.js'
import type {CleanupValues} from './cleanup-work.js'

/** Inputs that say where. */
const PLACES = ['release', 'superseded', 'images', 'packages', 'actions-caches'] as const

/** Rules about what has no tag, which nothing can follow where no listing names it. */
const UNTAGGED_RULES: readonly string[] = ['untagged', 'keep-newest-untagged']

/**
 * @throws InputError where no place is named, nothing is said that could go, two inputs say opposite things, or one says
 * nothing
 */
export function assertRules(given: CleanupValues): void {
  const issues: InputIssue[] = []
  if (!PLACES.some(name => isSaid(given[name])))
    issues.push({input: 'release', message: 'is required, or images, packages, or superseded'})
  if (rulesOf(given).length === 0 && !given.validate)
    issues.push({
      input: 'delete-tags',
      message: `is missing, or another input that says what goes; without any, nothing would ever be deleted: ${RULES.join(', ')}`
    })
  throwAny([...issues, ...opposites(given)])
}

/**
 * For a clean-up that comes after a release, before that begins.
 * @throws InputError where two inputs say opposite things, or one says nothing
 */
export function assertNoOpposites(given: CleanupValues): void {
  throwAny(opposites(given))
}

function opposites(given: CleanupValues): InputIssue[] {
  const idle = [...new Set([...rulesOf(given), ...saidOfDeletion(given)])]
  const issues = given.validate ? [] : idleSettings(given)
  if (given.validate && idle.length > 0)
    issues.push({
      input: 'validate',
      message: `deletes nothing: leave out ${idle.join(', ')}. After a clean-up every tag is read anyway`
    })
  if (given.untagged && given['keep-newest-untagged'] !== undefined)
    issues.push({input: 'untagged', message: 'deletes what keep-newest-untagged keeps; give one of them'})
  return issues
}

function throwAny(issues: readonly InputIssue[]): void {
  if (issues.length > 0) throw new InputError(issues)
}

/**
 * Rules that cannot be followed in a repository, for its host does not list what has no tag: sentences.
 * @throws ReleaseError CLEANUP_REFUSED where nothing else is to be done anywhere
 */
export function impossibleRules(planned: readonly PlannedRepository[], given: CleanupValues): string[] {
  const rules = rulesOf(given)
  const asked = rules.filter(rule => UNTAGGED_RULES.includes(rule))
  const unlisted = planned.filter(({capabilities}) => !capabilities.listsUntagged)
  if (asked.length === 0 || unlisted.length === 0) return []
  const faults = unlisted.map(
    ({client, backend}) =>
      `${client.name}: cannot apply ${asked.join(' and ')}, because ${backend.name} does not list what has no tag`
  )
  if (asked.length === rules.length && unlisted.length === planned.length)
    throw new ReleaseError('CLEANUP_REFUSED', faults.join('; '), {
      hint: 'Nothing was deleted. What is untagged is found on GHCR, and on GitHub Enterprise Server with backend: ghcr; elsewhere by the garbage collection of the registry, or from a release by release and superseded.'
    })
  return faults
}

/**
 * Patterns and digests that match nothing in any repository.
 * @throws ReleaseError CLEANUP_REFUSED where that is not to be
 */
export function unmatchedEverywhere(planned: readonly PlannedRepository[], isStrict: boolean): string[] {
  const [first, ...others] = planned.map(({plan}) => plan.unmatched)
  const unmatched = (first ?? []).filter(rule => others.every(rules => rules.includes(rule)))
  if (isStrict && unmatched.length > 0)
    throw new ReleaseError('CLEANUP_REFUSED', `these match nothing: ${unmatched.join('; ')}`, {
      hint: 'Nothing was deleted. Look at their spelling, take them out, or leave strict out.'
    })
  return unmatched
}
