import {ReleaseError, messageOf} from '../errors.js'
import type {Manifest} from '../oci/manifest.js'
import type {Publication, ReleaseFacts} from '../release/publication.js'
import {type CollectedPublication, collectChildren} from './child-collection.js'
import {copyChildren} from './child-copies.js'
import {type SinglePlatform, publishedRoot} from './published-root.js'
import {settle} from './settled.js'
import {type TagMove, assertAllowed, decideMoves} from './tag-moves.js'
import {type ReleaseRegistries, moveOrUndo} from './tag-transaction.js'

/** What is released, and how. */
export interface Release {
  readonly publications: readonly Publication[]
  readonly facts: ReleaseFacts
  readonly allowBackward: boolean
  /** Platforms that every image must have; undefined where the builds themselves are the list. */
  readonly platforms?: readonly string[]
  /** How many milliseconds are waited for images that no registry shows. */
  readonly wait: number
  readonly singlePlatform: SinglePlatform
  /** Check and decide everything, write nothing. */
  readonly dryRun: boolean
}

/** One image of a release, with its index and what became of its tags. */
export interface PublishedIndex {
  readonly publication: Publication
  /** What the tags point at: an index, or the manifest of the one platform where that is wanted. */
  readonly index: Manifest
  readonly children: CollectedPublication['children']
  readonly copies: CollectedPublication['copies']
  readonly moves: readonly TagMove[]
}

/**
 * Publishes all images of a release together or not at all: everything is checked before the first write; what one
 * registry lacks and another has is copied; every index stands on every registry, and the journal is kept, before the
 * first tag moves; and a tag move that fails puts all tags back.
 * @throws ReleaseError RELEASE_INCOMPLETE or TAG_REFUSED with nothing written; TAG_NOT_MOVED after putting back
 */
export async function publish(release: Release, registries: ReleaseRegistries): Promise<PublishedIndex[]> {
  const collected = await collectAll(release, registries)
  const published = await Promise.all(
    collected.map(async image => {
      const index = await publishedRoot(image, release.facts, release.singlePlatform)
      return {...image, index, moves: await decideMoves(image.publication, index, image.clients, release)}
    })
  )
  const moves = published.flatMap(image => image.moves)
  assertAllowed(moves)
  if (release.dryRun) return published
  await copyChildren(published.map(({copies}) => copies))
  await Promise.all([
    registries.journal.keep(moves),
    ...published.flatMap(({clients, index}) => clients.map(async client => await client.putManifest(index)))
  ])
  const moved = await moveOrUndo(moves, registries, 'the release was not published')
  return published.map(image => ({
    ...image,
    moves: moved.filter(({publication}) => publication === image.publication)
  }))
}

async function collectAll(
  {publications, facts, platforms, wait}: Release,
  {working, clock, signal}: ReleaseRegistries
): Promise<CollectedPublication[]> {
  const {values, failures} = await settle(
    publications.map(async publication => {
      const clients = publication.repositories.map(repository => working.repository(repository, 'pull,push'))
      const patience = {clock, signal, milliseconds: wait}
      return await collectChildren(publication, clients, {revision: facts.revision, platforms, patience})
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
