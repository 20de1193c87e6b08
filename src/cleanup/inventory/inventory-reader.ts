import {RegistryError, ReleaseError, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Descriptor, Manifest} from '../../oci/manifest.js'
import {MANIFEST_ACCEPT, bareMediaType, isIndexType, isSchema1Type} from '../../oci/media-type.js'
import type {Tag} from '../../oci/reference.js'
import {referrersByApi} from '../../registry/client/referrers.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {listedContent, readContent} from '../policy/content.js'
import {type Content, type StoredManifest, type Inventory, isKnown, ownTags} from '../policy/inventory.js'
import type {Needs} from '../policy/inventory-needs.js'
import type {ListedManifest} from '../repository-backend.js'
import {eachAtOnce, eachInStretches} from '../../shared/at-once.js'
import {readImageTime, readModified} from './image-time.js'
import type {Listing} from './listing.js'
import type {Sightings} from './sightings.js'

/** More that cannot be read are no fault of theirs, but of the registry. */
export const MOST_UNREADABLE = 20
/** What was listed so long ago and is not in the registry does not come any more: milliseconds. */
const SURELY_THERE = 24 * 3600 * 1000

/**
 * Finds out what a repository holds, beginning with its listing, and no more than is asked for: manifests that can
 * have children, ages, referrers.
 */
