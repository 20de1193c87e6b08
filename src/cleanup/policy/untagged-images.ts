import type {Digest} from '../../oci/digest.js'
import {isDamagedAway} from './damaged-images.js'
import type {StoredManifest, Inventory} from './inventory.js'
import {newerFirst} from './newest-images.js'
import type {RetentionPolicy} from './policy.js'
import {subjectsOf} from './reachability.js'
import {isOlder, keepingDigest} from './tagged-version.js'

/** Untagged images beyond the number of those to keep, the newest first, each with why it goes. */
export function untaggedBeyondNewest(inventory: Inventory, policy: RetentionPolicy): Map<Digest, string> {
  const {keepNewestUntagged: count, untaggedAge, now} = policy
  if (count === undefined) return new Map()
  const images = untaggedImages(inventory).filter(
    held =>
      isOlder(held, untaggedAge, now) &&
      keepingDigest(held.digest, policy) === undefined &&
      !isDamagedAway(held, inventory, policy)
  )
  const beyond = images.sort(newerFirst).slice(count)
  return new Map(beyond.map(({digest}) => [digest, `untagged, and not among the newest ${count}`]))
}

/** Neither a part of an index, nor what refers to another manifest: those go and stay with it. */
function untaggedImages({versions, referrers}: Inventory): StoredManifest[] {
  const parts = new Set<Digest>([...referrers.values()].flat())
  for (const {content} of versions.values())
    if (content.kind === 'index') for (const child of content.children) parts.add(child)
  return [...versions.values()].filter(
    held => held.tags.length === 0 && !parts.has(held.digest) && subjectsOf(held).length === 0
  )
}
