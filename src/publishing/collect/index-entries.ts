import {ReleaseError} from '../../errors.js'
import {attestedDigest, isAttestation, isOfUnknownPlatform} from '../../oci/attestation.js'
import {type Descriptor, type Manifest, readManifest} from '../../oci/manifest.js'

/** What an index of a builder names. */
export interface IndexEntries {
  /** Its images, each with its attestations. At least one. */
  readonly images: readonly {readonly entry: Descriptor; readonly attestations: readonly Descriptor[]}[]
  /** What is neither an image nor the attestation of one of its images. */
  readonly strays: readonly Descriptor[]
}

/**
 * Sorts the entries of an index.
 * @throws ReleaseError MANIFEST_INVALID where it holds no image, with what it holds in place of one
 */
export function sortEntries(index: Manifest): IndexEntries {
  const {manifests} = readManifest(index)
  const images = manifests.filter(entry => !isAttestation(entry))
  if (images.length === 0)
    throw new ReleaseError(
      'MANIFEST_INVALID',
      `${index.digest} is an index without an image: ${contentOf(manifests)}`
    )
  const digests = new Set<string | undefined>(images.map(({digest}) => digest))
  const others = manifests.filter(isAttestation)
  return {
    images: images.map(entry => ({
      entry,
      attestations: others.filter(other => attestedDigest(other) === entry.digest)
    })),
    strays: others.filter(other => !digests.has(attestedDigest(other)))
  }
}

function contentOf(entries: readonly Descriptor[]): string {
  if (entries.length === 0) return 'it is empty'
  const unknown = entries.filter(isOfUnknownPlatform)
  if (unknown.length === 0) return 'it holds attestations alone'
  return `it lists ${unknown.map(({digest}) => digest).join(', ')} as of platform unknown/unknown`
}
