import {type Manifest, manifestOf} from '../../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {putBlob} from '../support/registry-client.js'

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'

/** How BuildKit lays out a cache: as an image manifest (image-manifest=true), or as an index of layers. */
export type CacheForm = 'image' | 'index'

let serial = 0

/** Pushes an image whose config and annotation name a date, as a build that can be repeated writes it. */
export async function pushDated(
  client: RepositoryClient,
  created: string | undefined,
  tags: readonly string[]
): Promise<Manifest> {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: {},
    rootfs: {type: 'layers', diff_ids: []},
    serial: (serial += 1)
  }
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      ...(await blobOf(client, bytesOf(config)))
    },
    layers: [],
    annotations: created === undefined ? {} : {'org.opencontainers.image.created': created}
  }
  const manifest = manifestOf(bytesOf(document), OCI_MANIFEST)
  for (const tag of tags) await client.putManifest(manifest, parseTag(tag))
  return manifest
}

/**
 * Pushes a cache as BuildKit exports it.
 * @param made when its layer was made: milliseconds since the epoch
 */
export async function pushCache(
  client: RepositoryClient,
  tag: string,
  {made, form}: {readonly made: number; readonly form: CacheForm}
): Promise<void> {
  const config = {
    mediaType: CACHE_CONFIG,
    ...(await blobOf(client, bytesOf({layers: [], records: [], tag})))
  }
  const layer = {
    mediaType: LAYER,
    ...(await blobOf(client, bytesOf({layer: tag}))),
    annotations: {'buildkit/createdat': new Date(made).toISOString()}
  }
  const document =
    form === 'image'
      ? {schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer]}
      : {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [layer, config]}
  await client.putManifest(manifestOf(bytesOf(document), document.mediaType), parseTag(tag))
}

function bytesOf(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document))
}

async function blobOf(client: RepositoryClient, bytes: Uint8Array) {
  return {digest: await putBlob(client, bytes), size: bytes.length}
}
