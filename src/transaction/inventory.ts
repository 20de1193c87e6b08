import {ReleaseError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {type Manifest, readManifest} from '../oci/manifest.js'
import type {Tag} from '../oci/reference.js'
import {listReferrers} from '../registry/referrers.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {listTags} from '../registry/tag-list.js'
import type {Inventory, InventoryNode} from '../release/cleanup-plan.js'
import {factsOf} from './standing-tags.js'

/**
 * Reads what a repository holds: every tag, and everything that tags and candidates lead to.
 * @throws ReleaseError where anything cannot be read: then nothing may be deleted, for it could be reached from there
 */
export async function readInventory(
  client: RepositoryClient,
  candidates: readonly Digest[]
): Promise<Inventory> {
  const tags = await readTags(client)
  const reader = new InventoryReader(client)
  try {
    await reader.readRoots([...new Set([...tags.values(), ...candidates])])
  } catch (cause) {
    throw new ReleaseError('REGISTRY_FAILED', `${client.name} cannot be read whole: ${messageOf(cause)}`, {
      cause,
      hint: 'Nothing was deleted, for what cannot be read could be in use. Run this again.'
    })
  }
  return {tags, nodes: reader.nodes}
}

async function readTags(client: RepositoryClient): Promise<Map<Tag, Digest>> {
  const tags = await listTags(client)
  const heads = await Promise.all(tags.map(async tag => [tag, await client.headManifest(tag)] as const))
  return new Map(heads.flatMap(([tag, head]) => (head === undefined ? [] : [[tag, head.digest] as const])))
}

class InventoryReader {
  readonly nodes = new Map<Digest, InventoryNode>()
  readonly #client: RepositoryClient
  readonly #seen = new Set<Digest>()

  constructor(client: RepositoryClient) {
    this.#client = client
  }

  /** Reads what tags and candidates name, with its age, and all that it leads to. */
  async readRoots(digests: readonly Digest[]): Promise<void> {
    await this.#readAll(digests, true)
  }

  async #readAll(digests: readonly Digest[], isRoot: boolean): Promise<void> {
    const unread = digests.filter(digest => !this.#seen.has(digest))
    for (const digest of unread) this.#seen.add(digest)
    await Promise.all(unread.map(async digest => await this.#read(digest, isRoot)))
  }

  async #read(digest: Digest, isRoot: boolean): Promise<void> {
    const manifest = await this.#client.findManifest(digest)
    if (manifest === undefined) return
    const created = isRoot ? this.#created(manifest) : undefined
    const referrers = (await listReferrers(this.#client, digest)).map(referrer => referrer.digest)
    const children = readManifest(manifest).manifests.map(child => child.digest)
    const age = await created
    this.nodes.set(digest, {digest, children, referrers, ...(age === undefined ? {} : {created: age})})
    await this.#readAll([...children, ...referrers], false)
  }

  async #created(manifest: Manifest): Promise<number | undefined> {
    const created = Date.parse((await factsOf(this.#client, manifest)).created ?? '')
    return Number.isNaN(created) ? undefined : created
  }
}
