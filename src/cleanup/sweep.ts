import pLimit from 'p-limit'
import {messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {Reporter} from '../ports.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {placeholderIndex} from '../registry/tag-deletion.js'
import type {CleanupPlan, PlannedTag, PlannedVersion} from '../retention/cleanup-plan.js'
import {
  type BackendCapabilities,
  CALLS_AT_ONCE,
  type DeletionOutcome,
  type RepositoryBackend
} from '../retention/repository-backend.js'
import {isUnsupported} from './registry-backend.js'
import {writeRemainder} from './remainder.js'

/** Something that the host does not delete, and why. */
export interface Undeleted {
  readonly what: string
  readonly reason: string
  readonly hint?: string
}

/** What a sweep did. What was gone already counts as deleted. */
export interface SweepResult {
  readonly versions: readonly Digest[]
  readonly tags: readonly Tag[]
  readonly undeleted: readonly Undeleted[]
  /** Why the registry, other than it seemed, deletes nothing; undefined where it does. */
  readonly refusal?: string
}

/** What a sweep works with. */
export interface SweepParts {
  readonly client: RepositoryClient
  readonly backend: RepositoryBackend
  readonly capabilities: BackendCapabilities
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

/** How often what others still named is tried again, once those are gone. */
const ROUNDS = 5
/** How many deletions there are between two lines of the log. */
const PROGRESS = 100

/**
 * Deletes what a plan names: tags, then wave after wave of manifests, a few at once within a wave. A stop at any moment
 * leaves every tag that stays whole, for nothing that it reaches is in the plan; the next run goes on.
 * @throws what the host throws: RegistryError, ReleaseError RIGHT_MISSING; the reason of a cancellation
 */
export async function sweep(plan: CleanupPlan, parts: SweepParts): Promise<SweepResult> {
  return await new Sweep(plan, parts).run()
}

class Sweep {
  readonly #plan: CleanupPlan
  readonly #parts: SweepParts
  readonly #versions: Digest[] = []
  readonly #tags: Tag[] = []
  readonly #undeleted: Undeleted[] = []

  constructor(plan: CleanupPlan, parts: SweepParts) {
    this.#plan = plan
    this.#parts = parts
  }

  async run(): Promise<SweepResult> {
    const result = {versions: this.#versions, tags: this.#tags, undeleted: this.#undeleted}
    try {
      await this.#deleteAll()
      return result
    } catch (error) {
      if (!isUnsupported(error)) throw error
      return {...result, refusal: messageOf(error)}
    }
  }

  async #deleteAll(): Promise<void> {
    const {client, backend, capabilities, reporter} = this.#parts
    const remainder = capabilities.listsUntagged
      ? undefined
      : await writeRemainder(client, this.#plan, reporter)
    await this.#each(this.#plan.tags, planned => this.#deleteTag(planned))
    let left: readonly PlannedVersion[] = []
    for (const wave of this.#plan.waves) left = [...left, ...(await this.#deleteWave(wave))]
    await this.#deleteLeft(left)
    if (remainder !== undefined) {
      const {manifest, tag} = remainder
      await deleteWithTags(backend, capabilities, {digest: manifest.digest, tags: [tag]})
    }
  }

  /** @returns what something that is still there names */
  async #deleteWave(wave: readonly PlannedVersion[]): Promise<PlannedVersion[]> {
    const left: PlannedVersion[] = []
    await this.#each(wave, async planned => {
      const outcome = await this.#deleteVersion(planned)
      if (outcome.state === 'referenced') left.push(planned)
    })
    return left
  }

  async #deleteLeft(left: readonly PlannedVersion[]): Promise<void> {
    let waiting = left
    for (let round = 1; round <= ROUNDS && waiting.length > 0; round++) {
      const before = waiting.length
      waiting = await this.#deleteWave(waiting)
      if (waiting.length === before) break
    }
    for (const {digest} of waiting)
      this.#undeleted.push({what: digest, reason: 'something that stays names it'})
  }

  async #deleteVersion(planned: PlannedVersion): Promise<DeletionOutcome> {
    const {backend, capabilities} = this.#parts
    const outcome = await deleteWithTags(backend, capabilities, planned)
    if (outcome.state === 'undeletable') this.#note(planned.digest, outcome)
    if (outcome.state === 'done' || outcome.state === 'gone') {
      this.#versions.push(planned.digest)
      this.#tell()
    }
    return outcome
  }

  async #deleteTag({tag, digest}: PlannedTag): Promise<void> {
    const {backend, capabilities} = this.#parts
    if (capabilities.tagDeletion === 'never') {
      this.#undeleted.push({
        what: tag,
        reason: `${backend.name} cannot take away a tag of an image that stays`
      })
      return
    }
    const outcome =
      capabilities.tagDeletion === 'alone' && backend.deleteTag !== undefined
        ? await backend.deleteTag(tag, digest)
        : await this.#deleteByPlaceholder(tag)
    if (outcome.state === 'undeletable' || outcome.state === 'referenced') this.#note(tag, outcome)
    else this.#tags.push(tag)
  }

  /** The tag is moved to an empty index of its own, which then goes with it. */
  async #deleteByPlaceholder(tag: Tag): Promise<DeletionOutcome> {
    const placeholder = placeholderIndex()
    await this.#parts.client.putManifest(placeholder, tag)
    return await this.#parts.backend.deleteVersion({digest: placeholder.digest, tags: [tag]})
  }

  #note(what: string, outcome: Extract<DeletionOutcome, {readonly reason: string}>): void {
    const hint = outcome.state === 'undeletable' ? outcome.hint : undefined
    this.#undeleted.push({what, reason: outcome.reason, ...(hint === undefined ? {} : {hint})})
  }

  #tell(): void {
    const {client, reporter} = this.#parts
    const total = this.#plan.waves.reduce((sum, wave) => sum + wave.length, 0)
    const count = this.#versions.length
    if (count % PROGRESS === 0) reporter.info(`${client.name}: ${count} of ${total} deleted`)
  }

  /** A few at once. After a failure nothing new is begun, and what is under way comes to its end. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const limit = pLimit(CALLS_AT_ONCE)
    const failures: unknown[] = []
    const guarded = async (item: T): Promise<void> => {
      if (failures.length > 0) return
      try {
        this.#parts.signal.throwIfAborted()
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
    await Promise.all(items.map(item => limit(guarded, item)))
    if (failures.length > 0) throw failures[0]
  }
}

/** Some hosts delete a manifest only when no tag points at it any more; a tag that stays there keeps it. */
async function deleteWithTags(
  backend: RepositoryBackend,
  {versionDeletion}: BackendCapabilities,
  version: Pick<PlannedVersion, 'digest' | 'tags' | 'id'>
): Promise<DeletionOutcome> {
  if (versionDeletion === 'untagged-only')
    for (const tag of version.tags) {
      const outcome = await backend.deleteTag?.(tag, version.digest)
      if (outcome?.state === 'undeletable') return outcome
    }
  return await backend.deleteVersion(version)
}
