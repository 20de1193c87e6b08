import type {Digest} from '../../oci/digest.js'
import type {StoredManifest, Inventory} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import {isOlder} from './tagged-version.js'

type Rules = Pick<RetentionPolicy, 'ghosts' | 'partialImages'>

/** Why an image is damaged, by the rules that are in force; undefined for a whole one, and for one that nobody read. */
export function damageOf(
  {content}: Pick<StoredManifest, 'content'>,
  inventory: Inventory,
  {ghosts, partialImages}: Rules
): string | undefined {
  if (content.kind === 'unreadable' && content.isMissing === true && ghosts)
    return 'a ghost: it is listed, but not there'
  if (content.kind !== 'index' || content.children.length === 0) return undefined
  const missing = content.children.filter(child => isAbsent(child, inventory)).length
  if (missing === 0) return undefined
  const all = content.children.length
  if (missing === all) return ghosts ? `a ghost: none of its ${all} platforms is there` : undefined
  return partialImages ? `partial: ${missing} of its ${all} platforms are not there` : undefined
}

/** Whether an image goes because it is damaged: no number of images to keep counts it. */
export function isDamagedAway(
  held: StoredManifest,
  inventory: Inventory,
  policy: Rules & Pick<RetentionPolicy, 'olderThan' | 'now'>
): boolean {
  return isOlder(held, policy.olderThan, policy.now) && damageOf(held, inventory, policy) !== undefined
}

/** Whether a manifest is known not to be there. */
export function isAbsent(digest: Digest, {versions, isWhole, absent}: Inventory): boolean {
  if (absent.has(digest)) return true
  const held = versions.get(digest)
  if (held === undefined) return isWhole
  return held.content.kind === 'unreadable' && held.content.isMissing === true
}
