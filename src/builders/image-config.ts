import {buffer} from 'node:stream/consumers'
import {ReleaseError} from '../errors.js'
import {type Digest, digestOf} from '../oci/digest.js'
import {type Manifest, readManifest} from '../oci/manifest.js'
import {isIndexType} from '../oci/media-type.js'
import {type Platform, formatPlatform, isSamePlatform} from '../oci/platform.js'
import type {LocalImage} from '../ports.js'
import type {BuilderName} from './builder.js'

/** What the config of an image says (image-spec config.md; `Healthcheck` is Docker's). */
export interface ImageConfig {
  readonly digest: Digest
  readonly platform: Platform
  readonly hasHealthcheck: boolean
}

/** A config holds history, environment and labels; registries take more, but none of this size is meant. */
const MAX_CONFIG_SIZE = 8 * 1024 * 1024

/** What BuildKit writes on the manifest of an attestation, in the index (its docs/attestations/attestation-storage.md). */
const ATTESTATION_TYPE = 'vnd.docker.reference.type'

/**
 * The manifest of the image: the root, or the one child of an index that is no attestation.
 * @throws ReleaseError LAYOUT_INVALID where there is not exactly one
 */
export function imageManifestOf(image: LocalImage): Manifest {
  if (!isIndexType(image.root.mediaType)) return image.root
  const children = readManifest(image.root).manifests.filter(
    child => child.annotations?.[ATTESTATION_TYPE] === undefined && child.platform?.os !== 'unknown'
  )
  const [child] = children
  const found = image.manifests.find(({digest}) => digest === child?.digest)
  if (found !== undefined && children.length === 1) return found
  throw new ReleaseError(
    'LAYOUT_INVALID',
    `the builder made an index of ${children.length} images, but one was asked for`
  )
}

/**
 * Reads the config of the image.
 * @throws ReleaseError LAYOUT_INVALID where it is not what its manifest says, or not a config
 */
export async function readImageConfig(image: LocalImage): Promise<ImageConfig> {
  const {config} = readManifest(imageManifestOf(image))
  if (config === undefined) throw new ReleaseError('LAYOUT_INVALID', 'the image has no config')
  const document = parseConfig(await readBlob(image, config.digest))
  const {os, architecture, variant} = document
  if (typeof os !== 'string' || typeof architecture !== 'string')
    throw invalid(config.digest, 'it names no os and architecture')
  return {
    digest: config.digest,
    platform: {os, architecture, ...(typeof variant === 'string' && variant !== '' ? {variant} : {})},
    hasHealthcheck: isObject(document['config']) && isObject(document['config']['Healthcheck'])
  }
}

/**
 * Makes sure that a builder built what it was asked for.
 * @throws ReleaseError PLATFORM_MISMATCH, with both platforms
 */
export function assertPlatform(builder: BuilderName, config: ImageConfig, asked: Platform): void {
  if (isSamePlatform(config.platform, asked)) return
  throw new ReleaseError(
    'PLATFORM_MISMATCH',
    `${builder} was asked for ${formatPlatform(asked)}, but the image is for ${formatPlatform(config.platform)}`,
    {hint: 'Check the base image, and FROM --platform in the Containerfile.'}
  )
}

async function readBlob(image: LocalImage, digest: Digest): Promise<Buffer> {
  const {size, open} = image.blob(digest)
  if (size > MAX_CONFIG_SIZE) throw invalid(digest, `it has ${size} bytes, more than ${MAX_CONFIG_SIZE}`)
  const bytes = await buffer(open())
  if (digestOf(bytes) !== digest) throw invalid(digest, `its content has the digest ${digestOf(bytes)}`)
  return bytes
}

function parseConfig(bytes: Buffer): Record<string, unknown> {
  const digest = digestOf(bytes)
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'))
    if (isObject(document)) return document
  } catch (cause) {
    throw invalid(digest, 'it is not JSON', cause)
  }
  throw invalid(digest, 'it is not an object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(digest: Digest, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', `config ${digest} of the image: ${fault}`, {cause})
}
