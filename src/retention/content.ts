import {messageOf} from '../errors.js'
import {PLACEHOLDER, REMAINDER} from '../oci/annotations.js'
import type {Digest} from '../oci/digest.js'
import {type Manifest, type ManifestDocument, readManifest} from '../oci/manifest.js'
import {isIndexType, isManifestType} from '../oci/media-type.js'
import type {Content} from './inventory.js'

/** What was read of a manifest. */
export interface ReadContent {
  readonly content: Content
  /** Children by what the index says they are; those that are no indexes need not be read. */
  readonly children: readonly {readonly digest: Digest; readonly isLeaf: boolean}[]
  /** Bytes of the manifest, its config and its layers. */
  readonly size?: number
}

/**
 * Reads what a manifest refers to. A document that is no known manifest may refer to anything that it mentions: every
 * digest in its text counts.
 */
export function readContent(manifest: Manifest): ReadContent {
  try {
    const document = readManifest(manifest)
    return isIndexType(document.mediaType) ? indexContent(document) : leafContent(document, manifest)
  } catch (fault) {
    const mentions = mentionedDigests(manifest)
    return {content: {kind: 'unreadable', reason: messageOf(fault), mentions}, children: []}
  }
}

function indexContent({manifests, subject, annotations}: ManifestDocument): ReadContent {
  const remainder = annotations[REMAINDER]
  const isPlaceholder = remainder !== undefined || annotations[PLACEHOLDER] !== undefined
  const children = manifests.map(({digest, mediaType}) => ({
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
    children: all
  }
}

function leafContent({config, layers, subject}: ManifestDocument, {bytes}: Manifest): ReadContent {
  const blobs = [...(config === undefined ? [] : [config]), ...layers]
  return {
    content: {kind: 'leaf', isRead: true, ...(subject === undefined ? {} : {subject: subject.digest})},
    children: [],
    size: blobs.reduce((sum, blob) => sum + blob.size, bytes.length)
  }
}

function mentionedDigests({bytes, digest}: Manifest): Digest[] {
  return digestsIn(new TextDecoder().decode(bytes)).filter(mention => mention !== digest)
}

function digestsIn(text: string): Digest[] {
  return [...new Set(text.match(/sha256:[0-9a-f]{64}/g) ?? [])] as Digest[]
}
