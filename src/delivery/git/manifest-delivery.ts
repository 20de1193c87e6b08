import {ReleaseError} from '../../errors.js'
import type {Clock} from '../../ports.js'
import type {GitRepository} from './git-repository.js'
import type {ManifestEdit} from '../manifests/manifest-edit.js'

/** Edits the files of a commit. */
export type Editing = (read: (file: string) => Promise<string | undefined>) => Promise<ManifestEdit>

/** What is written to a branch, and with which words. */
export interface DeliveryOptions {
  readonly branch: string
  readonly edit: Editing
  /** The message of the commit. */
  readonly message: (edit: ManifestEdit) => string
  /** How often a branch is read again that moved meanwhile. */
  readonly attempts: number
  readonly dryRun: boolean
}

/** What became of a branch. */
export interface Delivery {
  readonly edit: ManifestEdit
  /** The new commit; undefined where nothing had to change, or in a dry run. */
  readonly commit: string | undefined
}

/**
 * Brings a commit that was made here to a branch. Gives the name that it has there; undefined where the branch moved.
 * @param standing what the branch was when it was read; undefined where there was none
 */
export type Publish = (
  commit: string,
  branch: string,
  standing: string | undefined
) => Promise<string | undefined>

export interface DeliveryParts {
  readonly repository: GitRepository
  /** By a push, where it is not said. */
  readonly publish?: Publish | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Between two tries, so that writers that met once do not meet again and again. */
const PAUSE = 500

/**
 * Commits edits to a branch. Where another writer was faster, the branch is read again and the edits are made anew on
 * what is there now: nobody's commit is lost. Without changes there is no commit.
 * @throws ReleaseError GIT_FAILED where the branch is not there, or moves again and again
 */
export async function deliverToBranch(wish: DeliveryOptions, parts: DeliveryParts): Promise<Delivery> {
  const {repository, publish} = parts
  return await untilDone(wish, parts, async () => {
    const base = await repository.fetch(wish.branch)
    if (base === undefined) throw noBranch(wish.branch)
    return await commitOn(wish, {repository, publish, base, standing: base})
  })
}

/**
 * Repeats a round until its push is done.
 * @throws ReleaseError GIT_FAILED where it never is
 */
export async function untilDone<T>(
  {branch, attempts}: Pick<DeliveryOptions, 'branch' | 'attempts'>,
  {clock, signal}: Pick<DeliveryParts, 'clock' | 'signal'>,
  round: () => Promise<T | undefined>
): Promise<T> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const done = await round()
    if (done !== undefined) return done
    await clock.sleep(PAUSE * attempt * (0.5 + Math.random()), signal)
  }
  throw new ReleaseError('GIT_FAILED', `${branch} moved ${attempts} times while it was to be written`, {
    hint: 'Many write to it at this moment. Run this again.'
  })
}

/** Undefined where the branch moved. */
export async function commitOn(
  {branch, edit, message, dryRun}: DeliveryOptions,
  place: {
    readonly repository: GitRepository
    readonly publish?: Publish | undefined
    readonly base: string
    readonly standing: string | undefined
    /** Whether the base is the branch itself, brought onto another one: that is pushed also without an edit. */
    readonly isJoined?: boolean
  }
): Promise<Delivery | undefined> {
  const {repository, base, standing, isJoined = false} = place
  const publish = place.publish ?? pushing(repository)
  const made = await edit(async file => await repository.readFile(base, file))
  const isMoved = standing !== undefined && base !== standing && isJoined
  if ((made.files.size === 0 && !isMoved) || dryRun) return {edit: made, commit: undefined}
  const commit = made.files.size === 0 ? base : await repository.commit(base, made.files, message(made))
  const published = await publish(commit, branch, standing)
  return published === undefined ? undefined : {edit: made, commit: published}
}

function pushing(repository: GitRepository): Publish {
  return async (commit, branch, standing) =>
    (await repository.push(commit, branch, standing)) === 'done' ? commit : undefined
}

export function noBranch(branch: string): ReleaseError {
  return new ReleaseError('GIT_FAILED', `the repository of manifests has no branch ${branch}`, {
    hint: 'Name a branch that is there: --manifests-branch NAME.'
  })
}
