import {InputError, ReleaseError, cancellationIn, messageOf} from '../errors.js'
import type {Reporter} from '../ports.js'
import {type FailedRelease, failureSummary} from './report/failure-summary.js'
import type {ReleaseJournal} from './move/release-journal.js'
import {isAfterUndoing} from './move/tag-transaction.js'

/** How far the work is; the work itself says when all tags are moved. */
export interface MergeProgress {
  isMoved: boolean
}

/**
 * Writes the summary of a release that failed, before what was thrown goes on: what happened, what became of the tags, and what
 * to do. Wrong use has none: nothing was begun.
 */
export async function summarizeFailure<T>(
  journal: ReleaseJournal,
  reporter: Reporter,
  work: (progress: MergeProgress) => Promise<T>
): Promise<T> {
  const progress: MergeProgress = {isMoved: false}
  try {
    return await work(progress)
  } catch (error) {
    if (!(error instanceof InputError))
      reporter.summary(
        failureSummary({
          message: messageOf(error),
          hint: error instanceof ReleaseError ? error.hint : undefined,
          isCancelled: cancellationIn(error) !== undefined,
          tags: tagsAfter(error, progress),
          journal: journal.document
        })
      )
    throw error
  }
}

function tagsAfter(error: unknown, {isMoved}: MergeProgress): FailedRelease['tags'] {
  if (isMoved) return 'moved'
  return isAfterUndoing(error) ? 'begun' : 'none'
}
