import semver from 'semver'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'

/** One manifest or index of a repository, as far as it could be read. */
export interface InventoryNode {
  readonly digest: Digest
  /** Children of an index. */
  readonly children: readonly Digest[]
  /** What refers to it: signatures, attestations, by the API and by the fallback tag. */
  readonly referrers: readonly Digest[]
  /** Milliseconds since the epoch; undefined where the image names no time. */
  readonly created?: number
}

/** What a repository holds, as far as the plan needs it. */
export interface Inventory {
  readonly tags: ReadonlyMap<Tag, Digest>
  readonly nodes: ReadonlyMap<Digest, InventoryNode>
}

/** What may be deleted. */
export interface CleanupPolicy {
  /** Digests that a tag left. */
  readonly superseded: readonly Digest[]
  /** How many of the newest versions keep their tags; 0 keeps all. */
  readonly keepVersions: number
  /** Nothing younger than this is deleted: milliseconds. */
  readonly minAge: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One thing that goes or stays, and why. */
export interface CleanupEntry {
  readonly digest: Digest
  readonly tags: readonly Tag[]
  readonly reason: string
}

/** What is to be deleted, in this order: tags, then each index before its children, then what refers to them. */
export interface CleanupPlan {
  readonly tags: readonly Tag[]
  readonly manifests: readonly CleanupEntry[]
  readonly kept: readonly CleanupEntry[]
}

/** Fallback tags of referrers live and die with what they refer to (distribution-spec; cosign's older tags). */
export const REFERRER_TAG = /^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/

/** Decides what goes. Nothing that a tag which stays can reach is ever in it. */
export function planCleanup(inventory: Inventory, policy: CleanupPolicy): CleanupPlan {
  const outdated = outdatedTags(inventory, policy.keepVersions)
  const named = new Set([...policy.superseded, ...outdated.map(tag => inventory.tags.get(tag))])
  const candidates = [...inventory.nodes.keys()].filter(digest => named.has(digest))
  const stays = [...inventory.tags].filter(([tag]) => !outdated.includes(tag) && !REFERRER_TAG.test(tag))
  const young = candidates.filter(digest => !isOld(inventory.nodes.get(digest), policy))
  const reachable = reach([...stays.map(([, digest]) => digest), ...young], inventory)
  const going = candidates.filter(digest => !reachable.has(digest))
  return {
    tags: outdated.filter(tag => !young.includes(inventory.tags.get(tag) ?? ('' as Digest))),
    manifests: inOrder(going, reachable, inventory).map(digest =>
      entryOf(digest, inventory, reasonToGo(digest, policy))
    ),
    kept: candidates
      .filter(digest => reachable.has(digest))
      .map(digest => entryOf(digest, inventory, reasonToStay(digest, stays, young)))
  }
}

/** Everything that these digests lead to: children at any depth, and what refers to any of them. */
export function reach(roots: readonly Digest[], {nodes}: Pick<Inventory, 'nodes'>): Set<Digest> {
  const found = new Set<Digest>()
  const waiting = [...roots]
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (found.has(digest)) continue
    found.add(digest)
    const node = nodes.get(digest)
    waiting.push(...(node?.children ?? []), ...(node?.referrers ?? []))
  }
  return found
}

/** A walk that names each index before its children, so that a stop half way leaves no index without them. */
function inOrder(roots: readonly Digest[], reachable: ReadonlySet<Digest>, inventory: Inventory): Digest[] {
  const all = [...reach(roots, inventory)].filter(digest => !reachable.has(digest))
  const depth = new Map<Digest, number>(roots.map(digest => [digest, 0]))
  for (let round = 0; round < all.length; round++)
    for (const digest of all)
      for (const child of inventory.nodes.get(digest)?.children ?? [])
        depth.set(child, Math.max(depth.get(child) ?? 0, (depth.get(digest) ?? 0) + 1))
  return all.sort((a, b) => (depth.get(a) ?? all.length) - (depth.get(b) ?? all.length))
}

/** Tags of versions beyond the newest ones, and shorter aliases that point at such a version. */
function outdatedTags({tags}: Inventory, keepVersions: number): Tag[] {
  if (keepVersions === 0) return []
  const versions = [...tags.keys()].flatMap(tag => {
    const version = semver.parse(tag)
    return version === null || version.prerelease.length > 0 ? [] : [{tag, version}]
  })
  const sorted = versions.sort((a, b) => semver.rcompare(a.version, b.version))
  const outdated = sorted.slice(keepVersions)
  const digests = new Set(outdated.map(({tag}) => tags.get(tag)))
  const kept = new Set(sorted.slice(0, keepVersions).map(({tag}) => tags.get(tag)))
  const aliases = [...tags].filter(
    ([tag, digest]) => /^v?\d+(?:\.\d+)?$/.test(tag) && digests.has(digest) && !kept.has(digest)
  )
  return [...new Set([...outdated.map(({tag}) => tag), ...aliases.map(([tag]) => tag)])]
}

/** What names no time is taken as young: it could belong to a run under way. */
function isOld(node: InventoryNode | undefined, {now, minAge}: CleanupPolicy): boolean {
  if (minAge === 0) return true
  return node?.created !== undefined && now - node.created >= minAge
}

function entryOf(digest: Digest, {tags}: Inventory, reason: string): CleanupEntry {
  return {digest, tags: [...tags].filter(([, one]) => one === digest).map(([tag]) => tag), reason}
}

function reasonToGo(digest: Digest, {superseded}: CleanupPolicy): string {
  return superseded.includes(digest) ? 'superseded' : 'reached only by what goes'
}

function reasonToStay(
  digest: Digest,
  stays: readonly (readonly [Tag, Digest])[],
  young: readonly Digest[]
): string {
  const tags = stays.filter(([, one]) => one === digest).map(([tag]) => tag)
  if (tags.length > 0) return `still tagged ${tags.join(', ')}`
  return young.includes(digest) ? 'too young, or names no creation time' : 'reached by what stays'
}
