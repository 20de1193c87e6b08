import {shortDigest} from '../oci/digest.js'
import type {JournalDocument} from '../plan/journal-document.js'
import {code, markdownTable} from './markdown.js'

/** The section of the job summary that says, after a failure, what stood at every tag before it. */
export function journalSummary({tags}: JournalDocument): string {
  const rows = tags.map(({reference, before, after}) => [
    code(reference),
    before === undefined ? 'nothing' : code(before.digest),
    before?.digest === after.digest ? 'stays' : code(shortDigest(after.digest))
  ])
  return [
    '## What stood at the tags',
    'The release failed after it had begun to move tags, or shortly before. Before that, this stood at the tags; `rollback-release` takes the journal and puts it back.',
    markdownTable(['Tag', 'Before', 'Was to become'], rows)
  ].join('\n\n')
}
