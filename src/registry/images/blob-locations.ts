import type {Digest} from '../../oci/digest.js'
import {type Repository, formatRepository} from '../../oci/reference.js'

/**
 * Which repository of a registry has a blob, or is about to: others of the registry have it mounted from there
 * (distribution-spec, "Mounting a blob from another repository"), and it is sent once.
 */
export class BlobPlaces {
  readonly #places = new Map<string, {readonly repository: Repository; readonly put: Promise<unknown>}>()

  /**
   * Puts a blob in a repository. Where another of the registry is getting it, that is waited for.
   * @param put makes it be there; it is told a repository of the registry that has it
   */
  async put<T>(
    repository: Repository,
    digest: Digest,
    put: (mountFrom: Repository | undefined) => Promise<T>
  ): Promise<T> {
    const key = `${repository.registry} ${digest}`
    const place = this.#places.get(key)
    if (place !== undefined && formatRepository(place.repository) !== formatRepository(repository))
      return await put(await stood(place))
    const first = put(undefined)
    this.#places.set(key, {repository, put: first})
    return await first
  }
}

/** The repository, where the blob came to be there. */
async function stood(place: {
  readonly repository: Repository
  readonly put: Promise<unknown>
}): Promise<Repository | undefined> {
  try {
    await place.put
    return place.repository
  } catch {
    return undefined
  }
}
