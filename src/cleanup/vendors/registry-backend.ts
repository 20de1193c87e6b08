import {RegistryError, ReleaseError, messageOf} from '../../errors.js'
import {type Digest, digestOf, isDigest} from '../../oci/digest.js'
import type {Descriptor} from '../../oci/manifest.js'
import {MANIFEST_ACCEPT, isSchema1Type} from '../../oci/media-type.js'
import type {Tag} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {isImmutableTag} from '../../registry/client/tag-immutability.js'
import {deleteLostTags, deleteTag} from '../../registry/client/tag-deletion.js'
import {listTags} from '../../registry/client/tag-list.js'
import type {
  BackendCapabilities,
  DeletionOutcome,
  ListedManifest,
  RepositoryBackend,
  StillWanted,
  VersionPage
} from '../repository-backend.js'
import {MOST_UNREADABLE} from '../inventory/inventory-reader.js'
import {heldStatus} from './held-status.js'
import {eachAtOnce} from '../../shared/at-once.js'
import {deletionHint} from './vendor-hints.js'
import {deleteWithTags} from '../execute/version-deletion.js'

/** A digest that no repository holds: what a registry says to its deletion tells whether it deletes. */
const NOWHERE = digestOf(new TextEncoder().encode('image-release asks whether this registry deletes'))

/**
 * A repository of any registry, by the API of the distribution specification alone. It lists tags only, and no times.
 * Deletion by tag works on distribution 3, Quay, zot and GitLab; on distribution 2.8 and Harbor a tag goes by way of an
 * empty index that is put there and deleted (2026-11).
 * @param deletion a client that may delete, to ask whether the registry does; where deletion is not meant, a missing
 * right is a remark and no failure
 */
export function registryBackend(
  client: RepositoryClient,
  deletion: {readonly client: RepositoryClient; readonly isMeant: boolean} = {client, isMeant: true}
): RepositoryBackend {
  return new RegistryBackend(client, deletion)
}

class RegistryBackend implements RepositoryBackend {
  readonly name = 'the registry'
  readonly #client: RepositoryClient
  readonly #deletion: {readonly client: RepositoryClient; readonly isMeant: boolean}

  constructor(
    client: RepositoryClient,
    deletion: {readonly client: RepositoryClient; readonly isMeant: boolean}
  ) {
    this.#client = client
    this.#deletion = deletion
  }

  /** Asks for the deletion of what is not there: 404 where the registry deletes, 405 where that is switched off. */
  async capabilities(): Promise<BackendCapabilities> {
    const {registry} = this.#client.repository
    const refusal = await this.#refusal()
    return {
      ...(refusal === undefined ? {} : {refusal}),
      tagDeletion: 'alone',
      versionDeletion: /\.pkg\.dev$|(?:^|\.)gcr\.io$/.test(registry) ? 'untagged-only' : 'with-tags',
      listsUntagged: false,
      knowsAges: false
    }
  }

