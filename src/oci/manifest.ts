import {ReleaseError, messageOf} from '../errors.js'
import {type Digest, digestOf, isDigest} from './digest.js'
import {bareMediaType, isIndexType, isManifestType} from './media-type.js'
import type {Platform} from './platform.js'
import {type JsonObject, isObject, parseJson} from '../shared/json.js'

/** What points at content (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly platform?: Platform & Readonly<Record<string, unknown>>
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Where the content is had beside the registry; such content need not be in it (image-spec descriptor.md). */
  readonly urls?: readonly string[]
}

/** A manifest or index as it travels: its exact bytes, what they are, and their digest. */
export interface Manifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** What a manifest or index says; unknown fields are left in the bytes. */
export interface ManifestDocument {
  readonly mediaType: string
  readonly artifactType?: string
  /** The children of an index; empty for an image manifest. */
  readonly manifests: readonly Descriptor[]
  /** Absent for an index. */
  readonly config?: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations: Readonly<Record<string, string>>
}

/** Registries and clients take manifests up to this size; distribution, Harbor and zot refuse larger ones. */
export const MAX_MANIFEST_SIZE = 4 * 1024 * 1024

/** A manifest of these bytes. */
export function manifestOf(bytes: Uint8Array, mediaType: string): Manifest {
  return {mediaType, digest: digestOf(bytes), bytes}
}

/** The descriptor that points at a manifest. */
export function descriptorOf(manifest: Manifest): Descriptor {
  return {mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length}
}

/**
 * What a registry has of an image: config and layers. Layers with addresses of their own, such as those of Windows, are
 * fetched from there, and only their maker may give them out.
 */
export function storedBlobs({config, layers}: Pick<ManifestDocument, 'config' | 'layers'>): Descriptor[] {
  return [...(config ? [config] : []), ...layers.filter(({urls}) => urls === undefined)]
}

/**
 * Reads what a manifest says, and checks every descriptor in it.
 * @throws ReleaseError MANIFEST_INVALID, with the digest and the field that is wrong
 */
export function readManifest(manifest: Manifest): ManifestDocument {
  try {
    return readDocument(manifest)
  } catch (cause) {
    throw new ReleaseError('MANIFEST_INVALID', `${manifest.digest}: ${messageOf(cause)}`, {cause})
  }
}

function readDocument(manifest: Manifest): ManifestDocument {
  const document = asObject(parseJson(manifest.bytes, notJson), 'the document')
  const mediaType = bareMediaType(textOr(document['mediaType'], manifest.mediaType))
  if (!isManifestType(mediaType))
    throw invalid(`media type ${mediaType || '(none)'} is not one of a manifest or index`)
  if (document['schemaVersion'] !== 2)
    throw invalid(`schemaVersion is ${JSON.stringify(document['schemaVersion'])}, not 2`)
  if (mediaType !== bareMediaType(manifest.mediaType))
    throw invalid(`its mediaType is ${mediaType}, but it came as ${manifest.mediaType}`)
  return isIndexType(mediaType) ? readIndex(document, mediaType) : readImage(document, mediaType)
}

function readIndex(document: JsonObject, mediaType: string): ManifestDocument {
  if ('layers' in document || 'config' in document) throw invalid('an index has neither config nor layers')
  return {
    mediaType,
    manifests: readDescriptors(document['manifests'], 'manifests'),
    layers: [],
    ...readCommon(document)
  }
}

function readImage(document: JsonObject, mediaType: string): ManifestDocument {
  if ('manifests' in document) throw invalid('an image manifest has no field manifests')
  return {
    mediaType,
    manifests: [],
    config: readDescriptor(document['config'], 'config'),
    // BuildKit writes null for an image of no layers, such as one of FROM scratch and LABEL.
    layers: document['layers'] === null ? [] : readDescriptors(document['layers'], 'layers'),
    ...readCommon(document)
  }
}

function readCommon(
  document: JsonObject
): Pick<ManifestDocument, 'annotations' | 'subject' | 'artifactType'> {
  const subject = document['subject']
  const artifactType = document['artifactType']
  return {
    annotations: readStrings(document['annotations'], 'annotations'),
    ...(subject === undefined || subject === null ? {} : {subject: readDescriptor(subject, 'subject')}),
    ...(typeof artifactType === 'string' ? {artifactType} : {})
  }
}

function readDescriptors(value: unknown, field: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${field} is not a list`)
  return value.map((entry, index) => readDescriptor(entry, `${field}[${index}]`))
}

function readDescriptor(value: unknown, field: string): Descriptor {
  const entry = asObject(value, field)
  const {mediaType, digest, size} = entry
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${field}.mediaType is missing`)
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${field}.digest is not a sha256 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${field}.size is not a size`)
  return {
    mediaType,
    digest,
    size,
    ...(entry['platform'] ? {platform: readPlatform(entry['platform'], `${field}.platform`)} : {}),
    ...(typeof entry['artifactType'] === 'string' ? {artifactType: entry['artifactType']} : {}),
    ...(entry['annotations'] ? {annotations: readStrings(entry['annotations'], `${field}.annotations`)} : {}),
    ...urlsOf(entry)
  }
}

function urlsOf({urls}: JsonObject): Pick<Descriptor, 'urls'> {
  const texts = Array.isArray(urls) ? urls.filter(url => typeof url === 'string' && url !== '') : []
  return texts.length === 0 ? {} : {urls: texts as string[]}
}

function readPlatform(value: unknown, field: string): Platform & JsonObject {
  const {os, architecture, ...rest} = asObject(value, field)
  if (typeof os !== 'string' || typeof architecture !== 'string')
    throw invalid(`${field} lacks os or architecture`)
  const {variant, ...others} = rest
  return {os, architecture, ...(typeof variant === 'string' && variant ? {variant} : {}), ...others}
}

function readStrings(value: unknown, field: string): Record<string, string> {
  if (value === undefined || value === null) return {}
  const entries = Object.entries(asObject(value, field))
  const wrong = entries.find(([, text]) => typeof text !== 'string')
  if (wrong) throw invalid(`${field}[${JSON.stringify(wrong[0])}] is not a text`)
  return Object.fromEntries(entries) as Record<string, string>
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}

function asObject(value: unknown, field: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(`${field} is not an object`)
}

function invalid(fault: string): ReleaseError {
  return new ReleaseError('MANIFEST_INVALID', `not a valid manifest: ${fault}`)
}

function notJson(cause: unknown): ReleaseError {
  return new ReleaseError('MANIFEST_INVALID', 'the manifest is not JSON', {cause})
}
