import {objectIn, parseJson} from '../../shared/json.js'
import {buffer} from 'node:stream/consumers'
import {ReleaseError, messageOf} from '../../errors.js'
import {isAttestation} from '../../oci/attestation.js'
import {type Digest, digestOf} from '../../oci/digest.js'
import {type ImageConfig, MAX_CONFIG_SIZE, readImageConfig} from '../../oci/image-config.js'
import {type Manifest, type ManifestDocument, readManifest} from '../../oci/manifest.js'
import {isIndexType} from '../../oci/media-type.js'
import {type Platform, formatPlatform, isSamePlatform} from '../../oci/platform.js'
import type {LocalImage} from '../../ports.js'

/** What a build made, of which there is one image: its manifest and its config. */
export interface BuiltImage {
  /** The image itself, also where the root is an index of it and its attestation. */
  readonly manifest: Manifest
  readonly document: ManifestDocument
  readonly configDigest: Digest
  readonly config: ImageConfig
}

/**
 * Reads the one image that a build made, which may stand in an index beside its attestation.
 * @throws ReleaseError LAYOUT_INVALID where there is not exactly one, or its config is not what the manifest says
 */
export async function readBuiltImage(image: LocalImage): Promise<BuiltImage> {
  const manifest = imageManifestOf(image)
  const document = readManifest(manifest)
  const configDigest = document.config?.digest
  if (configDigest === undefined) throw new ReleaseError('LAYOUT_INVALID', 'the image has no config')
  const config = parseConfig(configDigest, await readBlob(image, configDigest))
  return {manifest, document, configDigest, config}
}

/**
 * The config of an image as it is written.
 * @throws ReleaseError LAYOUT_INVALID where it is not what the manifest says
 */
export async function readConfigDocument(
  image: LocalImage,
  {configDigest}: Pick<BuiltImage, 'configDigest'>
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBlob(image, configDigest)
  const invalid = (cause: unknown): ReleaseError =>
    new ReleaseError('MANIFEST_INVALID', 'the config of the image is not JSON', {cause})
  return objectIn(parseJson(Buffer.from(bytes).toString('utf8'), invalid))
}

/**
 * Makes sure that a builder built what it was asked for.
 * @throws ReleaseError PLATFORM_MISMATCH, with both platforms
 */
export function assertPlatform(builder: string, {config}: Pick<BuiltImage, 'config'>, asked: Platform): void {
  if (isSamePlatform(config.platform, asked)) return
  throw new ReleaseError(
    'PLATFORM_MISMATCH',
    `${builder} was asked for ${formatPlatform(asked)}, but the image is for ${formatPlatform(config.platform)}`,
    {hint: 'Check the base image, and FROM --platform in the Containerfile.'}
  )
}

function imageManifestOf(image: LocalImage): Manifest {
  if (!isIndexType(image.root.mediaType)) return image.root
  const children = readManifest(image.root).manifests.filter(child => !isAttestation(child))
  const found = image.manifests.find(({digest}) => digest === children[0]?.digest)
  if (found !== undefined && children.length === 1) return found
  throw new ReleaseError(
    'LAYOUT_INVALID',
    `the builder made an index of ${children.length} images, but one was asked for`
  )
}

async function readBlob(image: LocalImage, digest: Digest): Promise<Uint8Array> {
  const {size, open} = image.blob(digest)
  if (size > MAX_CONFIG_SIZE) throw invalid(digest, `it has ${size} bytes, more than ${MAX_CONFIG_SIZE}`)
  const bytes = await buffer(open())
  const found = digestOf(bytes)
  if (found !== digest) throw invalid(digest, `its content has the digest ${found}`)
  return bytes
}

function parseConfig(digest: Digest, bytes: Uint8Array): ImageConfig {
  try {
    return readImageConfig(bytes)
  } catch (cause) {
    throw invalid(digest, messageOf(cause), cause)
  }
}

function invalid(digest: Digest, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', `config ${digest} of the image: ${fault}`, {cause})
}
