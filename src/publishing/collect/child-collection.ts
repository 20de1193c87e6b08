import {ReleaseError, messageOf} from '../../errors.js'
import {REVISION} from '../../oci/annotations.js'
import {attestedDigest} from '../../oci/attestation.js'
import {type Digest, shortDigest} from '../../oci/digest.js'
import {type ImageConfig, readImageConfig} from '../../oci/image-config.js'
import {type Descriptor, type Manifest, descriptorOf, readManifest} from '../../oci/manifest.js'
import {familyOf, isIndexType} from '../../oci/media-type.js'
import {type Platform, formatPlatform, isSamePlatform} from '../../oci/platform.js'
import {formatRepository} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {IndexChild} from '../decide/index-plan.js'
import type {PlannedImage, PublishedBuild} from '../../contracts/planned-image.js'
import {type ChildCopies, copiesOf} from './child-copies.js'
import {type FoundChild, findChild} from './child-search.js'
import {firstCause} from './first-cause.js'
import {sortEntries} from './index-entries.js'
import type {Patience} from '../../registry/client/patience.js'
import {allSettled} from '../../shared/all-settled.js'

/** A publication whose images have been found, each on one registry at least, and are as planned. */
export interface CollectedImage {
  readonly publication: PlannedImage
  readonly clients: readonly RepositoryClient[]
  readonly children: readonly IndexChild[]
  /** The manifests of the children, in the same order. */
  readonly manifests: readonly Manifest[]
  /** What one registry lacks and another one has. Nothing is copied yet. */
  readonly copies: ChildCopies
  /** What is left out of what builders made, and why: sentences. */
  readonly notes: readonly string[]
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
  publication: PlannedImage,
  clients: readonly RepositoryClient[],
  expectations: Expectations
): Promise<CollectedImage> {
  const {values, failures} = await allSettled(
    publication.builds.map(build => collectBuild(build, clients, expectations))
  )
  const cause = firstCause(failures)
  if (cause !== undefined) throw cause
  const images = onlyOnce(values.flatMap(build => build.images))
  const strays = await dropStrays(
    values.flatMap(build => build.strays),
    images,
    {clients, patience: expectations.patience}
  )
  const children = images.map(({image, attestations, platform, entry}) => ({
    descriptor: {...descriptorOf(image.manifest), ...saidOf(entry)},
    platform,
    attestations: [...attestations, ...strays.attestationsOf(image.manifest.digest)]
  }))
  const faults = failures.map(messageOf)
  const found = children.map(({platform}) => formatPlatform(platform))
  const missing = expectations.platforms?.filter(platform => !found.includes(platform)) ?? []
  faults.push(...missing.map(platform => `${platform} is missing`))
  if (faults.length > 0) throw incomplete(publication, faults)
  const parts = images.flatMap(({image, evidence}) => [image, ...evidence])
  return {
    publication,
    clients,
    children,
    manifests: images.map(({image}) => image.manifest),
    copies: {
      images: [...parts, ...strays.found].flatMap(copiesOf),
      indexes: values.flatMap(({indexes}) => indexes.flatMap(copiesOf))
    },
    notes: [...strays.notes, ...images.flatMap(lostAnnotations)]
  }
}

/** One image that several builds handed over, by itself or in an index, is one. */
function onlyOnce(images: readonly FlatImage[]): FlatImage[] {
  const byDigest = new Map<Digest, FlatImage>()
  for (const one of images) {
    const {digest} = one.image.manifest
    const known = byDigest.get(digest)
    const has = (attestation: Descriptor): boolean =>
      known?.attestations.some(other => other.digest === attestation.digest) ?? false
    byDigest.set(digest, {
      ...(known ?? one),
      attestations: [...(known?.attestations ?? []), ...one.attestations.filter(each => !has(each))],
      evidence: [...(known?.evidence ?? []), ...one.evidence]
    })
  }
  return [...byDigest.values()]
}

/** What the index of a builder says of an image goes on into ours. */
function saidOf(entry: Descriptor | undefined): Pick<Descriptor, 'annotations' | 'artifactType'> {
  const {annotations, artifactType} = entry ?? {}
  return {
    ...(annotations === undefined ? {} : {annotations}),
    ...(artifactType === undefined ? {} : {artifactType})
  }
}

function lostAnnotations({image, entry}: FlatImage): string[] {
  const names = Object.keys(entry?.annotations ?? {})
  if (names.length === 0 || familyOf(image.manifest.mediaType) !== 'docker') return []
  const {digest} = image.manifest
  return [
    `A Docker manifest list has no annotations: ${names.join(', ')} of ${shortDigest(digest)} is left out.`
  ]
}

/** Attestations of an index that are of none of its images. */
interface Strays {
  readonly attestationsOf: (digest: Digest) => readonly Descriptor[]
  readonly found: readonly FoundChild[]
  readonly notes: readonly string[]
}

