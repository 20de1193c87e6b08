import pLimit from 'p-limit'
import {ReleaseError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Manifest} from '../oci/manifest.js'
import {isIndexType, isManifestType} from '../oci/media-type.js'
import {referrersByApi} from '../registry/referrers.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {readContent} from '../retention/content.js'
import type {Content, HeldVersion, Inventory} from '../retention/inventory.js'
import type {Needs} from '../retention/inventory-needs.js'
import type {ListedVersion} from '../retention/repository-backend.js'
import {readImageTime} from './image-time.js'

/** Manifests that are read at once. */
const AT_ONCE = 24

/**
 * Finds out what a repository holds, beginning with its listing, and no more than is asked for: manifests that can
 * have children, ages, referrers.
 */
export class InventoryReader implements Inventory {
  readonly versions = new Map<Digest, HeldVersion>()
  readonly absent = new Set<Digest>()
  readonly present = new Set<Digest>()
  readonly referrers = new Map<Digest, readonly Digest[]>()
  readonly aged = new Set<Digest>()
  readonly isWhole: boolean
  readonly #client: RepositoryClient
  /** What is known of the referrers API: that it answered, or that it did not the first times. */
  #referrersApi: {readonly hasAnswered: boolean; readonly silences: number} = {
    hasAnswered: false,
    silences: 0
  }

  constructor(client: RepositoryClient, listed: readonly ListedVersion[], isWhole: boolean) {
    this.#client = client
    this.isWhole = isWhole
    for (const version of listed)
      this.versions.set(version.digest, {...version, content: listedContent(version)})
  }

  get hasReferrersApi(): boolean {
    return this.#referrersApi.hasAnswered
  }

  /**
   * Finds out what a plan lacks.
   * @throws ReleaseError REGISTRY_FAILED where anything cannot be read: then nothing may be deleted, for it could be
   * reached from there
   */
  async supply({contents, ages, referrers, presence}: Needs): Promise<void> {
    try {
      await this.#readContents([...new Set(contents)])
      await this.#readAll(ages, digest => this.#readAge(digest))
      await this.#readAll(presence, digest => this.#look(digest))
      await this.#readAll(referrers, digest => this.#askReferrers(digest))
    } catch (cause) {
      throw new ReleaseError(
        'REGISTRY_FAILED',
        `${this.#client.name} cannot be read whole: ${messageOf(cause)}`,
        {cause, hint: 'Nothing was deleted, for what cannot be read could be in use. Run this again.'}
      )
    }
  }

  /** Reads manifests of which no listing tells, such as those that a release says it superseded. */
  async lookFor(digests: readonly Digest[]): Promise<void> {
    const unknown = digests.filter(digest => !this.versions.has(digest))
    if (this.isWhole) for (const digest of unknown) this.absent.add(digest)
    else await this.supply({contents: unknown, ages: [], referrers: [], presence: []})
  }

  /** Asks the referrers API about some manifest, to know whether there is one. */
  async probeReferrers(): Promise<void> {
    const probes = [...this.versions.keys()].slice(0, 2)
    const answers = await Promise.all(probes.map(async digest => await referrersByApi(this.#client, digest)))
    const hasAnswered = answers.some(answer => answer !== undefined)
    this.#referrersApi = {hasAnswered, silences: hasAnswered ? 0 : answers.length}
  }

  /**
   * What has a tag at once. Of the rest the newest first, in as many stretches of time side by side as there may be
   * requests: an index was pushed just after its children, and once it is read it is known which of them need no reading.
   */
  async #readContents(digests: readonly Digest[]): Promise<void> {
    const isTagged = (digest: Digest): boolean => (this.versions.get(digest)?.tags.length ?? 0) > 0
    const timeOf = (digest: Digest): number => this.versions.get(digest)?.pushed ?? 0
    await this.#readAll(digests.filter(isTagged), digest => this.#readContent(digest))
    const rest = digests.filter(digest => !isTagged(digest)).sort((one, other) => timeOf(other) - timeOf(one))
    const lanes = Math.min(AT_ONCE, rest.length)
    await Promise.all(
      inStretches(rest, lanes).map(async stretch => {
        for (const digest of stretch) await this.#readContent(digest)
      })
    )
  }

  async #readAll(digests: readonly Digest[], read: (digest: Digest) => Promise<void>): Promise<void> {
    const limit = pLimit(AT_ONCE)
    await Promise.all([...new Set(digests)].map(digest => limit(read, digest)))
  }

  async #readContent(digest: Digest): Promise<void> {
    const {content} = this.versions.get(digest) ?? {content: {kind: 'unread'}}
    const isNeeded =
      content.kind === 'unread' || (content.kind === 'leaf' && !content.isRead && this.hasReferrersApi)
    if (!isNeeded) return
    this.#learn(digest, await this.#client.findManifest(digest))
  }

  /** What an index says of its children is enough for those that cannot have children themselves. */
  #learn(digest: Digest, manifest: Manifest | undefined): void {
    if (manifest === undefined) {
      this.#miss(digest)
      return
    }
    const {content, children, size} = readContent(manifest)
    const held = this.versions.get(digest) ?? {digest, tags: [], content}
    this.versions.set(digest, {...held, content, ...(size === undefined ? {} : {size: held.size ?? size})})
    for (const child of children) this.#expect(child.digest, child.isLeaf)
  }

  /** Listed, but not there: nobody knows what it refers to. */
  #miss(digest: Digest): void {
    const held = this.versions.get(digest)
    const isListed = held !== undefined && (this.isWhole || held.tags.length > 0)
    if (isListed)
      this.versions.set(digest, {
        ...held,
        content: {kind: 'unreadable', reason: 'it is listed, but the registry does not have it'}
      })
    else {
      this.absent.add(digest)
      this.versions.delete(digest)
    }
  }

  #expect(digest: Digest, isLeaf: boolean): void {
    const held = this.versions.get(digest)
    const content: Content = isLeaf ? {kind: 'leaf', isRead: false} : {kind: 'unread'}
    if (held === undefined && !this.isWhole && !this.absent.has(digest))
      this.versions.set(digest, {digest, tags: [], content})
    else if (held?.content.kind === 'unread' && isLeaf) this.versions.set(digest, {...held, content})
  }

  async #readAge(digest: Digest): Promise<void> {
    this.aged.add(digest)
    const manifest = await this.#client.findManifest(digest)
    this.#learn(digest, manifest)
    const held = this.versions.get(digest)
    const created = manifest && (await readImageTime(this.#client, manifest))
    if (held !== undefined && created !== undefined) this.versions.set(digest, {...held, created})
  }

  async #look(digest: Digest): Promise<void> {
    const head = await this.#client.headManifest(digest)
    if (head === undefined) {
      this.absent.add(digest)
      return
    }
    this.present.add(digest)
    this.#expect(digest, !isIndexType(head.mediaType))
  }

  async #askReferrers(digest: Digest): Promise<void> {
    const found = (await referrersByApi(this.#client, digest)) ?? []
    this.referrers.set(
      digest,
      found.map(referrer => referrer.digest)
    )
    for (const referrer of found) this.#expect(referrer.digest, !isIndexType(referrer.mediaType))
  }
}

/** Signatures and the like that cosign puts at tags of its own: images, whose manifests have no children. */
const COSIGN_TAG = /^sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$/

/** What needs no reading: the listing says its type, or its tags do (cosign, SIGNATURE_SPEC.md, "Storage"). */
function listedContent({mediaType, tags}: ListedVersion): Content {
  const isImage = mediaType !== undefined && isManifestType(mediaType) && !isIndexType(mediaType)
  const isOfCosign = tags.length > 0 && tags.every(tag => COSIGN_TAG.test(tag))
  return isImage || (mediaType === undefined && isOfCosign) ? {kind: 'leaf', isRead: false} : {kind: 'unread'}
}

function inStretches<T>(items: readonly T[], count: number): T[][] {
  const length = Math.ceil(items.length / Math.max(1, count))
  return Array.from({length: count}, (_, at) => items.slice(at * length, (at + 1) * length))
}
