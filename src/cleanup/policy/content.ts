import {messageOf} from '../../errors.js'
import {BUILDKIT_CREATED_AT, PLACEHOLDER, REMAINDER} from '../../oci/annotations.js'
import type {Digest} from '../../oci/digest.js'
import {type Descriptor, type Manifest, type ManifestDocument, readManifest} from '../../oci/manifest.js'
import {isBlobType, isIndexType, isManifestType, isSchema1Type} from '../../oci/media-type.js'
import type {Content} from './inventory.js'
import type {ListedManifest} from '../repository-backend.js'

/** What was read of a manifest. */
export interface ReadContent {
  readonly content: Content
  /** Children by what the index says they are; those that are no indexes need not be read. */
  readonly children: readonly {readonly digest: Digest; readonly isLeaf: boolean}[]
  /** Bytes of the manifest, its config and its layers; of an index, those of itself alone. */
  readonly size?: number
  /** When the newest layer of a cache of BuildKit was made: milliseconds since the epoch. */
  readonly cached?: number
}

/** What makes a manifest, or an index of layers, a cache of BuildKit (moby/buildkit, cache/remotecache/registry). */
const BUILDKIT_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'

/**
 * Reads what a manifest refers to. A document that is no known manifest may refer to anything that it mentions: every
 * digest in its text counts.
 */
export function readContent(manifest: Manifest): ReadContent {
  try {
    const document = readManifest(manifest)
    return isIndexType(document.mediaType)
      ? indexContent(document, manifest)
      : leafContent(document, manifest)
  } catch (fault) {
    const mentions = mentionedDigests(manifest)
    return {content: {kind: 'unreadable', reason: messageOf(fault), mentions}, children: []}
  }
}

/** Signatures and the like that cosign puts at tags of its own: images, whose manifests have no children. */
const COSIGN_TAG = /^sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$/

/** What needs no reading: the listing says its type, or its tags do (cosign, SIGNATURE_SPEC.md, "Storage"). */
export function listedContent({mediaType, tags}: ListedManifest): Content {
  if (mediaType !== undefined && isSchema1Type(mediaType)) return {kind: 'leaf', isRead: true}
  const isImage = mediaType !== undefined && isManifestType(mediaType) && !isIndexType(mediaType)
  const isOfCosign = tags.length > 0 && tags.every(tag => COSIGN_TAG.test(tag))
  return isImage || (mediaType === undefined && isOfCosign) ? {kind: 'leaf', isRead: false} : {kind: 'unread'}
}

/** What of its entries are blobs, as the layers of a cache of BuildKit, is a part of its size, and no child. */
function indexContent(document: ManifestDocument, {bytes}: Manifest): ReadContent {
  const {manifests, subject, annotations} = document
  const isCache = manifests.some(isBuildkitConfig)
  const blobs = manifests.filter(({mediaType}) => isCache || isBlobType(mediaType))
  const remainder = annotations[REMAINDER]
  const isPlaceholder = remainder !== undefined || annotations[PLACEHOLDER] !== undefined
  const children = manifests
    .filter(entry => !blobs.includes(entry))
    .map(({digest, mediaType}) => ({
      digest,
      isLeaf: isManifestType(mediaType) && !isIndexType(mediaType)
    }))
  const left = digestsIn(remainder ?? '').map(digest => ({digest, isLeaf: false}))
  const all = [...children, ...left]
  return {
    content: {
      kind: 'index',
      children: all.map(({digest}) => digest),
      ...(subject === undefined ? {} : {subject: subject.digest}),
      ...(isPlaceholder && manifests.length === 0 ? {isPlaceholder} : {})
    },
    children: all,
    size: sizeOf(blobs, bytes.length),
    ...(isCache ? cachedOf(manifests) : {})
  }
}

function isBuildkitConfig({mediaType}: Descriptor): boolean {
  return mediaType === BUILDKIT_CONFIG
}

function cachedOf(layers: readonly Descriptor[]): {cached?: number} {
  const times = layers
    .map(({annotations}) => Date.parse(annotations?.[BUILDKIT_CREATED_AT] ?? ''))
    .filter(time => !Number.isNaN(time))
  return times.length === 0 ? {} : {cached: Math.max(...times)}
}

function sizeOf(blobs: readonly Descriptor[], length: number): number {
  return blobs.reduce((sum, blob) => sum + blob.size, length)
}

function leafContent({config, layers, subject}: ManifestDocument, {bytes}: Manifest): ReadContent {
  const blobs = [...(config === undefined ? [] : [config]), ...layers]
  return {
    content: {kind: 'leaf', isRead: true, ...(subject === undefined ? {} : {subject: subject.digest})},
    children: [],
    size: sizeOf(blobs, bytes.length),
    ...(config !== undefined && isBuildkitConfig(config) ? cachedOf(layers) : {})
  }
}

function mentionedDigests({bytes, digest}: Manifest): Digest[] {
  return digestsIn(new TextDecoder().decode(bytes)).filter(mention => mention !== digest)
}

function digestsIn(text: string): Digest[] {
  return [...new Set(text.match(/sha256:[0-9a-f]{64}/g) ?? [])] as Digest[]
}
