import {CREATED, REVISION} from '../../oci/annotations.js'
import {isAttestation} from '../../oci/attestation.js'
import type {Digest} from '../../oci/digest.js'
import {readImageConfig} from '../../oci/image-config.js'
import {type Descriptor, type Manifest, type ManifestDocument, readManifest} from '../../oci/manifest.js'
import {isIndexType} from '../../oci/media-type.js'
import {formatPlatform} from '../../oci/platform.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/** One platform of a published image. */
export interface PublishedPlatform {
  /** `linux/arm64` */
  readonly platform: string
  readonly digest: Digest
  /** Bytes that a pull fetches: config and layers, as they are stored. */
  readonly size: number
}

/** What a published image consists of, as a registry has it. */
export interface PublishedContent {
  readonly platforms: readonly PublishedPlatform[]
  /** When it was made, as ISO 8601, where it says so. */
  readonly created?: string
  /** The commit that it was made from, where it says so. */
  readonly revision?: string
  /** Whether its index has attestations of BuildKit. */
  readonly isAttested: boolean
}

/** An image manifest, and how the index names it where there is one. */
interface Entry {
  readonly manifest: Manifest
  readonly platform?: Descriptor['platform']
}

/**
 * Reads platforms, digests and sizes of an image by its digest: an index, or the image of a single platform.
 * @throws ReleaseError CHILD_MISSING where it is not whole
 */
export async function readPublishedImage(
  client: RepositoryClient,
  digest: Digest
): Promise<PublishedContent> {
  const root = await client.getManifest(digest)
  const document = readManifest(root)
  const entries = isIndexType(root.mediaType) ? await childrenOf(client, document) : [{manifest: root}]
  const read = await Promise.all(entries.map(async entry => await readEntry(client, entry)))
  const said = {...read[0]?.labels, ...document.annotations}
  return {
    platforms: read.map(({platform, size}, position) => ({
      platform,
      size,
      digest: entries[position]?.manifest.digest ?? digest
    })),
    ...(said[CREATED] === undefined ? {} : {created: said[CREATED]}),
    ...(said[REVISION] === undefined ? {} : {revision: said[REVISION]}),
    isAttested: document.manifests.some(isAttestation)
  }
}

async function childrenOf(client: RepositoryClient, {manifests}: ManifestDocument): Promise<Entry[]> {
  return await Promise.all(
    manifests
      .filter(child => !isAttestation(child))
      .map(async ({digest, platform}) => ({
        manifest: await client.getManifest(digest),
        ...(platform === undefined ? {} : {platform})
      }))
  )
}

async function readEntry(client: RepositoryClient, {manifest, platform}: Entry) {
  const {config, layers, annotations} = readManifest(manifest)
  const size = [...(config ? [config] : []), ...layers].reduce((sum, blob) => sum + blob.size, 0)
  const said = config === undefined ? undefined : readImageConfig(await client.getBlob(config))
  const named = platform ?? said?.platform
  return {
    size,
    platform: named === undefined ? 'unknown' : formatPlatform(named),
    labels: {...said?.labels, ...annotations}
  }
}
