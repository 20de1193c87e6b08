import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import {isDamagedAway} from './damaged-images.js'
import {type StoredManifest, type Inventory, timeOf} from './inventory.js'
import type {NewestRule, RetentionPolicy} from './policy.js'
import {type TaggedVersion, groupBy, isOlder, keepingReason} from './tagged-version.js'

/** Which tags a number of newest images takes, and which it keeps, each with why. */
export interface NewestTags {
  readonly going: ReadonlyMap<Tag, string>
  readonly kept: ReadonlyMap<Tag, string>
}

/**
 * Counts images by date, for each rule those with a tag that it is about. What keep-tags or keep-images keeps, what is a part of another
 * image, and what is too young to go is neither counted nor taken; nor is a damaged image that goes by another rule.
 */
export function newestImageTags(
  tagged: readonly TaggedVersion[],
  inventory: Inventory,
  policy: RetentionPolicy
): NewestTags {
  if (policy.keepNewest.length === 0) return {going: new Map(), kept: new Map()}
  const exempt = exemptImages(tagged, inventory, policy)
  const judged = policy.keepNewest.map(rule => {
    const own = tagged.filter(({tag, held}) => ruleOf(tag, policy) === rule && !exempt.has(held.digest))
    const age = rule.olderThan ?? policy.olderThan
    return newestOf(
      rule,
      own.filter(({held}) => isOlder(held, age, policy.now))
    )
  })
  return {
    going: new Map(judged.flatMap(({going}) => [...going])),
    kept: new Map(judged.flatMap(({kept}) => [...kept]))
  }
}

/** A tag is counted by the first rule with its pattern, else by the one for all images. */
function ruleOf(tag: Tag, {keepNewest}: RetentionPolicy): NewestRule | undefined {
  return (
    keepNewest.find(({pattern}) => pattern?.matches(tag) === true) ??
    keepNewest.find(({pattern}) => pattern === undefined)
  )
}

function exemptImages(
  tagged: readonly TaggedVersion[],
  inventory: Inventory,
  policy: RetentionPolicy
): Set<Digest> {
  const {versions} = inventory
  const damaged = tagged.filter(({held}) => isDamagedAway(held, inventory, policy))
  const kept = tagged.filter(entry => keepingReason(entry, policy) !== undefined)
  const parts = [...versions.values()].flatMap(({content}) =>
    content.kind === 'index' ? content.children : []
  )
  return new Set([...[...kept, ...damaged].map(({held}) => held.digest), ...parts])
}

function newestOf({text, count}: NewestRule, tagged: readonly TaggedVersion[]): NewestTags {
  const images = [...groupBy(tagged, ({held}) => held.digest).values()].sort(([one], [other]) =>
    one === undefined || other === undefined ? 0 : newerFirst(one.held, other.held)
  )
  const tagsOf = (some: readonly (readonly TaggedVersion[])[], why: string): Map<Tag, string> =>
    new Map(some.flat().map(({tag}) => [tag, why]))
  return {
    going: tagsOf(images.slice(count), `not among the newest ${text}`),
    kept: tagsOf(images.slice(0, count), `one of the newest ${text}`)
  }
}

/** By the time that it came; what came nobody knows when counts as new. Of one time, by the date in the image. */
export function newerFirst(one: StoredManifest, other: StoredManifest): number {
  const [first, second] = [one, other].map(held => timeOf(held) ?? Number.POSITIVE_INFINITY)
  if (first !== second) return (second ?? 0) > (first ?? 0) ? 1 : -1
  const byImage = (other.created ?? 0) - (one.created ?? 0)
  return byImage === 0 ? (one.digest < other.digest ? -1 : 1) : byImage
}
