import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {Clock, Reporter} from '../../ports.js'
import type {TagOutcome, PlannedVersion} from '../policy/cleanup-plan.js'
import {CALLS_AT_ONCE, type DeletionOutcome, type StillWanted} from '../repository-backend.js'
import {eachAtOnce} from '../../shared/at-once.js'
import {lookAgain} from './recheck.js'
import {writePendingDeletions} from './pending-deletions.js'
import type {PlannedRepository} from '../repository-cleanup.js'
import {deleteWithTags} from './version-deletion.js'
import {TagSweep} from './tag-sweep.js'

/** Something that the host does not delete, and why. */
export interface Undeleted {
  readonly what: string
  /** The tags that it has. */
  readonly tags: readonly Tag[]
  readonly reason: string
  readonly hint?: string
  /** The host deletes it for nobody, and no rule but that of the last release chose it. */
  readonly isPardoned?: boolean
}

/** What a sweep did. What was gone already counts as deleted. */
export interface SweepResult {
  readonly versions: readonly Digest[]
  readonly tags: readonly Tag[]
  readonly undeleted: readonly Undeleted[]
  /** Why each of these, which the plan names, stays after all. */
  readonly kept: ReadonlyMap<Digest, string>
  /** Why each of these tags, which were to go alone, stays after all. */
  readonly keptTags: ReadonlyMap<Tag, string>
  /** What ended it before its end: RegistryError, ReleaseError RIGHT_MISSING, the reason of a cancellation; else undefined. */
  readonly stop: {readonly cause: unknown} | undefined
}

/** What a sweep works with. */
export interface SweepPorts {
  readonly reporter: Reporter
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** How often what others still named is tried again, once those are gone. */
const ROUNDS = 5
/** How many deletions there are between two lines of the log. */
const PROGRESS = 100
/** How long a look at the repository is good for: milliseconds. */
const LOOK_LIFE = 60_000

/**
 * Works the plan off as the graph that it is, roots first, a few manifests at once. What does not go, for whatever
 * reason, keeps all that it leads to from that moment. Before each wave, after each pause, and once a minute it is looked
 * at again what is about to go. A stop at any moment leaves every tag that stays whole; the next run goes on.
 */
export async function sweep(planned: PlannedRepository, ports: SweepPorts): Promise<SweepResult> {
  return await new Sweep(planned, ports).run()
}

class Sweep {
  readonly #planned: PlannedRepository
  readonly #ports: SweepPorts
  /** What is still to go. */
  readonly #going: Map<Digest, PlannedVersion>
  readonly #deleted = new Set<Digest>()
  readonly #tags: Tag[] = []
  readonly #undeleted = new Map<string, Undeleted>()
  readonly #kept = new Map<Digest, string>()
  readonly #keptTags = new Map<Tag, string>()
  /** What waits until what names it is gone. */
  readonly #waiting = new Set<Digest>()
  /** All that the waiting lead to. */
  readonly #behind = new Set<Digest>()
  readonly #own = new Set<Digest>()
  #places: ReadonlyMap<Tag, Digest> = new Map()
  #lookedAt = Number.NEGATIVE_INFINITY
  /** The wave that the last look was for, as long as nothing was done since. */
  #lookedFor: readonly PlannedVersion[] | undefined
  #looking: Promise<void> | undefined

  constructor(planned: PlannedRepository, ports: SweepPorts) {
    this.#planned = planned
    this.#ports = ports
    this.#going = new Map(planned.plan.waves.flat().map(version => [version.digest, version]))
  }

