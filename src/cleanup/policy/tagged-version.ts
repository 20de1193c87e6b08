import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import {type StoredManifest, type Inventory, ownTags, timeOf} from './inventory.js'
import {deployedDigest, deployedTag} from './deployed.js'
import type {RetentionPolicy} from './policy.js'
import type {TagPattern} from '../../patterns/tag-pattern.js'

/** One tag that people pull by, and what it points at. */
export interface TaggedVersion {
  readonly tag: Tag
  readonly held: StoredManifest
}

/** Every tag of a repository by which people pull. */
export function taggedIn({versions}: Pick<Inventory, 'versions'>): TaggedVersion[] {
  return [...versions.values()].flatMap(held => ownTags(held).map(tag => ({tag, held})))
}

type Keeping = Pick<RetentionPolicy, 'keepTags' | 'keepImages' | 'deployed'>

/**
 * Why a tag stays whatever else is said: by its name, by a tag of its image, by the digest that it points at, or because it is
 * deployed.
 */
export function keepingReason(
  {tag, held}: TaggedVersion,
  {keepTags, keepImages, deployed}: Keeping
): string | undefined {
  const named = keepTags.find(({matches, digest}) =>
    digest === undefined ? matches(tag) : digest === held.digest
  )
  if (named !== undefined) return `kept by keep-tags ${named.text}`
  const image = keepImages.find(({matches, digest}) =>
    digest === undefined ? ownTags(held).some(matches) : digest === held.digest
  )
  return image === undefined ? deployedTag(tag, held.digest, deployed) : `kept by keep-images ${image.text}`
}

/** Why a manifest stays whatever else is said, and whether it has a tag or not: it is named by its digest. */
export function keepingDigest(digest: Digest, {keepTags, keepImages, deployed}: Keeping): string | undefined {
  const isIt = (pattern: TagPattern): boolean => pattern.digest === digest
  if (keepTags.some(isIt)) return `kept by keep-tags ${digest}`
  return keepImages.some(isIt) ? `kept by keep-images ${digest}` : deployedDigest(digest, deployed)
}

/** Whether something is known to be this old. */
export function isOlder(held: StoredManifest, age: number, now: number): boolean {
  const time = timeOf(held)
  return age === 0 || (time !== undefined && now - time >= age)
}

/** The items of each key, in their order. */
export function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
