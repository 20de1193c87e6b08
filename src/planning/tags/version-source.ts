import {ReleaseError} from '../../errors.js'
import type {RunFacts} from '../../ci/run-facts.js'
import {findVersion} from '../../versions/version.js'

/** What happens where Git tag and given version disagree: fail, warn and go by the Git tag, or go by one of them. */
export const MISMATCHES = ['error', 'warn', 'tag', 'file'] as const

/** A version that does not come from the Git tag. */
export interface GivenVersion {
  readonly text: string
  /** Where it stands, for people: `VERSION`, or `the input version`. */
  readonly from: string
  readonly mismatch: (typeof MISMATCHES)[number]
}

/** What version rules read, and what is to be said of it. */
export interface VersionSource {
  readonly text: string | undefined
  /** Where it stands, if it is not the Git tag. */
  readonly from?: string
  readonly notes: readonly string[]
}

/**
 * Decides between the Git tag and a version that is given.
 * @throws ReleaseError VERSION_INVALID where they disagree and `mismatch` is error
 */
export function chooseVersion(
  given: GivenVersion | undefined,
  {gitTag, isPullRequest}: RunFacts
): VersionSource {
  if (given === undefined) return {text: gitTag, notes: []}
  const {text, from, mismatch} = given
  const chosen = {text, from, notes: []}
  if (gitTag === undefined || isPullRequest || isSameVersion(gitTag, text) || mismatch === 'file')
    return chosen
  const difference = `the Git tag ${gitTag} and ${from} (${text}) are not the same version`
  if (mismatch === 'error')
    throw new ReleaseError('VERSION_INVALID', difference, {
      hint: `Change ${from} before you tag the commit, or say in version-mismatch which of them counts: tag or file.`
    })
  return {text: gitTag, notes: mismatch === 'warn' ? [`The Git tag counts: ${difference}.`] : []}
}

function isSameVersion(gitTag: string, text: string): boolean {
  const version = findVersion(text)?.version
  return gitTag === text || (version !== undefined && findVersion(gitTag)?.version === version)
}
