import {ReleaseError, messageOf} from '../../errors.js'
import type {Registries} from '../../registry/client/registries.js'
import type {RepositoryClient, ShownDigest} from '../../registry/client/repository-client.js'
import {listTags} from '../../registry/client/tag-list.js'
import {type HostOf, deleteFreshTags} from './created-tags.js'
import {type Patience, waitsOf} from '../../registry/client/patience.js'
import type {LedgerEntry} from './tag-ledger.js'
import {type TagMove, candidateAt, tagReference} from './tag-moves.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import type {Tag} from '../../oci/reference.js'
import {isPlaceholder} from '../../registry/client/tag-deletion.js'
import {newestPublished, pendingPublished} from '../../versions/version-names.js'
import {appearedSince, isVersioned, takenBack} from './tag-versions.js'

/** What undoing works with: it still works where the run has been cancelled. */
export interface Undoing {
  readonly registries: Registries
  readonly hostOf: HostOf
  readonly patience: Patience
}

/** What became of the undoing of one tag. */
export interface Undone {
  readonly name: string
  /**
   * `back`: it was read, and is as it was before. `led`: it was read, and is at a version that others published
   * meanwhile. `other`: somebody else moved it since, and it was left to them. `open`: it is not proved to be as before.
   */
  readonly state: 'back' | 'led' | 'other' | 'open'
  /** What is there, or why it is not known; empty where all is as before. */
  readonly said: string
}

/** Rounds that come at once: before anything is done, after it, and after what that showed. */
const PROMPT = [0, 0, 0]

/** A tag that is being undone. */
interface Undo {
  readonly entry: LedgerEntry
  /** Where it was put; undefined where nothing was done yet. */
  set?: TagGoal
  /** Why that failed. */
  fault?: string | undefined
  seen?: ShownDigest
  /** Absent while it is not over. */
  end?: Undone['state'] | 'untouched'
  said?: string
}

/** What is to be done with a tag next. */
interface Step {
  readonly undo: Undo
  readonly goal: TagGoal
}

/**
 * The undoing in one repository, in rounds of looking and acting. Aliases go back before the version tags go, by which
 * others see this release. A tag is done only when it was looked at after that: another release may have left an alias to
 * this one meanwhile, or may have been published, and nothing goes back to what is older than that.
 */
export class RepositoryUndo {
  readonly #client: RepositoryClient
  readonly #undos: readonly Undo[]
  readonly #undoing: Undoing
  /** All tags that a round has listed: another release may be taken back between two of them. */
  readonly #witnessed = new Set<Tag>()

  constructor(client: RepositoryClient, entries: readonly LedgerEntry[], undoing: Undoing) {
    this.#client = client
    this.#undos = entries.map(entry => ({entry}))
    this.#undoing = undoing
  }

