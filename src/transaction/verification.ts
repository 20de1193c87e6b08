import {messageOf} from '../errors.js'
import {isAttestation} from '../oci/attestation.js'
import type {Digest} from '../oci/digest.js'
import {readImageConfig} from '../oci/image-config.js'
import {type Descriptor, type Manifest, readManifest} from '../oci/manifest.js'
import {isIndexType} from '../oci/media-type.js'
import {formatPlatform, isSamePlatform} from '../oci/platform.js'
import {type Tag, formatReference} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import type {VerifiedTag} from '../release/verify-summary.js'

/** What a tag must be. */
export interface TagExpectation {
  readonly client: RepositoryClient
  readonly tag: Tag
  /** Undefined where only the image itself is to be sound. */
  readonly digest?: Digest | undefined
  readonly platforms?: readonly string[] | undefined
}

interface ImageReport {
  readonly platforms: readonly string[]
  readonly blobs: number
  readonly faults: readonly string[]
}

/**
 * Reads tags as one who pulls would: the index by tag, every platform by digest, each config for what it says it runs
 * on, and every blob by HEAD. Tags of one digest share the reading of the image.
 */
export async function verifyTags(expectations: readonly TagExpectation[]): Promise<VerifiedTag[]> {
  const images = new Map<string, Promise<ImageReport>>()
  return await Promise.all(
    expectations.map(async expectation => {
      const reference = formatReference(expectation.client.repository, expectation.tag)
      try {
        return {reference, ...(await verifyTag(expectation, images))}
      } catch (error) {
        return {reference, platforms: [], blobs: 0, faults: [messageOf(error)]}
      }
    })
  )
}

async function verifyTag(
  {client, tag, digest, platforms = []}: TagExpectation,
  images: Map<string, Promise<ImageReport>>
): Promise<Omit<VerifiedTag, 'reference'>> {
  const manifest = await client.findManifest(tag)
  if (manifest === undefined) return {platforms: [], blobs: 0, faults: ['is not there']}
  const key = formatReference(client.repository, manifest.digest)
  const reading = images.get(key) ?? verifyImage(client, manifest)
  images.set(key, reading)
  const image = await reading
  const isOther = digest !== undefined && digest !== manifest.digest
  const missing = platforms.filter(platform => !image.platforms.includes(platform))
  return {
    ...image,
    digest: manifest.digest,
    faults: [
      ...(isOther ? [`points at ${manifest.digest}, not ${digest}`] : []),
      ...missing.map(platform => `lacks ${platform}`),
      ...image.faults
    ]
  }
}

async function verifyImage(client: RepositoryClient, root: Manifest): Promise<ImageReport> {
  const entries = isIndexType(root.mediaType) ? readManifest(root).manifests : [undefined]
  const reports = await Promise.all(
    entries.map(async entry => {
      const manifest = entry === undefined ? root : await client.findManifest(entry.digest)
      if (manifest === undefined)
        return {platforms: [], blobs: 0, faults: [`${entry?.digest ?? ''} is not there`]}
      return await verifyPlatform(client, manifest, entry)
    })
  )
  return {
    platforms: reports.flatMap(({platforms}) => platforms),
    blobs: reports.reduce((sum, {blobs}) => sum + blobs, 0),
    faults: reports.flatMap(({faults}) => faults)
  }
}

async function verifyPlatform(
  client: RepositoryClient,
  manifest: Manifest,
  entry: Descriptor | undefined
): Promise<ImageReport> {
  const {config, layers} = readManifest(manifest)
  const blobs = [...(config ? [config] : []), ...layers]
  const faults = (await Promise.all(blobs.map(blob => blobFault(client, blob)))).filter(
    fault => fault !== undefined
  )
  if (config === undefined || (entry !== undefined && isAttestation(entry)))
    return {platforms: [], blobs: blobs.length, faults}
  const {platform} = readImageConfig(await client.getBlob(config))
  const isOther = entry?.platform !== undefined && !isSamePlatform(entry.platform, platform)
  const said = isOther
    ? [
        `${manifest.digest} is listed as ${formatPlatform(entry.platform)}, but its config says ${formatPlatform(platform)}`
      ]
    : []
  return {platforms: [formatPlatform(platform)], blobs: blobs.length, faults: [...faults, ...said]}
}

async function blobFault(client: RepositoryClient, {digest, size}: Descriptor): Promise<string | undefined> {
  const found = await client.blobSize(digest)
  if (found === size) return undefined
  return found === undefined
    ? `blob ${digest} is not there`
    : `blob ${digest} has ${found} bytes, not ${size}`
}
