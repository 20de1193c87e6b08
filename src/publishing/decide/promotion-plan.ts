import type {Tag} from '../../oci/reference.js'
import {parseOrdered} from '../../versions/version-order.js'
import type {PublishedTag, ReleaseFacts} from '../../contracts/planned-image.js'
import {affixesOf, lineOf, currentVersion} from '../../versions/version-names.js'

/** What an image says of its release, with the version alone where it is called more than that. */
export function promotedFacts(facts: ReleaseFacts): ReleaseFacts {
  const version = facts.version ?? currentVersion(facts, {})?.text
  return version === undefined ? facts : {...facts, version}
}

/**
 * How a tag moves that nobody planned, by its name: one that is called as the image itself, or as a whole version, stays
 * what it is; one of a line of versions and `latest` go forward; any other, such as `production`, follows the commit.
 */
export function promotedTag(name: Tag, facts: ReleaseFacts): PublishedTag {
  if (name === facts.version || name === facts.named || isWholeVersion(name))
    return {name, class: 'immutable'}
  const {suffix} = affixesOf(facts)
  const isAlias = lineOf(name, facts).length > 0 || parseOrdered(name) !== undefined
  const isForward = isAlias || name === 'latest' || name === `latest${suffix}`
  return {name, class: isForward ? 'forward' : 'moving'}
}

function isWholeVersion(name: string): boolean {
  return (parseOrdered(name)?.numbers.length ?? 0) >= 3
}
