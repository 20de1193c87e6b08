import {listTags} from '../../registry/client/tag-list.js'
import type {Patience} from '../../registry/client/patience.js'
import {type TagMove, decideAnew, isAhead, isWrite, tagReference} from './tag-moves.js'
import {isVersioned, pendingAt} from './tag-versions.js'

/** How long is waited for another release that has its version tag but not yet its aliases: 3 s. */
const [STEPS, STEP_MILLISECONDS] = [12, 250]

/**
 * The other releases that are seen at the aliases of this one, and how long each was waited for.
 *
 * A version that is published, but that an alias does not point at, belongs to a release under way, or to one that was
 * rolled back on purpose. The first will move the alias soon; after a while it is taken for the second. An alias at a
 * version that is not listed belongs to a release that is being taken back, and is about to move, too. One that begins
 * while another is waited for is waited for as long.
 */
export class OtherReleases {
  readonly #patience: Patience
  readonly #steps = new Map<string, number>()

  constructor(patience: Patience) {
    this.#patience = patience
  }

  /** Whether another release is about to move the tag that was not yet waited for long enough. */
  isAwaitedAt(move: TagMove): boolean {
    return this.#awaitedAt(move) !== undefined
  }

  /**
   * Waits until no other release is about to move the tag.
   * @returns the move as it is decided then
   */
  async waitAt(move: TagMove): Promise<TagMove> {
    const {clock, signal} = this.#patience
    let now = move
    for (let sign = this.#awaitedAt(now); sign !== undefined; sign = this.#awaitedAt(now)) {
      this.#steps.set(sign, (this.#steps.get(sign) ?? 0) + 1)
      await clock.sleep(STEP_MILLISECONDS, signal)
      const checked = clock.now()
      now = {...((await isAsDecided(now)) ? now : await decideAnew(now)), checked}
    }
    return now
  }

  #awaitedAt(move: TagMove): string | undefined {
    const sign = signOf(move)
    return sign !== undefined && (this.#steps.get(sign) ?? 0) < STEPS ? sign : undefined
  }
}

/** By what another release shows at a tag; undefined where none does. */
function signOf(move: TagMove): string | undefined {
  if (!isVersioned(move) || move.options.allowBackward) return undefined
  if (isAhead(move)) return `${tagReference(move)} at ${move.standing?.digest ?? ''}`
  const pending = isWrite(move) ? pendingAt(move) : undefined
  return pending && `${tagReference(move)} for ${pending}`
}

/** Whether the tag and the list of all tags are as they were when it was decided. */
async function isAsDecided({client, tag, standing, published}: TagMove): Promise<boolean> {
  const [head, listed] = await Promise.all([client.headManifest(tag.name), listTags(client)])
  const isSameList = listed.length === published.length && listed.every(name => published.includes(name))
  return head?.digest === standing?.digest && isSameList
}