export class InventoryReader implements Inventory {
  readonly versions = new Map<Digest, StoredManifest>()
  readonly absent = new Set<Digest>()
  readonly present = new Set<Digest>()
  readonly referrers = new Map<Digest, readonly Digest[]>()
  readonly aged = new Set<Digest>()
  readonly isWhole: boolean
  readonly lost: readonly Tag[]
  readonly #client: RepositoryClient
  readonly #now: number
  /** Why each of these cannot be read. */
  readonly #failing = new Map<Digest, string>()
  /** What is known of the referrers API: that it answered, or that it did not the first times. */
  #referrersApi: {readonly hasAnswered: boolean; readonly silences: number} = {
    hasAnswered: false,
    silences: 0
  }

  /** @param now milliseconds since the epoch, by which what was pushed a moment ago is told */
  constructor(
    client: RepositoryClient,
    {versions, lost}: Listing,
    {isWhole, now}: {readonly isWhole: boolean; readonly now: number}
  ) {
    this.#client = client
    this.#now = now
    this.isWhole = isWhole
    this.lost = lost
    for (const version of versions) this.welcome(version)
  }

  /** Takes in what was listed, now or later; nothing of it is read yet. */
  welcome(version: ListedManifest): void {
    const content = this.versions.get(version.digest)?.content ?? listedContent(version)
    this.versions.set(version.digest, {...this.versions.get(version.digest), ...version, content})
    this.absent.delete(version.digest)
  }

  /** Takes in since when an earlier clean-up knows what is here; a tag that came since makes its manifest young again. */
  recall(sightings: Sightings): void {
    for (const [digest, {since, tags}] of sightings.entries) {
      const held = this.versions.get(digest)
      if (held !== undefined && ownTags(held).every(tag => tags.includes(tag)))
        this.versions.set(digest, {...held, seen: since})
    }
  }

  /** What cannot be read although the rest can, each with why. */
  get failing(): ReadonlyMap<Digest, string> {
    return this.#failing
  }

  get hasReferrersApi(): boolean {
    return this.#referrersApi.hasAnswered
  }

  /**
   * Finds out what a plan lacks. A few manifests that cannot be read keep what they may lead to.
   * @throws ReleaseError REGISTRY_FAILED where the registry fails: then nothing may be deleted, for it could be reached
   * from there
   */
  async supply({contents, subjects, ages, referrers, presence}: Needs): Promise<void> {
    try {
      await this.#readContents([...new Set(contents)])
      await this.#readAll(subjects, digest => this.#readContent(digest, true))
      await this.#readAll(ages, digest => this.#tolerantly(digest, () => this.#readAge(digest)))
      await this.#readAll(presence, digest => this.#tolerantly(digest, () => this.#look(digest)))
      await this.#readAll(referrers, digest => this.#askReferrers(digest))
    } catch (cause) {
      throw new ReleaseError(
        'REGISTRY_FAILED',
        `${this.#client.name} cannot be read whole: ${messageOf(cause)}`,
        {cause, hint: 'Nothing more is deleted, for what cannot be read could be in use. Run this again.'}
      )
    }
  }

  /** Reads manifests of which no listing tells, such as those that a release says it superseded. */
  async lookFor(digests: readonly Digest[]): Promise<void> {
    const unknown = digests.filter(digest => !this.versions.has(digest))
    if (this.isWhole) for (const digest of unknown) this.absent.add(digest)
    else await this.supply({...NOTHING, contents: unknown})
  }

  /**
   * Asks the referrers API about some manifest, to know whether there is one. A host that lists everything is not asked:
   * what goes is read there, and its own subject says what it refers to.
   */
  async probeReferrers(): Promise<void> {
    if (this.isWhole) return
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
    await eachInStretches(rest, digest => this.#readContent(digest))
  }

  async #readAll(digests: readonly Digest[], read: (digest: Digest) => Promise<void>): Promise<void> {
    await eachAtOnce([...new Set(digests)], read)
  }

  async #readContent(digest: Digest, isForSubject = false): Promise<void> {
    const {content} = this.versions.get(digest) ?? {content: {kind: 'unread'}}
    const isOpen = content.kind === 'leaf' && !content.isRead
    if (content.kind !== 'unread' && !(isForSubject && isOpen)) return
    await this.#tolerantly(digest, async () => {
      const manifest = await this.#client.findManifest(digest)
      if (manifest === undefined) await this.#miss(digest)
      else this.#learn(digest, manifest)
    })
  }

  /**
   * One manifest that the registry cannot give is no reason to stop: nobody knows what it refers to, and it is kept with
   * all that it may.
   * @throws what is thrown for any other fault: of the login, of the way to the registry, of the registry as a whole
   */
  async #tolerantly(digest: Digest, read: () => Promise<void>): Promise<void> {
    try {
      await read()
    } catch (error) {
      if (await this.#isSchema1(digest, error)) return
      if (!isFaultOfOne(error) || this.#failing.size >= MOST_UNREADABLE) throw error
      const reason = messageOf(error)
      this.#failing.set(digest, reason)
      const held = this.versions.get(digest) ?? {digest, tags: [], content: {kind: 'unread'}}
      // What it leads to never changes: where that was read, its age alone is not known.
      this.versions.set(
        digest,
        isKnown(held) ? {...held, ageFailure: reason} : {...held, content: {kind: 'unreadable', reason}}
      )
    }
  }

  /** Registries name a manifest of schema 1 by a digest that leaves its signatures out; it names layers only. */
  async #isSchema1(digest: Digest, error: unknown): Promise<boolean> {
    if (!(error instanceof ReleaseError) || error.code !== 'DIGEST_MISMATCH') return false
    const {headers} = await this.#client.call({
      method: 'HEAD',
      path: `manifests/${digest}`,
      headers: {accept: MANIFEST_ACCEPT},
      expect: [200, 404]
    })
    const held = this.versions.get(digest)
    if (held === undefined || !isSchema1Type(bareMediaType(headers['content-type'] ?? ''))) return false
    this.versions.set(digest, {...held, content: {kind: 'leaf', isRead: true}})
    return true
  }

  /** What an index says of its children is enough for those that cannot have children themselves. */
  #learn(digest: Digest, manifest: Manifest): void {
    const {content, children, size, cached} = readContent(manifest)
    const held = this.versions.get(digest) ?? {digest, tags: [], content}
    this.versions.set(digest, {
      ...held,
      content,
      ...(size === undefined ? {} : {size: held.size ?? size}),
      ...(cached === undefined ? {} : {cached})
    })
    for (const child of children) this.#expect(child.digest, child.isLeaf)
  }

  /** Listed, but not there: nobody can pull it, unless it was pushed so lately that it may still come. */
  async #miss(digest: Digest): Promise<void> {
    const held = this.versions.get(digest)
    const isListed = held !== undefined && (this.isWhole || held.tags.length > 0)
    if (!isListed) {
      this.absent.add(digest)
      this.versions.delete(digest)
      return
    }
    const again = await this.#findAgain(held)
    if (again !== undefined) {
      this.#learn(digest, again)
      return
    }
    const isMissing = held.pushed === undefined || this.#now - held.pushed >= SURELY_THERE
    const reason = 'it is listed, but the registry does not have it'
    const known = isMissing ? ({mentions: [], isMissing} as const) : {}
    this.versions.set(digest, {...held, content: {kind: 'unreadable', reason, ...known}})
  }

  /** One answer is not believed: it is asked for otherwise, and once more by its digest, and by a tag. */
  async #findAgain({digest, tags: [tag]}: StoredManifest): Promise<Manifest | undefined> {
    await this.#client.headManifest(digest)
    const found = await this.#client.findManifest(digest)
    if (found !== undefined || tag === undefined) return found
    const tagged = await this.#client.findManifest(tag)
    return tagged?.digest === digest ? tagged : undefined
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
    if (manifest === undefined) {
      await this.#miss(digest)
      return
    }
    this.#learn(digest, manifest)
    const held = this.versions.get(digest)
    const [created, modified] = await Promise.all([
      readImageTime(this.#client, manifest),
      readModified(this.#client, digest)
    ])
    if (held !== undefined)
      this.versions.set(digest, {
        ...held,
        ...(created === undefined ? {} : {created}),
        ...(modified === undefined ? {} : {modified})
      })
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
    const found = await this.#referrersOf(digest)
    this.referrers.set(
      digest,
      found.map(referrer => referrer.digest)
    )
    for (const referrer of found) this.#expect(referrer.digest, !isIndexType(referrer.mediaType))
  }

  /** Where the registry fails for one manifest, what refers to it is left to a later run. */
  async #referrersOf(digest: Digest): Promise<readonly Descriptor[]> {
    try {
      return (await referrersByApi(this.#client, digest)) ?? []
    } catch (error) {
      if (!isFaultOfOne(error)) throw error
      return []
    }
  }
}

/** Nothing to find out. */
export const NOTHING: Needs = {contents: [], subjects: [], ages: [], referrers: [], presence: []}

/** An answer about this manifest alone: a failure, an answer that is none, or other bytes than its digest says. */
function isFaultOfOne(error: unknown): boolean {
  if (error instanceof RegistryError)
    return error.status >= 500 || [400, 404, 410, 422].includes(error.status)
  return error instanceof ReleaseError && ['DIGEST_MISMATCH', 'REGISTRY_FAILED'].includes(error.code)
}
