import {CREATED} from '../../oci/annotations.js'
import {isAttestation} from '../../oci/attestation.js'
import {readImageConfig} from '../../oci/image-config.js'
import {type Descriptor, type Manifest, type ManifestDocument, readManifest} from '../../oci/manifest.js'
import type {Digest} from '../../oci/digest.js'
import {MANIFEST_ACCEPT, isIndexType, isManifestType} from '../../oci/media-type.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/** Builds that can be repeated write the epoch or another early time into their images: that is none. */
const FIRST_IMAGES = Date.parse('2013-03-01T00:00:00Z')

/**
 * When an image says that it was made: by its annotation, else by a label or the config of its first platform.
 * @returns milliseconds since the epoch; undefined where it names no time, or cannot be read as an image
 * @throws RegistryError where the registry fails
 */
export async function readImageTime(
  client: RepositoryClient,
  manifest: Manifest
): Promise<number | undefined> {
  const document = documentOf(manifest)
  const annotated = timeIn(document?.annotations[CREATED])
  if (document === undefined || annotated !== undefined) return annotated
  const child = document.manifests.find(entry => isImage(entry) && !isAttestation(entry))
  const found = child === undefined ? undefined : await client.findManifest(child.digest)
  const image = child === undefined ? document : found && documentOf(found)
  return image === undefined ? undefined : await configTime(client, image)
}

/**
 * When the registry says that a manifest was last changed; most say nothing (distribution 3, olareg and zot, 2026-11).
 * @returns milliseconds since the epoch
 * @throws RegistryError where the registry fails
 */
export async function readModified(client: RepositoryClient, digest: Digest): Promise<number | undefined> {
  const {headers} = await client.call({
    method: 'HEAD',
    path: `manifests/${digest}`,
    headers: {accept: MANIFEST_ACCEPT},
    expect: [200, 404]
  })
  return timeIn(headers['last-modified'])
}

/** An index may name blobs, as that of a cache of BuildKit does: distribution 2.8 answers 500 to one read as a manifest. */
function isImage({mediaType}: Descriptor): boolean {
  return isManifestType(mediaType) && !isIndexType(mediaType)
}

function documentOf(manifest: Manifest): ManifestDocument | undefined {
  try {
    return readManifest(manifest)
  } catch {
    return undefined
  }
}

/** Artifacts have configs of their own kinds, which name no time. */
async function configTime(client: RepositoryClient, {config}: ManifestDocument): Promise<number | undefined> {
  if (config === undefined || (await client.blobSize(config.digest)) === undefined) return undefined
  const bytes = await client.getBlob(config)
  try {
    const {labels, created} = readImageConfig(bytes)
    return timeIn(labels[CREATED]) ?? timeIn(created)
  } catch {
    return undefined
  }
}

function timeIn(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) || time < FIRST_IMAGES ? undefined : time
}