/** An attestation may be of an image that another build handed over; one of nothing that is released is left out. */
async function dropStrays(
  strays: readonly Descriptor[],
  images: readonly FlatImage[],
  {clients, patience}: {readonly clients: readonly RepositoryClient[]; readonly patience: Patience}
): Promise<Strays> {
  const released = new Set<string | undefined>(images.map(({image}) => image.manifest.digest))
  const [ours, others] = [true, false].map(isOurs =>
    strays.filter(stray => released.has(attestedDigest(stray)) === isOurs)
  ) as [Descriptor[], Descriptor[]]
  return {
    attestationsOf: digest => ours.filter(stray => attestedDigest(stray) === digest),
    found: await Promise.all(ours.map(async ({digest}) => await findChild(digest, clients, patience))),
    notes: others.map(strayNote)
  }
}

function strayNote(stray: Descriptor): string {
  const of = attestedDigest(stray)
    ?.replace(/^sha256:/, '')
    .slice(0, 12)
  const what =
    of === undefined
      ? 'of platform unknown/unknown, and says no image that it attests'
      : `an attestation of ${of}, which is not released`
  return `${shortDigest(stray.digest)} is ${what}: it is left out.`
}

function incomplete({target, repositories}: PlannedImage, faults: readonly string[]): ReleaseError {
  const images = repositories.map(formatRepository).join(', ')
  return new ReleaseError(
    'RELEASE_INCOMPLETE',
    `${target} (${images}) cannot be published:\n  ${faults.join('\n  ')}`,
    {
      hint: 'Nothing was written. Run the build jobs of what is named here again, then this job.'
    }
  )
}

interface CollectedBuild {
  readonly images: readonly FlatImage[]
  readonly strays: readonly Descriptor[]
  /** What names the images, where the builder made an index. */
  readonly indexes: readonly FoundChild[]
}

async function collectBuild(
  build: PublishedBuild,
  clients: readonly RepositoryClient[],
  {revision, patience}: Expectations
): Promise<CollectedBuild> {
  const root = await findChild(build.digest, clients, patience)
  const isIndex = isIndexType(root.manifest.mediaType)
  const {parts, strays} = isIndex
    ? await flatten(root, clients, patience)
    : {parts: [{image: root, attestations: [], evidence: []}], strays: []}
  const images = await Promise.all(
    parts.map(async part => {
      const config = await fetchConfig(part.image)
      assertAsPlanned(build, config, revision)
      return {...part, platform: {...windowsOf(part.entry?.platform), ...config.platform}}
    })
  )
  return {images, strays, indexes: isIndex ? [root] : []}
}

/** The version of Windows may stand in the index of a builder alone. */
function windowsOf(platform: Platform | undefined): Pick<Platform, 'os.version' | 'os.features'> {
  const {'os.version': version, 'os.features': features} = platform ?? {}
  return {
    ...(typeof version === 'string' ? {'os.version': version} : {}),
    ...(Array.isArray(features) ? {'os.features': features} : {})
  }
}

interface FoundImage {
  readonly image: FoundChild
  /** How the index of the builder names it. */
  readonly entry?: Descriptor
  readonly attestations: readonly Descriptor[]
  /** The manifests of the attestations. */
  readonly evidence: readonly FoundChild[]
}

interface FlatImage extends FoundImage {
  readonly platform: Platform
}

/** BuildKit wraps an image with its attestations into an index of its own: its parts go into ours. */
async function flatten(
  {manifest: index}: FoundChild,
  clients: readonly RepositoryClient[],
  patience: Patience
): Promise<{readonly parts: readonly FoundImage[]; readonly strays: readonly Descriptor[]}> {
  const {images, strays} = sortEntries(index)
  const find = async ({digest}: Descriptor): Promise<FoundChild> => await findChild(digest, clients, patience)
  const parts = await Promise.all(
    images.map(async ({entry, attestations}) => {
      const image = await find(entry)
      if (isIndexType(image.manifest.mediaType))
        throw new ReleaseError(
          'MANIFEST_INVALID',
          `${entry.digest} is an index within the index ${index.digest}`
        )
      return {image, entry, attestations, evidence: await Promise.all(attestations.map(find))}
    })
  )
  return {parts, strays}
}

/** The bytes are the same everywhere, so that one repository is enough. */
async function fetchConfig({manifest, from}: FoundChild): Promise<ImageConfig> {
  const {config} = readManifest(manifest)
  if (config === undefined) throw new ReleaseError('MANIFEST_INVALID', `${manifest.digest} has no config`)
  const bytes = await from.getBlob(config)
  try {
    return readImageConfig(bytes)
  } catch (cause) {
    throw new ReleaseError('MANIFEST_INVALID', `${manifest.digest} is no image: ${messageOf(cause)}`, {cause})
  }
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
  if (config.platform.os === 'unknown')
    throw new ReleaseError('MANIFEST_INVALID', `${digest} is no image: its config says platform unknown`)
  const label = config.labels[REVISION]
  if (revision !== undefined && label !== undefined && label !== revision)
    throw new ReleaseError(
      'REVISION_MISMATCH',
      `${shortDigest(digest)} (${formatPlatform(config.platform)}) was built from ${label.slice(0, 12)}, the plan is for ${revision.slice(0, 12)}`
    )
}
