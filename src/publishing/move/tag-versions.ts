import type {Tag} from '../../oci/reference.js'
import {pendingPublished, publishedAs} from '../../versions/version-names.js'
import {type TagMove, candidateAt, isWrite} from './tag-moves.js'

/** Whether the versions that a repository lists decide about a tag: an alias of a release that has a version itself. */
export function isVersioned({tag, options}: Pick<TagMove, 'tag' | 'options'>): boolean {
  return tag.class === 'forward' && options.facts.version !== undefined && options.rule === undefined
}

/** Whether a move writes to an alias that gives way to newer versions. */
export function isForwardWrite(move: TagMove): boolean {
  return isWrite(move) && isVersioned(move) && !move.options.allowBackward
}

/** The version of what was at an alias when it was decided, if its tag was listed then or later, and is no more. */
export function takenBack(move: TagMove, listed: readonly Tag[]): Tag | undefined {
  const {standing, published, witnessed = []} = move
  const name = standing && publishedAs([...published, ...witnessed], standing, candidateAt(move))
  return name === undefined || listed.includes(name) ? undefined : name
}

/**
 * A version that is listed, that is newer than what is at an alias, and that is not the one of this release: it belongs
 * to a release under way, or to one that was rolled back on purpose.
 */
export function pendingAt(move: TagMove): Tag | undefined {
  return pendingPublished(move.published, move.tag.name, move.standing, candidateAt(move))
}

/**
 * The tags that appeared since this release looked first. A version among them belongs to a release under way: none of
 * them was rolled back on purpose.
 */
export function appearedSince(
  {published, publishedFirst = published}: TagMove,
  listed: readonly Tag[]
): Tag[] {
  return listed.filter(tag => !publishedFirst.includes(tag))
}
