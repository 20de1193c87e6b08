import {type BuiltImage, readBuiltImage} from './builders/built-image.js'
import {type ContentFinding, type PlatformCheck, findContent} from './builders/platform-content.js'
import {watchPushedDigest} from './builders/pushed-digest-log.js'
import {type Digest, parseDigest} from '../oci/digest.js'
import type {LocalImage} from '../ports.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {remoteImage} from '../registry/images/remote-image.js'

/** An image, and what was read of it. */
export interface ReadImage {
  readonly image: LocalImage
  readonly built: BuiltImage
  /** What its layers say; undefined where nobody asks. */
  readonly content: ContentFinding | undefined
}

/** How an image is read. */
export interface Reading {
  readonly check: PlatformCheck
  readonly signal: AbortSignal
}

/**
 * Reads of an image what it is held against.
 * @throws ReleaseError LAYOUT_INVALID; the reason of the signal
 */
export async function readImage(image: LocalImage, {check, signal}: Reading): Promise<ReadImage> {
  const built = await readBuiltImage(image)
  return {image, built, content: await findContent(image, built, check, signal)}
}

/**
 * Reads what a builder pushes, as soon as its log says that it is there: BuildKit writes its caches afterwards, which takes
 * longer than to read the image.
 */
export class PushedImageReader {
  readonly watch: (line: string) => void
  readonly #client: RepositoryClient
  readonly #reading: Reading
  readonly #early = new Map<string, Promise<ReadImage>>()

  constructor(client: RepositoryClient, reading: Reading) {
    this.#client = client
    this.#reading = reading
    this.watch = watchPushedDigest(digest => {
      const early = this.#read(parseDigest(digest))
      // It is read once more by whoever asks for it.
      early.catch(() => undefined)
      this.#early.set(digest, early)
    })
  }

  /**
   * The image of the digest that the builder says it pushed.
   * @throws ReleaseError DIGEST_MISMATCH, CHILD_MISSING, LAYOUT_INVALID; RegistryError
   */
  async read(digest: Digest): Promise<ReadImage> {
    const early = await this.#early.get(digest)?.catch(() => undefined)
    return early ?? (await this.#read(digest))
  }

  async #read(digest: Digest): Promise<ReadImage> {
    return await readImage(await remoteImage(this.#client, digest), this.#reading)
  }
}