  async *versions(): AsyncIterable<VersionPage> {
    const tags = await listTags(this.#client)
    if (tags.length === 0) return
    const heads = await this.#heads(tags)
    const versions = new Map<Digest, ListedManifest>()
    const lost: Tag[] = []
    for (const {tag, head} of heads) {
      if (head === undefined) {
        lost.push(tag)
        continue
      }
      const digest = isSchema1Type(head.mediaType) ? await this.#toldDigest(tag, head.digest) : head.digest
      const known = versions.get(digest)?.tags ?? []
      versions.set(digest, {digest, mediaType: head.mediaType, tags: [...known, tag]})
    }
    yield {versions: [...versions.values()], lost}
  }

  /**
   * What each tag points at.
   * @throws ReleaseError REGISTRY_FAILED with every tag that the registry cannot give although it gives others, as after a
   * fault of its storage: nobody knows what such a tag leads to, and all that could go may be part of it
   */
  async #heads(
    tags: readonly Tag[]
  ): Promise<readonly {readonly tag: Tag; readonly head: Descriptor | undefined}[]> {
    const failures: {readonly tag: Tag; readonly error: RegistryError}[] = []
    const heads = await eachAtOnce(tags, async tag => {
      try {
        return {tag, head: await this.#client.headManifest(tag)}
      } catch (error) {
        if (!(error instanceof RegistryError) || error.status < 500 || failures.length === MOST_UNREADABLE)
          throw error
        failures.push({tag, error})
        return {tag, head: undefined}
      }
    })
    const [first] = failures
    if (first === undefined) return heads
    if (failures.length === tags.length) throw first.error
    const lines = failures.map(({tag, error}) => `  ${tag}: ${error.message}`).sort()
    throw new ReleaseError(
      'REGISTRY_FAILED',
      [`${this.#client.name}: the registry cannot give what is at these tags:`, ...lines].join('\n'),
      {
        cause: first.error,
        hint: 'Nothing more is deleted, for what is there may lead to all that could go. Run this again; if it stays so, the storage of the registry is damaged: push these tags again from their images, or delete them, then run this again.'
      }
    )
  }

  /** The digest of a manifest of schema 1 is not that of its bytes: the registry alone knows it. */
  async #toldDigest(tag: Tag, otherwise: Digest): Promise<Digest> {
    const {headers} = await this.#client.call({
      method: 'HEAD',
      path: `manifests/${tag}`,
      headers: {accept: MANIFEST_ACCEPT},
      expect: [200, 404]
    })
    const told = headers['docker-content-digest'] ?? ''
    return isDigest(told) ? told : otherwise
  }

  async deleteVersion(
    {digest, tags}: Pick<ListedManifest, 'digest' | 'tags'>,
    isStillWanted?: StillWanted
  ): Promise<DeletionOutcome> {
    const outcome = await this.#outcomeOf(async () => await this.#delete({digest, tags}, isStillWanted))
    // Google's registries, and some proxies, delete a digest only when no tag points at it. No other refusal is worth
    // a tag, nor is what could not be put back.
    const isForItsTags = outcome.state === 'undeletable' && outcome.hint === undefined && tags.length > 0
    if (!isForItsTags || !(await this.#isReadable(digest))) return outcome
    const again = await deleteWithTags(
      {digest, tags},
      {
        client: this.#client,
        capabilities: {versionDeletion: 'untagged-only'},
        backend: {
          deleteTag: (tag, of) => this.deleteTag(tag, of),
          deleteVersion: () => this.#outcomeOf(async () => await this.#delete({digest, tags}, isStillWanted))
        }
      }
    )
    return again.state === 'undeletable' || again.state === 'referenced' ? outcome : again
  }

  async #isReadable(digest: Digest): Promise<boolean> {
    try {
      return (await this.#client.findManifest(digest)) !== undefined
    } catch {
      return false
    }
  }

  /** Tried again where it fails in passing, unless it is not to go any more after such a pause. */
  async #delete(
    {digest, tags}: Pick<ListedManifest, 'digest' | 'tags'>,
    isStillWanted: StillWanted = () => Promise.resolve(true)
  ) {
    let tries = 0
    const state = await this.#client.retrying(async () => {
      if (tries++ > 0 && !(await isStillWanted())) return 'called-off'
      const {status} = await this.#client.callOnce({
        method: 'DELETE',
        path: `manifests/${digest}`,
        expect: [200, 202, 404]
      })
      return status === 404 ? 'gone' : 'done'
    })
    if (state === 'gone') await deleteLostTags(this.#client, tags, digest)
    return state
  }

  /** On distribution 2.8 a tag goes with a placeholder, which has to be put even where nothing is at the tag. */
  async deleteTag(tag: Tag, known: Digest = NOWHERE): Promise<DeletionOutcome> {
    return await this.#outcomeOf(async () => {
      await deleteTag(this.#client, tag, known)
      return 'done'
    })
  }

  /** @throws ReleaseError RIGHT_MISSING where the login may not delete; RegistryError for a registry that fails */
  async #refusal(): Promise<BackendCapabilities['refusal']> {
    const {client, isMeant} = this.#deletion
    try {
      await client.call({method: 'DELETE', path: `manifests/${NOWHERE}`, expect: [200, 202, 404]})
      return undefined
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status === 429 || error.status >= 500) throw error
      const isDenied = error.status === 401 || error.status === 403
      if (isDenied && isMeant) throw this.#rightMissing(error)
      return isDenied || isUnsupported(error)
        ? {reason: messageOf(error), hint: deletionHint(client.repository)}
        : undefined
    }
  }

  #rightMissing(cause: RegistryError): ReleaseError {
    return new ReleaseError(
      'RIGHT_MISSING',
      `${this.#client.name}: this login may not delete: ${cause.message}`,
      {cause, hint: deletionHint(this.#client.repository)}
    )
  }

  async #outcomeOf(deletion: () => Promise<'done' | 'gone' | 'called-off'>): Promise<DeletionOutcome> {
    try {
      return {state: await deletion()}
    } catch (thrown) {
      const error =
        thrown instanceof ReleaseError && thrown.cause instanceof RegistryError ? thrown.cause : thrown
      const outcome =
        error instanceof RegistryError
          ? outcomeOfRefusal(error, deletionHint(this.#client.repository))
          : undefined
      if (outcome !== undefined) return outcome
      if (error instanceof RegistryError && isOfRights(error)) throw this.#rightMissing(error)
      throw thrown
    }
  }
}

/** Deletion is switched off, or not this registry's way: 405, or 400 UNSUPPORTED. zot says 405 DENIED for a child. */
export function isUnsupported(thrown: unknown): boolean {
  const error =
    thrown instanceof ReleaseError && thrown.cause instanceof RegistryError ? thrown.cause : thrown
  if (!(error instanceof RegistryError)) return false
  return (error.status === 405 && !error.has('DENIED')) || error.has('UNSUPPORTED')
}

/** A missing right, said as such or within another failure: Docker Hub was seen to answer 500 that holds a 401. */
function isOfRights({failure: {status, entries}}: RegistryError): boolean {
  const text = entries.map(({code, message}) => `${code} ${message}`).join(' ')
  return status === 401 || (status >= 500 && heldStatus(text) === 401)
}

/** What a refusal of one deletion means; undefined where it means that nothing can be deleted. */
function outcomeOfRefusal(error: RegistryError, hint: string): DeletionOutcome | undefined {
  const {status, entries} = error.failure
  const text = entries.map(({message}) => message).join(' ')
  // zot: 405 DENIED for a child of an index; Harbor: "referenced by others"; ECR: ImageReferencedByManifestList.
  if ((status === 405 && error.has('DENIED')) || /referenced/i.test(text))
    return {state: 'referenced', reason: error.message}
  if (isImmutableTag(error.failure) || status === 409 || status === 412)
    return {state: 'undeletable', reason: error.message, hint: 'The rules of the registry keep it.'}
  if (isUnsupported(error)) return {state: 'undeletable', reason: error.message, hint}
  if (status === 400 && /tag/i.test(text)) return {state: 'undeletable', reason: error.message}
  return undefined
}
