import pLimit from 'p-limit'
import {messageOf} from '../../errors.js'
import {isAttestation, isOfUnknownPlatform} from '../../oci/attestation.js'
import type {Digest} from '../../oci/digest.js'
import {readImageConfig} from '../../oci/image-config.js'
import {type Descriptor, type Manifest, descriptorOf, readManifest, storedBlobs} from '../../oci/manifest.js'
import {isIndexType} from '../../oci/media-type.js'
import {type Platform, describePlatform, formatPlatform, isSamePlatform} from '../../oci/platform.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import {downloadBlob} from '../../registry/images/blob-download.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {VerifiedTag} from './verified-tag.js'
import {type Patience, lookUntil} from '../../registry/client/patience.js'

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
 * @param download whether every blob is fetched whole, too, and held against its digest
 */
export async function verifyTags(
  expectations: readonly TagExpectation[],
  patience: Patience,
  download = false
): Promise<VerifiedTag[]> {
  const reading = new Reading(download)
  return await Promise.all(
    expectations.map(async expectation => {
      const reference = formatReference(expectation.client.repository, expectation.tag)
      try {
        return {reference, ...(await verifyTag(expectation, reading, patience))}
      } catch (error) {
        return {reference, platforms: [], blobs: 0, faults: [messageOf(error)]}
      }
    })
  )
}

async function verifyTag(
  {client, tag, digest, platforms = []}: TagExpectation,
  reading: Reading,
  patience: Patience
): Promise<Omit<VerifiedTag, 'reference'>> {
  const manifest = await lookUntil(
    async () => client.findManifest(tag),
    seen => seen !== undefined && (digest === undefined || seen.digest === digest),
    patience
  )
  if (manifest === undefined) return {platforms: [], blobs: 0, faults: ['is not there']}
  const image = await reading.image(client, manifest)
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

/** The images of an index with their platforms, as their configs say; attestations are none. */
export async function platformsOf(
  client: RepositoryClient,
  digest: Digest
): Promise<{readonly platform: string; readonly digest: Digest}[]> {
  const root = await client.getManifest(digest)
  const entries = isIndexType(root.mediaType) ? readManifest(root).manifests : [descriptorOf(root)]
  return await Promise.all(
    entries
      .filter(entry => !isAttestation(entry))
      .map(async entry => {
        const {config} = readManifest(await client.getManifest(entry.digest))
        const platform = config && readImageConfig(await client.getBlob(config)).platform
        return {platform: platform === undefined ? '' : formatPlatform(platform), digest: entry.digest}
      })
  )
}

/** How many blobs are fetched at once: each may be as large as the line is wide. */
const DOWNLOADS_AT_ONCE = 6

/** What has been read so far: an image of several tags and a blob of several platforms are read once. */
class Reading {
  readonly #images = new Map<string, Promise<ImageReport>>()
  readonly #blobs = new Map<string, Promise<string | undefined>>()
  readonly #limit = pLimit(DOWNLOADS_AT_ONCE)
  readonly #download: boolean

  constructor(download: boolean) {
    this.#download = download
  }

  async image(client: RepositoryClient, root: Manifest): Promise<ImageReport> {
    const key = formatReference(client.repository, root.digest)
    const known = this.#images.get(key) ?? verifyImage(client, root, this)
    this.#images.set(key, known)
    return await known
  }

  /** What is wrong with a blob; undefined where nothing is. */
  async blobFault(client: RepositoryClient, blob: Descriptor): Promise<string | undefined> {
    const key = `${formatReference(client.repository, blob.digest)} ${blob.size}`
    const known = this.#blobs.get(key) ?? this.#readBlob(client, blob)
    this.#blobs.set(key, known)
    return await known
  }

  async #readBlob(client: RepositoryClient, blob: Descriptor): Promise<string | undefined> {
    const fault = await sizeFault(client, blob)
    if (fault !== undefined || !this.#download) return fault
    return await this.#limit(async () => {
      try {
        await downloadBlob(client, blob)
        return undefined
      } catch (error) {
        return messageOf(error)
      }
    })
  }
}

async function verifyImage(
  client: RepositoryClient,
  root: Manifest,
  blobs: Pick<Reading, 'blobFault'>
): Promise<ImageReport> {
  const entries = isIndexType(root.mediaType) ? readManifest(root).manifests : [undefined]
  const reports = await Promise.all(
    entries.map(async entry => {
      const manifest = entry === undefined ? root : await client.findManifest(entry.digest)
      if (manifest === undefined)
        return {platforms: [], blobs: 0, faults: [`${entry?.digest ?? ''} is not there`]}
      return await verifyPlatform(client, {manifest, entry}, blobs)
    })
  )
  const platforms = reports.flatMap(report => report.platforms)
  const unknown = entries.filter(entry => entry !== undefined && isOfUnknownPlatform(entry))
  return {
    platforms,
    blobs: reports.reduce((sum, {blobs}) => sum + blobs, 0),
    faults: [
      ...(platforms.length === 0 && reports.every(({faults}) => faults.length === 0)
        ? [`${root.digest} holds no image`]
        : []),
      ...unknown.map(
        entry => `${entry?.digest ?? ''} is listed as of platform unknown/unknown, and is no attestation`
      ),
      ...reports.flatMap(({faults}) => faults)
    ]
  }
}

async function verifyPlatform(
  client: RepositoryClient,
  {manifest, entry}: {readonly manifest: Manifest; readonly entry: Descriptor | undefined},
  reading: Pick<Reading, 'blobFault'>
): Promise<ImageReport> {
  const document = readManifest(manifest)
  const {config} = document
  const blobs = storedBlobs(document)
  const found = await Promise.all(blobs.map(async blob => await reading.blobFault(client, blob)))
  const faults = found.filter(fault => fault !== undefined)
  if (config === undefined || (entry !== undefined && isAttestation(entry)))
    return {platforms: [], blobs: blobs.length, faults}
  const {platform} = readImageConfig(await client.getBlob(config))
  const listed = entry?.platform
  const said = isListedOtherwise(listed, platform)
    ? [
        `${manifest.digest} is listed as ${describePlatform(listed)}, but its config says ${describePlatform(platform)}`
      ]
    : []
  return {platforms: [formatPlatform(platform)], blobs: blobs.length, faults: [...faults, ...said]}
}

/** What only one of them says of a version does not count: configs and indexes may leave it out. */
function isListedOtherwise(listed: Platform | undefined, config: Platform): listed is Platform {
  if (listed === undefined) return false
  const [one, other] = [listed['os.version'], config['os.version']]
  return !isSamePlatform(listed, config) || (one !== undefined && other !== undefined && one !== other)
}

async function sizeFault(client: RepositoryClient, {digest, size}: Descriptor): Promise<string | undefined> {
  const found = await client.blobSize(digest)
  if (found === size) return undefined
  return found === undefined
    ? `blob ${digest} is not there`
    : `blob ${digest} has ${found} bytes, not ${size}`
}