  async run(): Promise<Undone[]> {
    const {clock, signal, milliseconds} = this.#undoing.patience
    try {
      for (const [round, wait] of [...PROMPT, ...waitsOf(milliseconds)].entries()) {
        if (wait > 0) await clock.sleep(wait, signal)
        await this.#round(round)
        if (this.#open.length === 0) break
      }
    } catch (error) {
      for (const undo of this.#open) undo.fault ??= messageOf(error)
    }
    return this.#undos.flatMap(reportOf)
  }

  get #open(): Undo[] {
    return this.#undos.filter(({end}) => end === undefined)
  }

  async #round(round: number): Promise<void> {
    const listed = await this.#listed()
    const steps = await Promise.all(this.#open.map(async undo => await this.#look(undo, listed, round)))
    const due = steps.filter(step => step !== undefined)
    await Promise.all(
      due.filter(({goal}) => goal.manifest !== undefined).map(async step => await this.#put(step))
    )
    await this.#delete(due.filter(({goal}) => goal.manifest === undefined))
  }

  /** Undefined where no version is at stake, or the registry does not say. */
  async #listed(): Promise<readonly Tag[] | undefined> {
    if (!this.#open.some(({entry}) => isVersioned(entry.move))) return undefined
    const listed = await listTags(this.#client).catch(() => undefined)
    for (const tag of listed ?? []) this.#witnessed.add(tag)
    return listed
  }

  /** Ends what is as it is to be, and gives what is to be done; neither where only time can tell. */
  async #look(undo: Undo, listed: readonly Tag[] | undefined, round: number): Promise<Step | undefined> {
    const {move} = undo.entry
    const witnessed = [...(move.witnessed ?? []), ...this.#witnessed]
    const [seen, goal] = await Promise.all([
      this.#client.shownDigest(move.tag.name),
      goalOf({...move, witnessed}, this.#client, listed)
    ])
    undo.seen = seen
    const judged = undo.set === undefined ? untouched(undo, seen) : touched(undo, seen, goal)
    const what = judged === 'other' && (await this.#isOurs(undo)) ? unfinished(undo) : judged
    if (what === 'act') return {undo, goal}
    if (what === 'wait' || round === 0) return undefined
    const isLed = what === 'back' && undo.set !== undefined && goal.reason !== undefined
    undo.end = isLed ? 'led' : what
    if (isLed) undo.said = goal.reason ?? ''
    return undefined
  }

  /** Where a registry deletes no tags, the tag is at an empty index of ours on its way. */
  async #isOurs({entry: {move}, set}: Undo): Promise<boolean> {
    if (set === undefined || set.digest !== undefined) return false
    return await this.#client
      .findManifest(move.tag.name)
      .then(manifest => manifest !== undefined && isPlaceholder(manifest))
      .catch(() => false)
  }

  async #put({undo, goal}: Step): Promise<void> {
    undo.set = goal
    undo.fault = undefined
    try {
      if (goal.manifest !== undefined) await this.#client.putManifest(goal.manifest, undo.entry.move.tag.name)
    } catch (error) {
      undo.fault = told(error)
    }
  }

  async #delete(steps: readonly Step[]): Promise<void> {
    const fresh = steps.map(
      ({
        undo: {
          entry: {move}
        }
      }) => ({tag: move.tag.name, digest: move.index.digest})
    )
    const faults = await deleteFreshTags(fresh, this.#client, this.#undoing.hostOf)
    for (const {undo, goal} of steps) {
      undo.set = goal
      undo.fault = faults.get(undo.entry.move.tag.name)
    }
  }
}

type Outcome = 'act' | 'wait' | 'back' | 'other' | 'open' | 'untouched'

/** What to do with a tag that the undoing did nothing to yet. What is not seen may be there, unless it was refused. */
function untouched({entry: {move, write}}: Undo, seen: ShownDigest): Outcome {
  const isBefore = seen === move.standing?.digest
  if (seen === move.index.digest) return 'act'
  if (write === 'unsent') return 'untouched'
  if (write === 'refused') return seen === 'unknown' ? 'wait' : isBefore ? 'back' : 'other'
  return isBefore || seen === undefined || seen === 'unknown' ? 'act' : 'other'
}

/** What to do with a tag that was put back, or deleted. */
function touched({entry: {move}, set, fault}: Undo, seen: ShownDigest, goal: TagGoal): Outcome {
  if (seen === goal.digest) return 'back'
  if (seen === move.index.digest) return fault === undefined ? 'act' : 'open'
  if (seen === set?.digest) return 'act'
  const isLate = seen === undefined || seen === 'unknown' || seen === move.standing?.digest
  return isLate ? 'wait' : 'other'
}

/** A deletion that succeeded is shown late; one that broke off half way is done again. */
function unfinished({fault}: Undo): Outcome {
  return fault === undefined ? 'wait' : 'act'
}

function reportOf(undo: Undo): Undone[] {
  const {entry, end = entry.write === 'unsent' && undo.set === undefined ? 'untouched' : 'open', said} = undo
  if (end === 'untouched') return []
  return [{name: tagReference(entry.move), state: end, said: said ?? wordsFor(end, undo)}]
}

function wordsFor(end: Undone['state'], {entry: {move}, seen, fault}: Undo): string {
  if (end === 'back') return ''
  const shown =
    seen === undefined
      ? 'it is not there'
      : seen === 'unknown'
        ? 'it cannot be read'
        : seen === move.index.digest
          ? 'it still points where this run moved it, which is complete'
          : `it points at ${seen}`
  return fault === undefined ? shown : `${fault}; ${shown}`
}

/** With what to do, for nothing else will say it. */
function told(error: unknown): string {
  const hint = error instanceof ReleaseError ? error.hint : undefined
  return hint === undefined ? messageOf(error) : `${messageOf(error)}. ${hint}`
}

/** Where a tag is to go when a release is undone. */
export interface TagGoal {
  /** Undefined where the tag is to be gone. */
  readonly digest: Digest | undefined
  readonly manifest: Manifest | undefined
  /** Why that is not what was there before; undefined where it is. */
  readonly reason?: string
}

/**
 * Where a tag goes back to: what was there before. An alias goes to a newer version where one was published meanwhile;
 * where the release that it was at was itself taken back, it goes to the newest version that is left.
 * @param listed the tags of the repository now; undefined where they are not known
 */
export async function goalOf(
  move: TagMove,
  client: RepositoryClient,
  listed: readonly Tag[] | undefined
): Promise<TagGoal> {
  const {standing} = move
  const before = {digest: standing?.digest, manifest: standing?.manifest}
  if (listed === undefined || !isVersioned(move)) return before
  const {tag} = move
  const gone = takenBack(move, listed)
  const known = gone === undefined ? standing : undefined
  const newer = pendingPublished(appearedSince(move, listed), tag.name, known, candidateAt(move))
  const left = gone === undefined ? undefined : newestPublished(listed, tag.name, candidateAt(move))
  const version = newer ?? left
  if (version === undefined) return before
  const why =
    newer === undefined
      ? `is the newest version that is left: ${gone ?? ''}, which was there, was taken back`
      : 'was released meanwhile'
  // One that is being taken back is listed until it is gone.
  const others = listed.filter(name => name !== version)
  return (await goalAt(version, client, why)) ?? (await goalOf(move, client, others))
}

async function goalAt(version: Tag, client: RepositoryClient, why: string): Promise<TagGoal | undefined> {
  const manifest = await client.findManifest(version)
  if (manifest === undefined || isPlaceholder(manifest)) return undefined
  return {digest: manifest.digest, manifest, reason: `went to ${version}, which ${why}`}
}
