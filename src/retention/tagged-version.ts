import type {Tag} from '../oci/reference.js'
import {type HeldVersion, type Inventory, ownTags, timeOf} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import type {TagPattern} from './tag-pattern.js'

/** One tag that people pull by, and what it points at. */
export interface TaggedVersion {
  readonly tag: Tag
  readonly held: HeldVersion
}

/** Every tag of a repository by which people pull. */
export function taggedIn({versions}: Pick<Inventory, 'versions'>): TaggedVersion[] {
  return [...versions.values()].flatMap(held => ownTags(held).map(tag => ({tag, held})))
}

/** What keeps a tag whatever else is said: its own name, or the digest that it points at. */
export function keepingPattern(
  {tag, held}: TaggedVersion,
  {keepTags}: Pick<RetentionPolicy, 'keepTags'>
): TagPattern | undefined {
  return keepTags.find(({matches, digest}) => (digest === undefined ? matches(tag) : digest === held.digest))
}

/** Whether something is known to be this old. */
export function isOlder(held: HeldVersion, age: number, now: number): boolean {
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
