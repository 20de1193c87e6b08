import {ReleaseError} from '../../errors.js'
import type {Tag} from '../../oci/reference.js'
import type {JournalDocument, JournalTag} from '../../contracts/journal-document.js'
import type {ReleaseDocument} from '../../contracts/release-document.js'
import {OCI_INDEX} from '../../oci/media-type.js'
import {compareOrdered, parseOrdered} from '../../versions/version-order.js'
import {shortDigest} from '../../oci/digest.js'
import type {ReleaseFacts} from '../../contracts/planned-image.js'
import type {CurrentState, TagDecision} from './tag-decision.js'
import {affixesOf, lineOf, releasedVersion, currentVersion} from '../../versions/version-names.js'

/** A tag of a journal that something was at before. */
export type ReplacedTag = JournalTag & {readonly before: NonNullable<JournalTag['before']>}

/** What it goes back to, with why that cannot be read, where it cannot. */
export type ReplacedContent = ReplacedTag & {readonly odd?: string | undefined}

/** What a journal asks for. */
export interface JournalRollback {
  /** Aliases and branch tags, which go back. */
  readonly replaced: readonly ReplacedTag[]
  /** Tags that were new. */
  readonly fresh: readonly JournalTag[]
  /** Version tags that were published again: a version that is out stays. */
  readonly kept: readonly JournalTag[]
}

/** Sorts the tags of a journal by what a rollback does with them; those that the release left alone are in none. */
export function planJournalRollback({tags}: JournalDocument): JournalRollback {
  const moved = tags.filter(({before, after}) => before?.digest !== after.digest)
  const isKept = ({class: tagClass}: JournalTag): boolean => tagClass === 'immutable'
  const replaced = moved.filter((tag): tag is ReplacedTag => tag.before !== undefined)
  return {
    replaced: replaced.filter(tag => !isKept(tag)),
    fresh: moved.filter(({before}) => before === undefined),
    kept: replaced.filter(isKept)
  }
}

/** What a release document says of how tags stood before, as its journal would: for whoever has the one and not the other. */
export function journalOf({targets}: ReleaseDocument): JournalDocument {
  const tags = targets.flatMap(({digest, tags: all}) =>
    all
      .filter(({state}) => state === 'new' || state === 'moved')
      .map(({reference, before, class: tagClass = 'forward'}): JournalTag => ({
        reference,
        class: tagClass,
        ...(before === undefined ? {} : {before: {digest: before, mediaType: ''}}),
        after: {digest, mediaType: OCI_INDEX}
      }))
  )
  return {schema: 1, tags}
}

/** Whether a tag goes back to what a journal says: only where the release that the journal is of still is there. */
export function decideByJournal(
  {before, after, odd}: ReplacedContent,
  standing: CurrentState | undefined,
  isForced: boolean
): TagDecision {
  if (standing?.digest === before.digest) return {action: 'same'}
  if (isForced || standing?.digest === after.digest)
    return standing === undefined ? {action: 'create'} : {action: 'move', ...noteOf(odd)}
  const found = standing === undefined ? 'is gone' : `points at ${shortDigest(standing.digest)}`
  return {action: 'refuse', note: `${found}, and not at ${shortDigest(after.digest)} as the journal says`}
}

function noteOf(odd: string | undefined): {readonly note?: string} {
  return odd === undefined ? {} : {note: `${odd}; it was there before, and goes back`}
}

/**
 * What is known of the version that a tag names, with the name as the tag writes it.
 * @param facts what the image behind the tag says of itself
 * @throws ReleaseError VERSION_INVALID where the tag names no stable version in full
 */
export function namedVersion(tag: Tag, facts: ReleaseFacts): ReleaseFacts & {readonly version: string} {
  const said = [facts.version, facts.named].find(text => parseOrdered(text ?? '') !== undefined)
  const version = said ?? tag
  const parsed = parseOrdered(version)
  // Where the image says 1.2.3, a tag 1.2 is an alias of it.
  if (tag.includes(version) && parsed?.isPrerelease === false && parsed.numbers.length > 1)
    return {...facts, version, named: tag}
  throw new ReleaseError('VERSION_INVALID', `${tag} does not name a stable version in full, such as 1.2.3`, {
    hint: 'Aliases such as 1.2 and latest belong to stable versions. Name the tag of one.'
  })
}

/** The tags that follow the line of a version: 1.2, 1 and latest for 1.2.3, in the same variant. */
export function aliasesOf(tags: readonly Tag[], version: ReleaseFacts): Tag[] {
  const {prefix, suffix} = affixesOf(version)
  return tags.filter(
    tag =>
      tag === `latest${suffix}` ||
      (tag.startsWith(prefix) && tag.endsWith(suffix) && lineOf(tag, version).length > 0)
  )
}

/** Whether an alias goes back to a version: only from a newer one. */
export function decideByVersion(
  version: ReleaseFacts,
  target: CurrentState,
  standing: CurrentState | undefined,
  isForced: boolean
): TagDecision {
  if (standing?.digest === target.digest) return {action: 'same'}
  if (standing === undefined) return {action: 'keep', note: 'is gone'}
  const [ours, theirs] = [releasedVersion(version), currentVersion(standing, version)]
  if (standing.odd !== undefined) return {action: 'move', note: `${standing.odd}; it is replaced`}
  if (ours === undefined || theirs === undefined)
    return isForced
      ? {action: 'move', note: 'what was there names no version to compare with'}
      : {action: 'refuse', note: 'is at an image that names no version, which may be anything'}
  if (compareOrdered(theirs, ours) > 0) return {action: 'move', note: `${theirs.text} was there`}
  return {action: 'keep', note: `stays at ${theirs.text}, which is not newer than ${ours.text}`}
}
