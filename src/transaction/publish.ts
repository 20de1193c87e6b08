import {ReleaseError, messageOf} from '../errors.js'
import type {Manifest} from '../oci/manifest.js'
import type {Repository} from '../oci/reference.js'
import type {Registries} from '../registry/registries.js'
import {planIndex} from '../release/index-plan.js'
import {indexAnnotations} from '../release/publication-plan.js'
import type {Publication, ReleaseFacts} from '../release/publication.js'
import {type CollectedPublication, collectChildren} from './child-collection.js'
import type {ReleaseJournal} from './release-journal.js'
import {settle} from './settled.js'
import {type TagMove, assertAllowed, decideMoves} from './tag-moves.js'
import {undoMoves} from './tag-undo.js'
import {type WritingOptions, writeTags} from './tag-writing.js'

/** What is released, and how. */
export interface Release {
  readonly publications: readonly Publication[]
  readonly facts: ReleaseFacts
  readonly allowBackward: boolean
  /** Platforms that every image must have; undefined where the builds themselves are the list. */
  readonly platforms?: readonly string[]
  /** Check and decide everything, write nothing. */
  readonly dryRun: boolean
}

/** The registries, for the work and, where that was cancelled, for undoing it. */
export interface ReleaseRegistries extends Pick<WritingOptions, 'clock' | 'signal'> {
  readonly working: Registries
  readonly undoing: () => Registries
  readonly journal: ReleaseJournal
}

/** One image of a release, with its index and what became of its tags. */
export interface PublishedIndex {
  readonly publication: Publication
  readonly index: Manifest
  readonly children: CollectedPublication['children']
  readonly moves: readonly TagMove[]
}

/**
 * Publishes all images of a release together or not at all: everything is checked before the first write, every index
 * stands on every registry and the journal is kept before the first tag moves, and a tag move that fails puts all tags back.
 * @throws ReleaseError RELEASE_INCOMPLETE or TAG_REFUSED with nothing written; TAG_NOT_MOVED after putting back
 */
export async function publish(release: Release, registries: ReleaseRegistries): Promise<PublishedIndex[]> {
  const collected = await collectAll(release, registries.working)
  const indexes = collected.map(({children, publication}) =>
    planIndex(children, indexAnnotations(publication.annotations, release.facts))
  )
  const published = await Promise.all(
    collected.map(async ({publication, clients, children}, position) => {
      const index = at(indexes, position)
      return {
        publication,
        index,
        children,
        clients,
        moves: await decideMoves(publication, index, clients, release)
      }
    })
  )
  const moves = published.flatMap(image => image.moves)
  assertAllowed(moves)
  if (release.dryRun) return published
  await Promise.all([
    registries.journal.keep(moves),
    ...published.flatMap(({clients, index}) => clients.map(async client => await client.putManifest(index)))
  ])
  const moved = await moveOrUndo(moves, registries)
  return published.map(image => ({
    ...image,
    moves: moved.filter(({publication}) => publication === image.publication)
  }))
}

async function collectAll(
  {publications, facts, platforms}: Release,
  registries: Registries
): Promise<CollectedPublication[]> {
  const {values, failures} = await settle(
    publications.map(async publication => {
      const clients = publication.repositories.map(repository =>
        registries.repository(repository, 'pull,push')
      )
      return await collectChildren(publication, clients, {revision: facts.revision, platforms})
    })
  )
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1)
    throw new ReleaseError('RELEASE_INCOMPLETE', failures.map(messageOf).join('\n'), {
      cause: failures[0],
      hint: 'Nothing was written. Run the build jobs of what is named here again, then this job.'
    })
  return [...values]
}

async function moveOrUndo(moves: readonly TagMove[], registries: ReleaseRegistries): Promise<TagMove[]> {
  const attempted: TagMove[] = []
  const {clock, signal, journal} = registries
  try {
    return await writeTags(moves, {clock, signal, journal, attempted})
  } catch (cause) {
    if (attempted.length === 0) throw cause
    const undoing = registries.undoing()
    const clientOf = (repository: Repository): ReturnType<Registries['repository']> =>
      undoing.repository(repository, 'pull,push,delete')
    const undone = await undoMoves(attempted, ({client}) => clientOf(client.repository))
    const left = undone.filter(({fault}) => fault !== undefined)
    throw new ReleaseError('TAG_NOT_MOVED', `the release was not published: ${messageOf(cause)}`, {
      cause,
      hint: left.length === 0 ? backHint(cause) : leftHint(left)
    })
  }
}

function backHint(cause: unknown): string {
  const first = cause instanceof ReleaseError && cause.hint !== undefined ? `${cause.hint} ` : ''
  return `${first}All tags stand as they stood before; run this again with the same inputs.`
}

function leftHint(left: readonly {name: string; fault?: string}[]): string {
  const lines = left.map(({name, fault}) => `  ${name}: ${fault ?? ''}`)
  return `These tags could not be put back and still point at the new, complete release:\n${lines.join('\n')}\nRun this again with the same inputs to finish the release.`
}

function at<T>(items: readonly T[], position: number): T {
  const item = items[position]
  if (item === undefined) throw new Error(`no item ${position}`)
  return item
}
