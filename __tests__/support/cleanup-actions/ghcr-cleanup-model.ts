import {type Left, type Nodes, type StoredVersion, leftOf, versionsOf} from './stored-world.js'

/** https://github.com/dataaxiom/ghcr-cleanup-action/tree/f092b48ba3b604b2a83690dc4b2bbb3392e1045f (v1.2.1) */
export interface GhcrCleanupInputs {
  readonly 'delete-tags'?: string
  readonly tags?: string
  readonly 'exclude-tags'?: string
  readonly 'keep-n-untagged'?: string
  readonly 'keep-n-tagged'?: string
  readonly 'delete-untagged'?: string
  readonly 'delete-ghost-images'?: string
  readonly 'delete-partial-images'?: string
  readonly 'delete-orphaned-images'?: string
  /** In days: the model reads nothing else. */
  readonly 'older-than'?: string
  readonly 'use-regex'?: string
}

/** What dataaxiom/ghcr-cleanup-action leaves of a package, by src/cleanup-orchestrator.ts and what it calls. */
export function ghcrCleanup(nodes: Nodes, inputs: GhcrCleanupInputs): Left {
  return new Cleanup(versionsOf(nodes), inputs).run()
}

class Cleanup {
  #versions: StoredVersion[]
  readonly #inputs: GhcrCleanupInputs
  #filter = new Set<string>()
  readonly #doomed = new Set<string>()

  constructor(versions: StoredVersion[], inputs: GhcrCleanupInputs) {
    this.#versions = versions
    this.#inputs = inputs
  }

