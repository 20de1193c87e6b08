import type {Tag} from '../../oci/reference.js'
import type {TaggedVersion} from './tagged-version.js'
import {groupBy} from './tagged-version.js'

/** What was decided of one tag. */
interface Decided extends TaggedVersion {
  /** Why it goes; undefined where no rule chose it. */
  readonly reason: string | undefined
  /** Why it stays although a rule chose it. */
  readonly guard: string | undefined
}

/**
 * Lets an image go with all its tags where one of them goes, or stay with all of them where one of them is kept.
 * @param kept why a number to keep keeps a tag
 */
export function byWholeImages<T extends Decided>(tags: readonly T[], kept: ReadonlyMap<Tag, string>): T[] {
  const images = [...groupBy(tags, ({held}) => held.digest).values()]
  return images.flatMap(image => {
    const going = image.find(({reason, guard}) => reason !== undefined && guard === undefined)
    if (going === undefined) return image
    const keeping = image
      .map(({tag, guard}) => ({tag, why: guard ?? kept.get(tag)}))
      .find(({why}) => why !== undefined)
    return keeping === undefined
      ? image.map(one => ({...one, reason: one.reason ?? `goes with ${going.tag}: ${going.reason ?? ''}`}))
      : image.map(one => ({
          ...one,
          reason: one.reason ?? going.reason,
          guard: `stays whole for ${keeping.tag}, ${keeping.why ?? ''}`
        }))
  })
}
