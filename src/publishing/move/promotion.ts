import {type Manifest, readManifest} from '../../oci/manifest.js'
import type {Digest} from '../../oci/digest.js'
import {type Repository, type Tag, formatReference} from '../../oci/reference.js'
import {type CopyResult, copyImage} from '../../registry/images/image-copy.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {promotedFacts, promotedTag} from '../decide/promotion-plan.js'
import type {PlannedImage} from '../../contracts/planned-image.js'
import {type CollectedImage, collectChildren} from '../collect/child-collection.js'
import {readNamed} from '../collect/odd-content.js'
import {type Patience, lookUntil} from '../../registry/client/patience.js'
import {imageFacts} from './current-tags.js'
import {type TagMove, assertAllowed, decideMoves} from './tag-moves.js'
import {type ReleaseRegistries, moveOrUndo} from './tag-transaction.js'

/** What is promoted, and where to. */
export interface Promotion {
  readonly from: {readonly repository: Repository; readonly reference: Tag | Digest}
  readonly to: readonly Repository[]
  readonly tags: readonly Tag[]
  readonly allowBackward: boolean
  /** Check and decide everything, write nothing. */
  readonly dryRun: boolean
}

/** An image that was promoted, and what became of its tags. */
export interface PromotedImage {
  readonly publication: PlannedImage
  readonly index: Manifest
  readonly children: CollectedImage['children']
  readonly moves: readonly TagMove[]
  /** What was copied to each repository; none in a dry run. */
  readonly copies: readonly {readonly to: Repository; readonly result: CopyResult}[]
}

/**
 * Brings an image that was published to other repositories, as it is: the same digest, with all platforms, attestations,
 * signatures and whatever else refers to it. Tags move only when all of it stands in every repository, by the rules of
 * a release, all of them or none.
 * @throws ReleaseError CHILD_MISSING or RELEASE_INCOMPLETE where the source is not whole, TAG_REFUSED, both with nothing
 * written; TAG_NOT_MOVED after putting back
 */
export async function promote(promotion: Promotion, registries: ReleaseRegistries): Promise<PromotedImage> {
  const {from, to, tags, allowBackward, dryRun} = promotion
  const source = registries.working.repository(from.repository, 'pull')
  const index = await sourceOf(source, from.reference, registries.patience)
  const {facts, annotations} = await readNamed(
    formatReference(from.repository, from.reference),
    index,
    async () => ({
      facts: promotedFacts(await imageFacts(source, index)),
      annotations: readManifest(index).annotations
    })
  )
  const publication: PlannedImage = {
    target: from.repository.name.split('/').at(-1) ?? '',
    repositories: to,
    tags: tags.map(name => promotedTag(name, facts)),
    builds: [{digest: index.digest}],
    annotations
  }
  const {children} = await collectFrom(source, publication, registries)
  const clients = to.map(repository => registries.working.repository(repository, 'pull,push'))
  const moves = await decideMoves(publication, index, clients, {facts, allowBackward})
  assertAllowed(moves)
  const promoted = {publication, index, children}
  if (dryRun) return {...promoted, moves, copies: []}
  const copies = await Promise.all(
    clients.map(async client => ({
      to: client.repository,
      result: await copyImage(source, client, index.digest)
    }))
  )
  return {
    ...promoted,
    copies,
    moves: await moveOrUndo(moves, registries, 'the image was not promoted')
  }
}

/** A source that was written a moment ago is waited for. */
async function sourceOf(
  source: RepositoryClient,
  reference: Tag | Digest,
  patience: Patience
): Promise<Manifest> {
  const found = await lookUntil(
    async () => source.findManifest(reference),
    seen => seen !== undefined,
    patience
  )
  return found ?? (await source.getManifest(reference))
}

/** Reads every platform of the source: what is not whole there is not promoted. */
async function collectFrom(
  source: RepositoryClient,
  publication: PlannedImage,
  {patience}: ReleaseRegistries
): Promise<CollectedImage> {
  const here = {...publication, repositories: [source.repository]}
  return await collectChildren(here, [source], {patience})
}
