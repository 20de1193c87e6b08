import {ReleaseError, messageOf} from '../../errors.js'
import type {PlannedImage, ReleaseFacts} from '../../contracts/planned-image.js'
import {type CollectedImage, collectChildren} from '../collect/child-collection.js'
import {copyChildren} from '../collect/child-copies.js'
import {firstCause} from '../collect/first-cause.js'
import {allSettled} from '../../shared/all-settled.js'
import {type TagMove, type TagReading, assertAllowed, decideRead, readTags} from './tag-moves.js'
import {type ReleaseRegistries, moveOrUndo} from './tag-transaction.js'
import {recheckAll} from './tag-writing.js'
import {planIndex} from '../decide/index-plan.js'
import {indexAnnotations} from '../decide/publication-plan.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import {formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/** What is released, and how. */
export interface Release {
  readonly publications: readonly PlannedImage[]
  readonly facts: ReleaseFacts
  readonly allowBackward: boolean
  /** Platforms that every image must have; undefined where the builds themselves are the list. */
  readonly platforms?: readonly string[]
  readonly singlePlatform: SinglePlatform
  /** What must be done when every index stands by digest everywhere, and before the first tag moves, such as signing. */
  readonly beforeTags?: (images: readonly PublishedIndex[]) => Promise<void>
  /** Check and decide everything, write nothing. */
  readonly dryRun: boolean
}

/** One image of a release, with its index and what became of its tags. */
export interface PublishedIndex {
  readonly publication: PlannedImage
  /** What the tags point at: an index, or the manifest of the one platform where that is wanted. */
  readonly index: Manifest
  readonly children: CollectedImage['children']
  readonly copies: CollectedImage['copies']
  readonly notes: CollectedImage['notes']
  readonly moves: readonly TagMove[]
}

/**
 * Publishes all images of a release together or not at all: everything is checked before the first write; what one
 * registry lacks and another has is copied; every index stands on every registry, and the journal is kept, before the
 * first tag moves; and a tag move that fails puts all tags back.
 * @throws ReleaseError RELEASE_INCOMPLETE or TAG_REFUSED with nothing written; TAG_NOT_MOVED after putting back
 */
export async function publish(release: Release, registries: ReleaseRegistries): Promise<PublishedIndex[]> {
  const checked = registries.patience.clock.now()
  const collected = await collectAll(release, registries)
  const published = collected.map(({readings, ...image}) => {
    const index = tagTarget(image, release.facts, release.singlePlatform)
    const {publication} = image
    return {...image, index, moves: decideRead(readings, {publication, index, options: release, checked})}
  })
  const moves = published.flatMap(image => image.moves)
  assertAllowed(moves)
  if (release.dryRun) return published
  await copyChildren(published.map(({copies}) => copies))
  const indexes = Promise.all(
    published.flatMap(({clients, index}) => clients.map(async client => await client.putManifest(index)))
  )
  if (release.beforeTags !== undefined) {
    await indexes
    await release.beforeTags(published)
  }
  const [rechecked] = await Promise.all([
    recheckAll(moves, registries.patience.clock),
    registries.journal.keep(moves),
    indexes
  ])
  const moved = await moveOrUndo(rechecked, registries, 'the release was not published', async () =>
    assertChildrenPresent(published)
  )
  return published.map(image => ({
    ...image,
    moves: moved.filter(({publication}) => publication === image.publication)
  }))
}

/** The images of a publication, and what is at its tags. */
interface ReadImage extends CollectedImage {
  readonly readings: readonly TagReading[]
}

async function collectAll(release: Release, registries: ReleaseRegistries): Promise<ReadImage[]> {
  const {values, failures} = await allSettled(
    release.publications.map(async publication => await readImage(publication, release, registries))
  )
  const cause = firstCause(failures)
  if (cause !== undefined) throw cause
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1)
    throw new ReleaseError('RELEASE_INCOMPLETE', failures.map(messageOf).join('\n'), {
      cause: failures[0],
      hint: 'Nothing was written. Run the build jobs of what is named here again, then this job.'
    })
  return [...values]
}

/** Images and tags are read side by side. What is missing is said first: the tags matter only where nothing is. */
async function readImage(
  publication: PlannedImage,
  release: Release,
  {working, patience}: ReleaseRegistries
): Promise<ReadImage> {
  const {platforms, facts} = release
  const clients = publication.repositories.map(repository => working.repository(repository, 'pull,push'))
  const reading = Promise.allSettled([readTags(clients, {publication, options: release})])
  const collected = await collectChildren(publication, clients, {
    revision: facts.revision,
    platforms,
    patience
  })
  const [read] = await reading
  if (read.status === 'rejected') throw read.reason
  return {...collected, readings: read.value}
}

/** What tags of an image with one platform point at: an index of one entry, or the manifest of the image itself. */
export type SinglePlatform = 'index' | 'manifest'

/** What the tags of an image are to point at. */
export function tagTarget(
  {publication, children, manifests}: CollectedImage,
  facts: ReleaseFacts,
  singlePlatform: SinglePlatform
): Manifest {
  const [manifest, ...others] = manifests
  const isAlone = manifest !== undefined && others.length === 0
  if (singlePlatform === 'manifest' && isAlone) return manifest
  return planIndex(children, indexAnnotations(publication.annotations, facts))
}

/** An index, and the repositories that have it. */
export interface PlacedIndex {
  readonly index: Manifest
  readonly clients: readonly RepositoryClient[]
}

/**
 * Asks every repository for all that an index names. GHCR takes an index whose children are not there (seen in 2025), and
 * a clean-up may have taken one away since it was found.
 * @throws ReleaseError CHILD_MISSING with everything that is not there
 */
export async function assertChildrenPresent(images: readonly PlacedIndex[]): Promise<void> {
  const asked = images.flatMap(({index, clients}) =>
    [...new Set(readManifest(index).manifests.map(({digest}) => digest))].flatMap(digest =>
      clients.map(async client => ((await client.headManifest(digest)) ? undefined : {client, digest}))
    )
  )
  const missing = (await Promise.all(asked)).filter(place => place !== undefined)
  if (missing.length === 0) return
  const lines = missing.map(
    ({client, digest}) => `${formatReference(client.repository, digest)} is not there any more`
  )
  throw new ReleaseError('CHILD_MISSING', lines.join('\n  '))
}
