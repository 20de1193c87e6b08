import {ReleaseError, messageOf} from '../errors.js'
import {REVISION} from '../oci/annotations.js'
import {attestedDigest, isAttestation} from '../oci/attestation.js'
import {shortDigest} from '../oci/digest.js'
import {type ImageConfig, readImageConfig} from '../oci/image-config.js'
import {type Descriptor, type Manifest, descriptorOf, readManifest} from '../oci/manifest.js'
import {isIndexType} from '../oci/media-type.js'
import {formatPlatform, isSamePlatform} from '../oci/platform.js'
import {formatRepository} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import type {IndexChild} from '../release/index-plan.js'
import type {Publication, PublishedBuild} from '../release/publication.js'
import {type ChildCopies, copiesOf} from './child-copies.js'
import {type FoundChild, findChild} from './child-search.js'
import type {Patience} from './patience.js'
import {settle} from './settled.js'

/** A publication whose images have been found, each on one registry at least, and are as planned. */
export interface CollectedPublication {
  readonly publication: Publication
  readonly clients: readonly RepositoryClient[]
  readonly children: readonly IndexChild[]
  /** The manifests of the children, in the same order. */
  readonly manifests: readonly Manifest[]
  /** What one registry lacks and another one has. Nothing is copied yet. */
  readonly copies: ChildCopies
}

/** What must hold of the images beside being there. */
export interface Expectations {
  /** The commit that their labels must name, where they name one. */
  readonly revision?: string | undefined
  /** Platforms that must all be there, as `formatPlatform` writes them. */
  readonly platforms?: readonly string[] | undefined
  readonly patience: Patience
}

/**
 * Finds every image of a publication, asks every repository whether it has it, and reads its platform from its own config.
 * @throws ReleaseError RELEASE_INCOMPLETE, with a line for each thing that is missing or not as planned
 */
export async function collectChildren(
  publication: Publication,
  clients: readonly RepositoryClient[],
  expectations: Expectations
): Promise<CollectedPublication> {
  const {values, failures} = await settle(
    publication.builds.map(build => collectBuild(build, clients, expectations))
  )
  const children = values.flatMap(build => build.children)
  const faults = failures.map(messageOf)
  const found = children.map(({platform}) => formatPlatform(platform))
  const missing = expectations.platforms?.filter(platform => !found.includes(platform)) ?? []
  faults.push(...missing.map(platform => `${platform} is missing`))
  if (faults.length > 0) throw incomplete(publication, faults)
  const copies = {
    images: values.flatMap(build => build.copies.images),
    indexes: values.flatMap(build => build.copies.indexes)
  }
  const manifests = values.flatMap(build => build.manifests)
  return {publication, clients, children, manifests, copies}
}

function incomplete({target, repositories}: Publication, faults: readonly string[]): ReleaseError {
  const images = repositories.map(formatRepository).join(', ')
  return new ReleaseError(
    'RELEASE_INCOMPLETE',
    `${target} (${images}) cannot be published:\n  ${faults.join('\n  ')}`,
    {
      hint: 'Nothing was written. Run the build jobs of what is named here again, then this job.'
    }
  )
}

async function collectBuild(
  build: PublishedBuild,
  clients: readonly RepositoryClient[],
  {revision, patience}: Expectations
): Promise<Pick<CollectedPublication, 'children' | 'manifests' | 'copies'>> {
  const root = await findChild(build.digest, clients, patience)
  const isIndex = isIndexType(root.manifest.mediaType)
  const images = isIndex
    ? await flatten(root, clients, patience)
    : [{image: root, attestations: [], evidence: []}]
  const children = await Promise.all(
    images.map(async ({image, attestations}) => {
      const config = await fetchConfig(image)
      assertAsPlanned(build, config, revision)
      return {descriptor: descriptorOf(image.manifest), platform: config.platform, attestations}
    })
  )
  const parts = images.flatMap(({image, evidence}) => [image, ...evidence])
  const manifests = images.map(({image}) => image.manifest)
  return {
    children,
    manifests,
    copies: {images: parts.flatMap(copiesOf), indexes: isIndex ? copiesOf(root) : []}
  }
}

interface FlatImage {
  readonly image: FoundChild
  readonly attestations: readonly Descriptor[]
  /** The manifests of the attestations. */
  readonly evidence: readonly FoundChild[]
}

/** BuildKit wraps an image with its attestations into an index of its own: its parts go into ours. */
async function flatten(
  {manifest: index}: FoundChild,
  clients: readonly RepositoryClient[],
  patience: Patience
): Promise<FlatImage[]> {
  const entries = readManifest(index).manifests
  const attestations = entries.filter(isAttestation)
  const find = async ({digest}: Descriptor): Promise<FoundChild> => await findChild(digest, clients, patience)
  const found = new Map(
    await Promise.all(attestations.map(async entry => [entry.digest, await find(entry)] as const))
  )
  return await Promise.all(
    entries
      .filter(entry => !isAttestation(entry))
      .map(async entry => {
        const image = await find(entry)
        if (isIndexType(image.manifest.mediaType))
          throw new ReleaseError(
            'MANIFEST_INVALID',
            `${entry.digest} is an index within the index ${index.digest}`
          )
        const own = attestations.filter(other => attestedDigest(other) === entry.digest)
        const evidence = own.map(({digest}) => found.get(digest)).filter(one => one !== undefined)
        return {image, attestations: own, evidence}
      })
  )
}

/** The bytes are the same everywhere, so that one repository is enough. */
async function fetchConfig({manifest, from}: FoundChild): Promise<ImageConfig> {
  const {config} = readManifest(manifest)
  if (config === undefined) throw new ReleaseError('MANIFEST_INVALID', `${manifest.digest} has no config`)
  return readImageConfig(await from.getBlob(config))
}

function assertAsPlanned(
  {digest, platform}: PublishedBuild,
  config: ImageConfig,
  revision: string | undefined
): void {
  if (platform !== undefined && !isSamePlatform(platform, config.platform))
    throw new ReleaseError(
      'PLATFORM_MISMATCH',
      `${shortDigest(digest)} was planned for ${formatPlatform(platform)}, but its config says ${formatPlatform(config.platform)}`
    )
  const label = config.labels[REVISION]
  if (revision !== undefined && label !== undefined && label !== revision)
    throw new ReleaseError(
      'REVISION_MISMATCH',
      `${shortDigest(digest)} (${formatPlatform(config.platform)}) was built from ${label.slice(0, 12)}, the plan is for ${revision.slice(0, 12)}`
    )
}
