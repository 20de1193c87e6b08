import type {JournalDocument} from '../../contracts/journal-document.js'

/**
 * The journal that says how tags stood before a release, of all tries of it: the first one whose tags were to point where those
 * of the last were, and that nothing came between.
 * @param tries the oldest first; at least one
 */
export function firstTry(tries: readonly JournalDocument[]): JournalDocument | undefined {
  return tries.reduceRight<JournalDocument | undefined>(
    (later, earlier) => (later === undefined || isSame(earlier, later) ? earlier : later),
    undefined
  )
}

/** What was at each tag before the later try is what the earlier one found or left there. */
function isSame(earlier: JournalDocument, later: JournalDocument): boolean {
  const found = new Map(earlier.tags.map(tag => [tag.reference, tag]))
  return (
    earlier.tags.length === later.tags.length &&
    later.tags.every(({reference, before, after}) => {
      const first = found.get(reference)
      return (
        first?.after.digest === after.digest &&
        [first.before?.digest, first.after.digest].includes(before?.digest)
      )
    })
  )
}
