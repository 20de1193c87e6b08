import type {Digest} from '../../oci/digest.js'
import {type StoredManifest, type Inventory, subjectOfTag} from './inventory.js'

const NONE: readonly Digest[] = []

/** What each manifest of a repository leads to: its children, and what refers to it. */
export class Links {
  readonly #inventory: Inventory
  readonly #attached: ReadonlyMap<Digest, readonly Digest[]>

  constructor(inventory: Inventory) {
    this.#inventory = inventory
    this.#attached = attachments(inventory)
  }

  /** Children first; then referrers by the API, by their subject, and by the tags that are made of the digest. */
  of(digest: Digest): readonly Digest[] {
    const held = this.#inventory.versions.get(digest)
    const children = held === undefined ? NONE : childrenOf(held)
    const referrers = this.#inventory.referrers.get(digest) ?? NONE
    const attached = this.#attached.get(digest) ?? NONE
    if (referrers.length + attached.length === 0) return children
    return [...children, ...referrers, ...attached]
  }

  /** Everything that these lead to at any depth, themselves too. */
  reach(roots: Iterable<Digest>): Set<Digest> {
    return reachBy(roots, digest => this.of(digest))
  }

  /** What these consist of at any depth, themselves too, without what only refers to them: what a pull needs. */
  descend(roots: Iterable<Digest>): Set<Digest> {
    return reachBy(roots, digest => {
      const held = this.#inventory.versions.get(digest)
      return held?.content.kind === 'index' && held.content.isPlaceholder !== true
        ? held.content.children
        : NONE
    })
  }
}

function reachBy(roots: Iterable<Digest>, of: (digest: Digest) => readonly Digest[]): Set<Digest> {
  const found = new Set<Digest>()
  const waiting = [...roots]
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (found.has(digest)) continue
    found.add(digest)
    for (const next of of(digest)) if (!found.has(next)) waiting.push(next)
  }
  return found
}

/** What an index names, or what stands in a document that is no known manifest. */
function childrenOf({content}: StoredManifest): readonly Digest[] {
  if (content.kind === 'index') return content.children
  return content.kind === 'unreadable' ? (content.mentions ?? NONE) : NONE
}

/** By their subject: manifests that name it, and those at tags that are made of its digest. */
function attachments({versions}: Inventory): Map<Digest, Digest[]> {
  const attached = new Map<Digest, Digest[]>()
  for (const held of versions.values())
    for (const subject of subjectsOf(held)) {
      const others = attached.get(subject)
      if (others === undefined) attached.set(subject, [held.digest])
      else others.push(held.digest)
    }
  return attached
}

/** The manifests with which this one lives and dies. */
export function subjectsOf({tags, content}: StoredManifest): readonly Digest[] {
  const own = content.kind === 'leaf' || content.kind === 'index' ? content.subject : undefined
  if (tags.length === 0) return own === undefined ? NONE : [own]
  const named = tags.map(subjectOfTag).filter(subject => subject !== undefined)
  return own === undefined ? named : [...named, own]
}
