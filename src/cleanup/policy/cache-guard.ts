import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import {type Inventory, ownTags} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import {readAlias, readVersionTag} from '../../versions/version-tag.js'

/** A pattern of `cache-tags` that would choose what people pull. */
export interface CacheFault {
  /** As it was given. */
  readonly pattern: string
  readonly tags: readonly Tag[]
}

/**
 * Finds rules for caches that reach a release: a version, `latest`, an alias such as 1.2, or any other tag of the same
 * manifest. Age does not count: what is too young today would go tomorrow.
 */
export function cacheFaults(
  {versions}: Pick<Inventory, 'versions'>,
  {cache}: Pick<RetentionPolicy, 'cache'>
): CacheFault[] {
  const tagged = [...versions.values()].flatMap(held =>
    ownTags(held).map(tag => ({tag, digest: held.digest}))
  )
  const released = new Set(tagged.filter(({tag}) => namesRelease(tag)).map(({digest}): Digest => digest))
  return cache.patterns.flatMap(({text, matches}) => {
    const tags = tagged.filter(({tag, digest}) => matches(tag) && released.has(digest)).map(({tag}) => tag)
    return tags.length === 0 ? [] : [{pattern: text, tags: tags.sort()}]
  })
}

/** A short alias with more behind it, such as v1-app-linux-amd64, may be the tag of a cache with a prefix. */
function namesRelease(tag: Tag): boolean {
  return tag === 'latest' || readVersionTag(tag) !== undefined || readAlias(tag)?.variant === ''
}