  async run(): Promise<SweepResult> {
    const stop = await this.#deleteAll().then(
      () => undefined,
      (cause: unknown) => ({cause})
    )
    return {
      stop,
      versions: [...this.#deleted],
      tags: this.#tags,
      undeleted: [...this.#undeleted.values()],
      kept: this.#kept,
      keptTags: this.#keptTags
    }
  }

  async #deleteAll(): Promise<void> {
    const {client, backend, capabilities, plan} = this.#planned
    const [first = []] = plan.waves
    await this.#look(first, plan.tags)
    this.#lookedFor = first
    const remainder = capabilities.listsUntagged
      ? undefined
      : await writePendingDeletions(client, [...this.#going.keys()], this.#ports.reporter)
    if (remainder !== undefined) this.#own.add(remainder.manifest.digest)
    await this.#deleteTags()
    await this.#deleteVersions()
    if (remainder === undefined || this.#going.size > 0) return
    const note = {digest: remainder.manifest.digest, tags: [remainder.tag]}
    await deleteWithTags(note, {client, backend, capabilities})
  }

  async #deleteTags(): Promise<void> {
    const tags = this.#planned.plan.tags.filter(({tag}) => !this.#keptTags.has(tag))
    if (tags.length === 0) return
    const work = new TagSweep(this.#planned, this.#own)
    this.#lookedFor = undefined
    await work.assertMayDelete()
    await this.#each(tags, async planned => {
      const outcome = await work.deleteTag(planned, async () => {
        await this.#refresh([], tags)
        return !this.#keptTags.has(planned.tag)
      })
      if (outcome.state === 'undeletable' || outcome.state === 'referenced')
        this.#undeleted.set(planned.tag, {what: planned.tag, tags: [], ...told(outcome)})
      else if (outcome.state === 'called-off') this.#keptTags.set(planned.tag, 'it moved meanwhile')
      else this.#tags.push(planned.tag)
    })
  }

  /** Round after round, as long as something goes that made others wait. */
  async #deleteVersions(): Promise<void> {
    for (let round = 1; round <= ROUNDS; round++) {
      const before = this.#going.size
      this.#waiting.clear()
      this.#behind.clear()
      for (const wave of this.#planned.plan.waves) await this.#deleteWave(wave)
      if (this.#waiting.size === 0 || this.#going.size === before) break
    }
    for (const digest of this.#waiting) this.#refuse(digest, {reason: 'something that stays names it'})
  }

  async #deleteWave(wave: readonly PlannedVersion[]): Promise<void> {
    if (!wave.some(version => this.#mayGo(version))) return
    if (this.#lookedFor !== wave || this.#isStale()) await this.#refresh(wave)
    this.#lookedFor = undefined
    await this.#each(wave, async version => {
      if (!this.#mayGo(version)) return
      if (this.#isStale()) await this.#refresh(wave)
      if (this.#mayGo(version)) await this.#deleteVersion(version, wave)
    })
  }

  /** What says what is left to do goes only when nothing is. */
  #mayGo({digest}: PlannedVersion): boolean {
    const {notes} = this.#planned.plan
    if (!this.#going.has(digest) || this.#kept.has(digest) || this.#undeleted.has(digest)) return false
    if (this.#waiting.has(digest) || this.#behind.has(digest)) return false
    return !notes.has(digest) || [...this.#going.keys()].every(other => notes.has(other))
  }

  async #deleteVersion(version: PlannedVersion, wave: readonly PlannedVersion[]): Promise<void> {
    const {client, backend, capabilities} = this.#planned
    const {digest} = version
    const tags = version.tags.filter(tag => (this.#places.get(tag) ?? digest) === digest)
    const isStillWanted: StillWanted = async () => {
      await this.#refresh(wave)
      return this.#mayGo(version)
    }
    const outcome = await deleteWithTags({...version, tags}, {client, backend, capabilities, isStillWanted})
    if (outcome.state === 'done' || outcome.state === 'gone') {
      this.#deleted.add(digest)
      this.#going.delete(digest)
      this.#tell()
    } else if (outcome.state === 'referenced') this.#wait(digest)
    else if (outcome.state === 'undeletable') this.#refuse(digest, outcome)
  }

  #wait(digest: Digest): void {
    this.#waiting.add(digest)
    for (const one of this.#planned.plan.links.reach([digest])) if (one !== digest) this.#behind.add(one)
  }

  #refuse(digest: Digest, outcome: Omit<Extract<DeletionOutcome, {state: 'undeletable'}>, 'state'>): void {
    const planned = this.#going.get(digest)
    const isPardoned = outcome.isForNobody === true && planned?.reason === 'superseded'
    this.#undeleted.set(digest, {
      what: digest,
      tags: planned?.tags ?? [],
      ...told(outcome),
      ...(isPardoned ? {isPardoned} : {})
    })
    this.#keepAllFrom(digest, `part of ${digest}, which was not deleted`)
  }

  /** What stays keeps all that it leads to. */
  #keepAllFrom(digest: Digest, why: string): void {
    for (const one of this.#planned.plan.links.reach([digest]))
      if (this.#going.has(one) && !this.#kept.has(one) && one !== digest) this.#kept.set(one, why)
  }

  #isStale(): boolean {
    return this.#ports.clock.now() - this.#lookedAt > LOOK_LIFE
  }

  /** All who ask at one time share one look. */
  async #refresh(next: readonly PlannedVersion[], tags: readonly TagOutcome[] = []): Promise<void> {
    this.#looking ??= this.#look(next, tags).finally(() => (this.#looking = undefined))
    await this.#looking
  }

  async #look(next: readonly PlannedVersion[], tags: readonly TagOutcome[]): Promise<void> {
    const {clock} = this.#ports
    const now = clock.now()
    const change = await lookAgain(this.#planned, {
      next: next.filter(version => this.#mayGo(version)),
      going: this.#going,
      deleted: this.#deleted,
      tags,
      own: this.#own,
      now
    })
    this.#lookedAt = now
    this.#places = change.places
    for (const [digest, why] of change.versions) {
      if (!this.#kept.has(digest)) this.#kept.set(digest, why)
      this.#keepAllFrom(digest, `part of ${digest}: ${why}`)
    }
    for (const [tag, why] of change.tags) this.#keptTags.set(tag, why)
  }

  #tell(): void {
    const {client, plan} = this.#planned
    const total = plan.waves.reduce((sum, wave) => sum + wave.length, 0)
    const count = this.#deleted.size
    if (count % PROGRESS === 0) this.#ports.reporter.info(`${client.name}: ${count} of ${total} deleted`)
  }

  /** A few at once. After a failure nothing new is begun, and what is under way comes to its end. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const failures: unknown[] = []
    const guarded = async (item: T): Promise<void> => {
      if (failures.length > 0) return
      try {
        this.#ports.signal.throwIfAborted()
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
    await eachAtOnce(items, guarded, CALLS_AT_ONCE)
    if (failures.length > 0) throw failures[0]
  }
}

function told({reason, hint}: {readonly reason: string; readonly hint?: string}) {
  return {reason, ...(hint === undefined ? {} : {hint})}
}