  run(): Left {
    this.#reload()
    if (this.#pattern !== undefined) this.#byTags()
    this.#damaged()
    if (this.#inputs['delete-orphaned-images'] === 'true')
      for (const version of this.#versions) if (this.#isOrphan(version)) this.#doom(version.digest)
    if (this.#many !== undefined)
      for (const {digest} of this.#candidates().slice(this.#many)) this.#doom(digest)
    this.#untagged()
    for (const digest of this.#doomed) this.#remove(digest)
    return leftOf(this.#versions)
  }

  get #pattern(): string | undefined {
    return this.#inputs['delete-tags'] ?? this.#inputs.tags
  }

  get #many(): number | undefined {
    const text = this.#inputs['keep-n-tagged']
    return text === undefined ? undefined : Number(text)
  }

  get #isUntaggedWanted(): boolean {
    const given = this.#inputs['delete-untagged']
    if (given !== undefined) return given === 'true'
    const filters = ['exclude-tags', 'older-than', 'use-regex']
    return Object.keys(this.#inputs).every(name => filters.includes(name))
  }

  #at(digest: string): StoredVersion | undefined {
    return this.#versions.find(one => one.digest === digest)
  }

  /** src/manifest-analyzer.ts initFilterSet, src/image-filter.ts applyExclusionFilters and applyAgeFilter */
  #reload(): void {
    this.#filter = new Set(this.#versions.map(({digest}) => digest))
    for (const {digest, subject} of this.#versions) if (subject !== undefined) this.#filter.delete(digest)
    for (const digest of this.#filter) {
      for (const child of this.#at(digest)?.children ?? []) this.#filter.delete(child)
      for (const referrer of this.#fallbacks(digest)) {
        this.#filter.delete(referrer.digest)
        for (const child of referrer.children ?? []) this.#filter.delete(child)
      }
    }
    const excluded = this.#inputs['exclude-tags']
    const age = this.#inputs['older-than']
    for (const {digest, tags, age: own} of this.#versions) {
      if (excluded !== undefined && [digest, ...tags].some(this.#test(excluded))) this.#filter.delete(digest)
      if (age !== undefined && own <= daysIn(age)) this.#filter.delete(digest)
    }
  }

  /** What lies at tags made of a digest: src/utils.ts parentDigestFromReferrerTag */
  #fallbacks(digest: string): StoredVersion[] {
    return this.#versions.filter(({tags}) => tags.some(tag => parentOf(tag) === digest))
  }

  /** Wildcards separated by commas, or one regular expression that has to be found. */
  #test(pattern: string): (text: string) => boolean {
    if (this.#inputs['use-regex'] === 'true') {
      const expression = new RegExp(pattern)
      return text => expression.test(text)
    }
    const tests = pattern.split(',').map(wildcard)
    return text => tests.some(test => test(text))
  }

  /** src/deletion-strategy.ts processTagDeletions, src/image-deleter.ts performUntagging */
  #byTags(): void {
    const first = this.#tagPlan()
    const isSpared = new Set(
      this.#candidates()
        .slice(0, this.#many ?? 0)
        .map(({digest}) => digest)
    )
    const untagging = [...first.untagging].filter(
      ([digest]) => this.#many === undefined || !isSpared.has(digest)
    )
    for (const [digest, matched] of untagging) {
      const {tags} = this.#at(digest)!
      for (const tag of matched.slice(0, tags.length - 1)) tags.splice(tags.indexOf(tag), 1)
    }
    if (untagging.length > 0) this.#reload()
    for (const digest of untagging.length > 0 ? this.#tagPlan().deleting : first.deleting) this.#doom(digest)
  }

  #tagPlan(): {deleting: string[]; untagging: Map<string, string[]>} {
    const matches = this.#test(this.#pattern ?? '')
    const deleting: string[] = []
    const untagging = new Map<string, string[]>()
    for (const digest of this.#filter) {
      const {tags} = this.#at(digest)!
      const matched = tags.filter(matches)
      if (tags.length > 1 && matched.length > 0) untagging.set(digest, matched)
      if ((tags.length === 1 && matched.length === 1) || matches(digest)) deleting.push(digest)
    }
    return {deleting: this.#many === undefined ? deleting : [], untagging}
  }

  /** src/image-validator.ts: partial images, or else ghosts. */
  #damaged(): void {
    const isPartial = this.#inputs['delete-partial-images'] === 'true'
    const isGhost = this.#inputs['delete-ghost-images'] === 'true' && !isPartial
    for (const digest of this.#filter) {
      const children = this.#at(digest)?.children
      if (children === undefined) continue
      const missing = children.filter(child => this.#at(child) === undefined).length
      if (isPartial && missing > 0 && missing < children.length) this.#doom(digest)
      if (isGhost && missing === children.length) this.#doom(digest)
    }
  }

  #isOrphan({tags, subject}: StoredVersion): boolean {
    const parents = [subject, ...tags.map(parentOf)].filter(one => one !== undefined)
    return parents.some(parent => this.#at(parent) === undefined)
  }

  /** src/deletion-strategy.ts collectKeepNTaggedCandidates */
  #candidates(): StoredVersion[] {
    const matches = this.#pattern === undefined ? () => true : this.#test(this.#pattern)
    return this.#versions
      .filter(({digest, tags}) => this.#filter.has(digest) && tags.some(matches))
      .sort((one, other) => one.age - other.age)
  }

  #untagged(): void {
    const untagged = this.#versions
      .filter(({digest, tags}) => this.#filter.has(digest) && tags.length === 0)
      .sort((one, other) => one.age - other.age)
    const many = this.#inputs['keep-n-untagged']
    const going = many === undefined ? (this.#isUntaggedWanted ? untagged : []) : untagged.slice(Number(many))
    for (const {digest} of going) this.#doom(digest)
  }

  #doom(digest: string): void {
    this.#doomed.add(digest)
    this.#filter.delete(digest)
  }

  /** src/image-deleter.ts deleteImage: with children that no other index names, tagged or not, and with its referrers. */
  #remove(digest: string): void {
    const version = this.#at(digest)
    if (version === undefined) return
    const referring = [
      ...this.#fallbacks(digest),
      ...this.#versions.filter(({subject}) => subject === digest)
    ]
    this.#versions = this.#versions.filter(one => one !== version)
    for (const child of version.children ?? [])
      if (!this.#versions.some(({children = []}) => children.includes(child)))
        this.#versions = this.#versions.filter(one => one.digest !== child)
    for (const one of referring) this.#remove(one.digest)
  }
}

function parentOf(tag: string): string | undefined {
  const text = `sha256:${tag.slice(7)}`
  return tag.startsWith('sha256-') && text.length >= 71 ? text.slice(0, 71) : undefined
}

function daysIn(text: string): number {
  return Number(/^(\d+) days?$/.exec(text)![1])
}

/** https://github.com/axtgr/wildcard-match, version 5: `*` and `?` for anything but a slash. */
function wildcard(pattern: string): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\/-]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  const expression = new RegExp(`^${source}$`)
  return text => expression.test(text)
}
