import {BARE_VERSION, CREATED, REVISION, SOURCE, VERSION} from '../../oci/annotations.js'
import type {Digest} from '../../oci/digest.js'
import {readImageConfig} from '../../oci/image-config.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import type {Tag} from '../../oci/reference.js'
import {isAttestation} from '../../oci/attestation.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {isPlaceholder} from '../../registry/client/tag-deletion.js'
import type {PublishedTag, ReleaseFacts} from '../../contracts/planned-image.js'
import type {CurrentState} from '../decide/tag-decision.js'
import {assertReadable, describeOddness} from '../collect/odd-content.js'

/** What is at a tag now. */
export interface CurrentTag extends CurrentState {
  /** What would put it back; absent where it stands as it is to be. */
  readonly manifest?: Manifest
}

/** What is about to be released, as far as it is known. */
export interface TaggedImage {
  /** Undefined where the index is not made yet. */
  readonly digest?: Digest | undefined
  /** The address of its source, as its annotations name it. */
  readonly source?: string | undefined
}

/** Reads what is at tags of one repository. What is at several of them is fetched once. */
export class CurrentTags {
  readonly #client: RepositoryClient
  readonly #released: TaggedImage
  readonly #found = new Map<Digest, Promise<CurrentTag | undefined>>()

  constructor(client: RepositoryClient, released: TaggedImage) {
    this.#client = client
    this.#released = released
  }

  /**
   * Where a tag is at what is about to be released, the facts of that are not asked for. The tag of a new version is
   * nearly always free, which GET alone proves: it is not asked for by HEAD before.
   * @returns undefined where the tag is free
   */
  async read({name: tag, class: kind}: PublishedTag): Promise<CurrentTag | undefined> {
    if (kind === 'immutable' && this.#released.digest === undefined) return await this.#fetch(tag)
    const head = await this.#client.headManifest(tag)
    if (head === undefined || head.digest === this.#released.digest) return head && {digest: head.digest}
    // A manifest that is gone by now was deleted, and the tag with it or moved elsewhere.
    return (await this.#shared(head.digest)) ?? (await this.#fetch(tag))
  }

  #shared(digest: Digest): Promise<CurrentTag | undefined> {
    const found = this.#found.get(digest) ?? this.#fetch(digest)
    this.#found.set(digest, found)
    return found
  }

  async #fetch(reference: Tag | Digest): Promise<CurrentTag | undefined> {
    const manifest = await this.#client.findManifest(reference)
    // A tag at an empty index of ours is being deleted, or was left half deleted.
    if (manifest === undefined || isPlaceholder(manifest)) return undefined
    const facts = await imageFacts(this.#client, manifest, this.#released.source).catch((error: unknown) => ({
      odd: describeOddness(manifest, error)
    }))
    return {manifest, digest: manifest.digest, ...facts}
  }
}

/** The facts that an image names: as annotations, else as labels of its first platform. */
export async function imageFacts(
  client: RepositoryClient,
  manifest: Manifest,
  source?: string
): Promise<ReleaseFacts> {
  const document = readManifest(manifest)
  const annotated = annotatedFacts(document.annotations)
  if (annotated !== undefined) return annotated
  const child = document.manifests.find(entry => !isAttestation(entry))
  const image = child === undefined ? document : await readChild(client, child.digest)
  if (image?.config === undefined) return {}
  assertReadable(image.config)
  return labelledFacts(readImageConfig(await client.getBlob(image.config)).labels, source)
}

/** What the annotations of an image say of its release; undefined where they do not name one. */
export function annotatedFacts(annotations: Readonly<Record<string, string>>): ReleaseFacts | undefined {
  const isNamed = annotations[REVISION] !== undefined || annotations[VERSION] !== undefined
  return isNamed ? selectFacts(annotations) : undefined
}

async function readChild(
  client: RepositoryClient,
  digest: Digest
): Promise<ReturnType<typeof readManifest> | undefined> {
  const manifest = await client.findManifest(digest)
  return manifest && readManifest(manifest)
}

/**
 * Labels come down from the base image where a build sets none: an application on ubuntu is labelled version 24.04.
 * They count where they name a commit or a source, and that is not another project's.
 */
function labelledFacts(labels: Readonly<Record<string, string>>, source: string | undefined): ReleaseFacts {
  const {[SOURCE]: named, [REVISION]: revision} = labels
  if (named === undefined && revision === undefined) return {}
  const isForeign = named !== undefined && source !== undefined && plainUrl(named) !== plainUrl(source)
  return isForeign ? {} : selectFacts(labels)
}

function plainUrl(url: string): string {
  return url.toLowerCase().replace(/(?:\.git)?\/*$/, '')
}

function selectFacts(texts: Readonly<Record<string, string>>): ReleaseFacts {
  const {[BARE_VERSION]: version, [VERSION]: named, [REVISION]: revision, [CREATED]: created} = texts
  return {
    ...(version === undefined ? {} : {version}),
    ...(named === undefined ? {} : {named}),
    ...(revision === undefined ? {} : {revision}),
    ...(created === undefined ? {} : {created})
  }
}
