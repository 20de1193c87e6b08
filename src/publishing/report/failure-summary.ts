import {shortDigest} from '../../oci/digest.js'
import type {JournalDocument} from '../../contracts/journal-document.js'
import {type Markdown, code, joined, markdownTable, prose, words} from '../../shared/markdown.js'

/** How far a release came that failed. */
export interface FailedRelease {
  /** The message, and what to do. */
  readonly message: string
  readonly hint: string | undefined
  readonly isCancelled: boolean
  /** none: no tag had begun to move; begun: they may have, and the hint says what is at each; moved: all of them. */
  readonly tags: 'none' | 'begun' | 'moved'
  /** What was at every tag before, where that was written down. */
  readonly journal: JournalDocument | undefined
}

/** The section of the job summary of a release that failed: what happened, what became of the tags, and what to do. */
export function failureSummary({message, hint, isCancelled, tags, journal}: FailedRelease): Markdown {
  return joined([
    isCancelled ? prose`## The release was cancelled` : prose`## The release failed`,
    prose`> [!CAUTION]\n${quoted(message)}`,
    prose`**Tags:** ${STATES[tags]}`,
    ...(hint === undefined ? [] : [prose`**Next:** ${words(hint)}`]),
    ...(journal === undefined ? [] : [journalTable(journal)])
  ])
}

const STATES: Readonly<Record<FailedRelease['tags'], Markdown>> = {
  none: prose`no tag was moved.`,
  begun: prose`they had begun to move. What follows says what each points at now.`,
  moved: prose`all of them point at this release; what failed came after.`
}

function journalTable({tags}: JournalDocument): Markdown {
  const rows = tags.map(({reference, before, after}) => [
    code(reference),
    before === undefined ? prose`nothing` : code(before.digest),
    before?.digest === after.digest ? prose`the same` : code(shortDigest(after.digest))
  ])
  return joined([
    prose`What each tag pointed at before this run. ${code('rollback-release')} takes the journal and puts it back.`,
    markdownTable(['Tag', 'Before', 'Planned'], rows)
  ])
}

function quoted(text: string): Markdown {
  return joined(
    text.split('\n').map(line => prose`> ${words(line)}`),
    '\n'
  )
}
