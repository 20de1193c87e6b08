import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {type Patience, lookUntil} from '../../registry/client/patience.js'

/** A tag of one repository. */
export interface TagPlace {
  readonly client: RepositoryClient
  readonly tag: Tag
}

/**
 * Reads what a tag points at that was written not long ago. Registries that answer from copies show something else for a
 * while, or nothing: only what is seen when the patience is over is taken for the truth.
 * @param expected what is not waited for when it is seen; undefined where the tag is to be gone
 * @returns the digest that was seen last; undefined where the tag is not there
 */
export async function readTag(
  {client, tag}: TagPlace,
  expected: Digest | undefined,
  patience: Patience
): Promise<Digest | undefined> {
  return await lookUntil(
    async () => (await client.headManifest(tag))?.digest,
    seen => seen === expected,
    patience
  )
}
