import {ReleaseError, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import {placeholderIndex} from '../../registry/client/tag-deletion.js'
import type {TagOutcome} from '../policy/cleanup-plan.js'
import type {DeletionOutcome, StillWanted} from '../repository-backend.js'
import type {PlannedRepository} from '../repository-cleanup.js'

/** A tag, and what it points at. */
interface StandingTag {
  readonly tag: Tag
  readonly digest: Digest
}

/** Takes away tags whose images stay. A tag never stays on an empty index: what was touched is put back. */
export class TagSweep {
  readonly #planned: Pick<PlannedRepository, 'client' | 'backend' | 'capabilities'>
  readonly #own: Set<Digest>

  /** @param own takes the digests of what is put meanwhile */
  constructor(planned: Pick<PlannedRepository, 'client' | 'backend' | 'capabilities'>, own: Set<Digest>) {
    this.#planned = planned
    this.#own = own
  }

  /**
   * Deletes an empty index without a tag first, where tags go by way of such: what refuses that has touched no tag.
   * @throws ReleaseError RIGHT_MISSING, with what to change; CLEANUP_REFUSED for any other refusal
   */
  async assertMayDelete(): Promise<void> {
    const {client, backend, capabilities} = this.#planned
    if (capabilities.tagDeletion !== 'placeholder') return
    const trial = this.#placeholder()
    await client.putManifest(trial)
    const outcome = await backend.deleteVersion({digest: trial.digest, tags: []})
    if (outcome.state === 'done') return
    const why =
      'reason' in outcome ? outcome.reason : 'it does not show this login what was just pushed there'
    throw new ReleaseError(
      outcome.state === 'gone' ? 'RIGHT_MISSING' : 'CLEANUP_REFUSED',
      `${client.name}: ${backend.name} did not delete an empty index, by which tags are taken away: ${why}`,
      {
        hint: 'No tag was touched. Give the login the right to list and to delete here, on GitHub the role Admin on the package.'
      }
    )
  }

  /** Takes one tag away; one that is not where it was planned is left alone. */
  async deleteTag(planned: TagOutcome, isStillWanted: StillWanted): Promise<DeletionOutcome> {
    const {client, backend, capabilities} = this.#planned
    const {tag, digest} = planned
    if (capabilities.tagDeletion === 'never')
      return {state: 'undeletable', reason: `${backend.name} cannot take away a tag of an image that stays`}
    const found = (await client.headManifest(tag))?.digest
    if (found !== digest) return {state: found === undefined ? 'gone' : 'called-off'}
    if (capabilities.tagDeletion === 'alone' && backend.deleteTag !== undefined)
      return await backend.deleteTag(tag, digest, isStillWanted)
    return digest === undefined ? {state: 'gone'} : await this.#deleteByPlaceholder({tag, digest})
  }

  /** The tag is moved to an empty index of its own, which then goes with it. */
  async #deleteByPlaceholder(planned: StandingTag): Promise<DeletionOutcome> {
    const {client, backend} = this.#planned
    const placeholder = this.#placeholder()
    try {
      await client.putManifest(placeholder, planned.tag)
      const outcome = await backend.deleteVersion({digest: placeholder.digest, tags: [planned.tag]})
      if (outcome.state === 'done') return outcome
      const isBack = await this.#putBack(planned, placeholder)
      return outcome.state === 'gone' && isBack
        ? {state: 'undeletable', reason: `${backend.name} does not list what was just put at the tag`}
        : outcome
    } catch (error) {
      await this.#putBack(planned, placeholder)
      throw error
    }
  }

  /** @returns whether the tag was still on the empty index */
  async #putBack({tag, digest}: StandingTag, placeholder: Manifest): Promise<boolean> {
    const {client} = this.#planned
    try {
      if ((await client.headManifest(tag))?.digest !== placeholder.digest) return false
      await client.putManifest(await client.getManifest(digest), tag)
      return true
    } catch (cause) {
      const [name, image] = [
        formatReference(client.repository, tag),
        formatReference(client.repository, digest)
      ]
      throw new ReleaseError(
        'TAG_NOT_MOVED',
        `${name} is on an empty index, and could not be put back: ${messageOf(cause)}`,
        {cause, hint: `Put it back: docker buildx imagetools create --tag ${name} ${image}`}
      )
    }
  }

  #placeholder(): Manifest {
    const placeholder = placeholderIndex()
    this.#own.add(placeholder.digest)
    return placeholder
  }
}
