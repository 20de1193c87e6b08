import type {Reporter} from '../ports.js'
import {journalSummary} from './report/journal-summary.js'
import type {ReleaseJournal} from './move/release-journal.js'

/** What stood at the tags goes into the summary only where something fails: else the table of the release says it. */
export async function summarizeJournalOnFailure<T>(
  journal: ReleaseJournal,
  reporter: Reporter,
  work: () => Promise<T>
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (journal.document !== undefined) reporter.summary(journalSummary(journal.document))
    throw error
  }
}
