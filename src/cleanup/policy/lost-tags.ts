import type {Tag} from '../../oci/reference.js'
import {type Inventory, REFERRER_TAG, SEEN_TAG} from './inventory.js'
import type {RetentionPolicy} from './policy.js'
import {REMAINDER_TAG} from './tag-rules.js'

/** A tag that is listed and leads nowhere, and why it goes. */
export interface LostTag {
  readonly tag: Tag
  readonly reason: string
}

/** Which of the tags that lead nowhere go. Nobody can pull one: no age is asked for, and no number counts it. */
export function lostTagsToGo({lost, versions}: Inventory, policy: RetentionPolicy): LostTag[] {
  const isNote = (tag: Tag): boolean => REMAINDER_TAG.test(tag)
  const wasStopped = [...versions.values()].some(({tags}) => tags.some(isNote))
  return lost.flatMap(tag => {
    const reason = wasStopped || isNote(tag) ? 'left by a clean-up that was stopped' : ruleFor(tag, policy)
    return reason === undefined || isKept(tag, policy) ? [] : [{tag, reason}]
  })
}

function isKept(tag: Tag, {keepTags, keepImages, deployed}: RetentionPolicy): boolean {
  if (deployed.some(({words}) => words.has(tag))) return true
  return tag === SEEN_TAG || [...keepTags, ...keepImages].some(pattern => isNamedBy(pattern, tag))
}

function ruleFor(tag: Tag, {deleteTags, ghosts}: RetentionPolicy): string | undefined {
  const pattern = REFERRER_TAG.test(tag) ? undefined : deleteTags.find(one => isNamedBy(one, tag))
  if (pattern !== undefined) return `delete-tags ${pattern.text}`
  return ghosts ? 'a ghost: it is listed, and leads nowhere' : undefined
}

function isNamedBy({matches, digest}: RetentionPolicy['keepTags'][number], tag: Tag): boolean {
  return digest === undefined && matches(tag)
}
