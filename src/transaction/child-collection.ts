import {ReleaseError, messageOf} from '../errors.js'
import {REVISION} from '../oci/annotations.js'
import {attestedDigest, isAttestation} from '../oci/attestation.js'
import {type Digest, shortDigest} from '../oci/digest.js'
import {type ImageConfig, readImageConfig} from '../oci/image-config.js'
import {type Descriptor, type Manifest, descriptorOf, readManifest} from '../oci/manifest.js'
import {isIndexType} from '../oci/media-type.js'
import {formatPlatform, isSamePlatform} from '../oci/platform.js'
import {formatReference, formatRepository} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import type {IndexChild} from '../release/index-plan.js'
import type {Publication, PublishedBuild} from '../release/publication.js'
import {settle} from './settled.js'

/** A publication whose images have been found on every registry, whole and as planned. */
export interface CollectedPublication {
  readonly publication: Publication
  readonly clients: readonly RepositoryClient[]
  readonly children: readonly IndexChild[]
}

/** What must hold of the images beside being there. */
export interface Expectations {
  /** The commit that their labels must name, where they name one. */
  readonly revision?: string | undefined
  /** Platforms that must all be there, as `formatPlatform` writes them. */
  readonly platforms?: readonly string[] | undefined
}

/**
 * Finds every image of a publication in every repository, and reads its platform from its own config.
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
  const children = values.flat()
  const faults = failures.map(messageOf)
  const found = children.map(({platform}) => formatPlatform(platform))
  const missing = expectations.platforms?.filter(platform => !found.includes(platform)) ?? []
  faults.push(...missing.map(platform => `${platform} is missing`))
  if (faults.length > 0) throw incomplete(publication, faults)
  return {publication, clients, children}
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
  {revision}: Expectations
): Promise<IndexChild[]> {
  const root = await findEverywhere(build.digest, clients)
  const images = isIndexType(root.mediaType)
    ? await flatten(root, clients)
    : [{manifest: root, attestations: []}]
  return await Promise.all(
    images.map(async ({manifest, attestations}) => {
      const config = await fetchConfig(manifest, clients)
      assertAsPlanned(build, config, revision)
      return {descriptor: descriptorOf(manifest), platform: config.platform, attestations}
    })
  )
}

/** The manifest, which every repository must have. */
async function findEverywhere(digest: Digest, clients: readonly RepositoryClient[]): Promise<Manifest> {
  const found = await Promise.all(
    clients.map(async client => ({client, manifest: await client.findManifest(digest)}))
  )
  const missing = found.filter(({manifest}) => manifest === undefined)
  const manifest = found.find(result => result.manifest !== undefined)?.manifest
  if (manifest !== undefined && missing.length === 0) return manifest
  throw new ReleaseError(
    'CHILD_MISSING',
    missing.map(({client}) => `${formatReference(client.repository, digest)} is not there`).join('\n  ')
  )
}

interface FlatImage {
  readonly manifest: Manifest
  readonly attestations: readonly Descriptor[]
}

/** BuildKit wraps an image with its attestations into an index of its own: its parts go into ours. */
async function flatten(index: Manifest, clients: readonly RepositoryClient[]): Promise<FlatImage[]> {
  const entries = readManifest(index).manifests
  const attestations = entries.filter(isAttestation)
  const images = entries.filter(entry => !isAttestation(entry))
  await Promise.all(attestations.map(({digest}) => findEverywhere(digest, clients)))
  return await Promise.all(
    images.map(async ({digest}) => {
      const manifest = await findEverywhere(digest, clients)
      if (isIndexType(manifest.mediaType))
        throw new ReleaseError('MANIFEST_INVALID', `${digest} is an index within the index ${index.digest}`)
      return {manifest, attestations: attestations.filter(entry => attestedDigest(entry) === digest)}
    })
  )
}

/** The bytes are the same everywhere, so that one repository is enough. */
async function fetchConfig(manifest: Manifest, [client]: readonly RepositoryClient[]): Promise<ImageConfig> {
  const {config} = readManifest(manifest)
  if (client === undefined || config === undefined)
    throw new ReleaseError('MANIFEST_INVALID', `${manifest.digest} has no config`)
  return readImageConfig(await client.getBlob(config))
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
