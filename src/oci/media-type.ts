/** Media types of manifests and their parts (image-spec media-types.md; distribution manifest-v2-2.md). */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
export const DOCKER_LAYER_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** The two families that an index must not mix: buildah, Quay and others refuse a mixed one. */
export type Family = 'oci' | 'docker'

const KINDS: ReadonlyMap<string, {family: Family; index: boolean}> = new Map([
  [OCI_INDEX, {family: 'oci', index: true}],
  [OCI_MANIFEST, {family: 'oci', index: false}],
  [DOCKER_LIST, {family: 'docker', index: true}],
  [DOCKER_MANIFEST, {family: 'docker', index: false}]
])

/** The manifest types that image-release reads and writes, in the order it prefers them. */
export const MANIFEST_TYPES: readonly string[] = [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST]

/**
 * The Accept header of every manifest request. Without it distribution 2.8 rewrites to schema 1 or says 404,
 * and others convert (distribution-spec content-negotiation.md).
 */
export const MANIFEST_ACCEPT = MANIFEST_TYPES.join(', ')

/** A media type without its parameters, in lower case. */
export function bareMediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase()
}

export function isManifestType(mediaType: string): boolean {
  return KINDS.has(mediaType)
}

/** Layers and files however they are packed, configs, and statements. */
const BLOB_TYPE =
  /\b(?:tar|gzip|zstd|octet-stream|spdx|cyclonedx|in-toto)\b|\.(?:layer|rootfs|config|cacheconfig|container\.image|empty)\.v\d/

/** Whether the type is surely none of a manifest: an index may name blobs, too, as a cache of BuildKit does. */
export function isBlobType(mediaType: string): boolean {
  return BLOB_TYPE.test(bareMediaType(mediaType))
}

/** Whether the type names an index (OCI) or a manifest list (Docker). */
export function isIndexType(mediaType: string): boolean {
  return KINDS.get(mediaType)?.index ?? false
}

/** Whether a registry gave a manifest of schema 1, which names layers only, and no digest that its bytes have. */
export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/.test(mediaType)
}

/** The family of a manifest type; undefined for a type that is no manifest. */
export function familyOf(mediaType: string): Family | undefined {
  return KINDS.get(mediaType)?.family
}
