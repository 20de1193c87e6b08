import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import {type Descriptor, type Manifest, manifestOf} from '../../oci/manifest.js'
import {DOCKER_LIST, OCI_INDEX, familyOf} from '../../oci/media-type.js'
import {type Platform, describePlatform, formatPlatform} from '../../oci/platform.js'

/** One image of an index to be made, with BuildKit's attestations of it. */
export interface IndexChild {
  readonly descriptor: Descriptor
  /** As the config of the image says; what that leaves out, as the index of the builder does. */
  readonly platform: Platform
  readonly attestations: readonly Descriptor[]
}

/**
 * Makes the index of some images: sorted by platform, each followed by its attestations, in a fixed spelling, so that
 * the same children always give the same digest.
 * @throws ReleaseError MANIFEST_INVALID for no child, a platform twice, or media types of two families
 */
export function planIndex(
  children: readonly IndexChild[],
  annotations: Readonly<Record<string, string>>
): Manifest {
  const family = commonFamily(children)
  const sorted = [...children].sort((a, b) =>
    compare(describePlatform(a.platform), describePlatform(b.platform))
  )
  assertDistinct(sorted)
  const mediaType = family === 'docker' ? DOCKER_LIST : OCI_INDEX
  const entries = Object.entries(annotations).sort(([a], [b]) => compare(a, b))
  const document = {
    schemaVersion: 2,
    mediaType,
    manifests: sorted.flatMap(child => [
      imageEntry(child, family),
      ...child.attestations.map(attestationEntry)
    ]),
    // A Docker manifest list knows no annotations (distribution manifest-v2-2.md).
    ...(family === 'docker' || entries.length === 0 ? {} : {annotations: Object.fromEntries(entries)})
  }
  return manifestOf(new TextEncoder().encode(JSON.stringify(document, undefined, 2)), mediaType)
}

function imageEntry({descriptor, platform}: IndexChild, family: string): object {
  const {mediaType, digest, size, annotations, artifactType} = descriptor
  const {os, architecture, variant, 'os.version': version, 'os.features': features} = platform
  return {
    mediaType,
    digest,
    size,
    ...(annotations !== undefined && family === 'oci' ? {annotations} : {}),
    platform: {
      architecture,
      os,
      ...(variant ? {variant} : {}),
      ...(version ? {'os.version': version} : {}),
      ...(features ? {'os.features': features} : {})
    },
    ...(artifactType === undefined ? {} : {artifactType})
  }
}

function attestationEntry({
  mediaType,
  digest,
  size,
  annotations,
  platform,
  artifactType
}: Descriptor): object {
  return {
    mediaType,
    digest,
    size,
    annotations,
    ...(artifactType === undefined ? {} : {artifactType}),
    platform: platform ?? {architecture: 'unknown', os: 'unknown'}
  }
}

function commonFamily(children: readonly IndexChild[]): string {
  const families = [...new Set(children.map(({descriptor}) => familyOf(descriptor.mediaType) ?? 'unknown'))]
  const [family] = families
  if (family !== undefined && families.length === 1) return family
  const said = children.map(
    ({platform, descriptor}) => `${formatPlatform(platform)} is ${descriptor.mediaType}`
  )
  throw new ReleaseError(
    'MANIFEST_INVALID',
    family === undefined
      ? 'an index needs at least one image'
      : `images of two families cannot share an index: ${said.join(', ')}`,
    {hint: 'Build all platforms with the same format: oci or docker.'}
  )
}

function assertDistinct(children: readonly IndexChild[]): void {
  const seen = new Map<string, Digest>()
  for (const {platform, descriptor} of children) {
    const name = describePlatform(platform)
    const other = seen.get(name)
    if (other !== undefined)
      throw new ReleaseError(
        'PLATFORM_MISMATCH',
        `${name} is there twice: ${other} and ${descriptor.digest}`,
        {
          hint: 'Each platform has one build; check the platforms of the build jobs.'
        }
      )
    seen.set(name, descriptor.digest)
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
