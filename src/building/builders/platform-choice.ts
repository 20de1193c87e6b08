import {ReleaseError} from '../../errors.js'
import {isAttestation} from '../../oci/attestation.js'
import {type Descriptor, readManifest} from '../../oci/manifest.js'
import {isIndexType} from '../../oci/media-type.js'
import {type Platform, formatPlatform, isSamePlatform} from '../../oci/platform.js'
import type {LocalImage} from '../../ports.js'
import {readBuiltImage} from './built-image.js'

/**
 * The image for one platform out of an index of several. What has one image only stays as it is, with its attestations.
 * @throws ReleaseError PLATFORM_MISMATCH, with the platforms that there are
 */
export async function choosePlatform(image: LocalImage, wanted: Platform): Promise<LocalImage> {
  if (!isIndexType(image.root.mediaType)) return image
  const children = readManifest(image.root).manifests.filter(child => !isAttestation(child))
  const choices = await Promise.all(children.map(child => candidatesOf(image, child)))
  const candidates = choices.flat()
  if (children.length === 1 && candidates.length === 1) return image
  const found = candidates.find(({platform}) => isSamePlatform(platform, wanted))
  if (found !== undefined) return found.image
  const platforms = candidates.map(({platform}) => formatPlatform(platform)).join(', ') || 'no platform'
  throw new ReleaseError(
    'PLATFORM_MISMATCH',
    `${formatPlatform(wanted)} is wanted, but the image has ${platforms}`,
    {
      hint: 'Build the image for this platform too, or take the platform out of the plan.'
    }
  )
}

interface Candidate {
  readonly platform: Platform
  readonly image: LocalImage
}

/** The images of a child, which may be an index itself. A descriptor need not say the platform; the config does. */
async function candidatesOf(image: LocalImage, child: Descriptor): Promise<Candidate[]> {
  const manifest = image.manifests.find(({digest}) => digest === child.digest)
  if (manifest === undefined) return []
  const part: LocalImage = {
    ...image,
    root: manifest,
    manifests: [manifest],
    blob: digest => image.blob(digest)
  }
  if (isIndexType(manifest.mediaType)) {
    const {manifests} = readManifest(manifest)
    const images = manifests.filter(one => !isAttestation(one))
    const nested = await Promise.all(images.map(one => candidatesOf(image, one)))
    const whole = {
      ...part,
      manifests: image.manifests.filter(one => isIn(one.digest, manifests) || one === manifest)
    }
    // With its attestation, which stands beside the one image.
    return images.length === 1 ? nested.flat().map(({platform}) => ({platform, image: whole})) : nested.flat()
  }
  const {config} = await readBuiltImage(part)
  return [{platform: config.platform, image: part}]
}

function isIn(digest: string, descriptors: readonly Descriptor[]): boolean {
  return descriptors.some(one => one.digest === digest)
}
