import {type JournalDocument, parseJournal} from '../contracts/journal-document.js'
import {ReleaseError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {parseJson} from '../shared/json.js'

/** One journal, or a list of them. */
export function parseJournals(text: string): readonly JournalDocument[] {
  if (!text.trimStart().startsWith('[')) return [parseJournal(text)]
  return documentsIn(text).map(entry => parseJournal(JSON.stringify(entry)))
}

function documentsIn(text: string): unknown[] {
  const list = parseJson(
    text,
    cause => new ReleaseError('PLAN_INVALID', `not a list of journals: ${messageOf(cause)}`, {cause})
  )
  return Array.isArray(list) ? list : [list]
}

/** What a journal needs in a repository to put its tags back, and what they were moved to. */
export function journalDigests(journals: readonly JournalDocument[], image: string): Digest[] {
  return journals
    .flatMap(({tags}) => tags)
    .filter(({reference}) => reference.startsWith(`${image}:`))
    .flatMap(({before, after}) => (before === undefined ? [after.digest] : [before.digest, after.digest]))
}
