import {shortDigest} from '../../oci/digest.js'
import type {JournalDocument} from '../../contracts/journal-document.js'
import {type Markdown, code, joined, markdownTable, prose} from '../../shared/markdown.js'

/** The section of the job summary that says, after a failure, what stood at every tag before it. */
export function journalSummary({tags}: JournalDocument): Markdown {
  const rows = tags.map(({reference, before, after}) => [
    code(reference),
    before === undefined ? prose`nothing` : code(before.digest),
    before?.digest === after.digest ? prose`stays` : code(shortDigest(after.digest))
  ])
  return joined([
    prose`## What stood at the tags`,
    prose`The release failed after it had begun to move tags, or shortly before. Before that, this stood at the tags; ${code('rollback-release')} takes the journal and puts it back.`,
    markdownTable(['Tag', 'Before', 'Was to become'], rows)
  ])
}
