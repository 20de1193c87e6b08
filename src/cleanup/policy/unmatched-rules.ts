import type {Inventory} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import type {TagPattern} from '../../patterns/tag-pattern.js'
import {taggedIn} from './tagged-version.js'

/** Rules that name what is not there, as they were given with their input; one that is misspelt is among them. */
export function unmatchedRules(inventory: Inventory, policy: RetentionPolicy): string[] {
  const tags = taggedIn(inventory).map(({tag}) => tag)
  const isFound = ({matches, digest}: TagPattern): boolean =>
    digest === undefined
      ? tags.some(matches)
      : inventory.versions.has(digest) && !inventory.absent.has(digest)
  const missing = (input: string, patterns: readonly TagPattern[]): string[] =>
    patterns.filter(pattern => !isFound(pattern)).map(({text}) => `${input} ${text}`)
  const newest = policy.keepNewest.filter(({pattern}) => pattern !== undefined && !isFound(pattern))
  const numbered = policy.pullRequests.patterns.filter(
    ({numberOf}) => !tags.some(tag => numberOf(tag) !== undefined)
  )
  return [
    ...missing('keep-tags', policy.keepTags),
    ...missing('keep-images', policy.keepImages),
    ...missing('delete-tags', policy.deleteTags),
    ...newest.map(({text}) => `keep-newest ${text}`),
    ...numbered.map(({text}) => `pull-request-tags ${text}`),
    ...missing('development-tags', policy.development.patterns),
    ...missing('cache-tags', policy.cache.patterns)
  ]
}
