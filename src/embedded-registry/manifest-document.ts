import {bareMediaType, familyOf, isIndexType, isManifestType} from '../oci/media-type.js'
import {type ContentDigest, algorithmOf, contentDigestOf, isContentDigest} from './content-digest.js'
import {Refusal} from './refusal.js'
import {type JsonObject, isObject, parseJson} from '../shared/json.js'

/** A descriptor in a manifest, with the place where it stands. */
export interface Pointer {
  /** Where it stands, for example `layers[2]`. */
  readonly field: string
  readonly mediaType: string
  readonly digest: ContentDigest
  /** Bytes. */
  readonly size: number
}

/** What the registry has to know of a manifest; the bytes stay as they came. */
export interface PushedDocument {
  readonly mediaType: string
  /** Config and layers of an image. */
  readonly blobs: readonly Pointer[]
  /** The children of an index: mostly manifests, but any type is allowed. */
  readonly children: readonly Pointer[]
  readonly subject?: Pointer
  /** For the list of referrers: the field, or an image's config type where it is empty. */
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * Reads a manifest that is pushed, by the schemas of image-spec (manifest.md, image-index.md, descriptor.md) and
 * Docker (manifest-v2-2.md). Strict where a mistake would go unseen, open to fields that it does not know.
 * @throws Refusal 400 MANIFEST_INVALID, with the field that is wrong
 */
export function readManifestDocument(bytes: Uint8Array, contentType: string | undefined): PushedDocument {
  const document = asObject(
    parseJson(bytes, () => invalid('it is not JSON in UTF-8')),
    'the document'
  )
  const mediaType = mediaTypeOf(document, contentType)
  if (document['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2')
  return {
    mediaType,
    ...(isIndexType(mediaType) ? indexParts(document) : imageParts(document)),
    ...commonParts(document)
  }
}

/** The type is said twice, and both must be the same: else one client reads an image and another an index. */
function mediaTypeOf(document: JsonObject, contentType: string | undefined): string {
  const declared = document['mediaType']
  if (declared !== undefined && typeof declared !== 'string') throw invalid('mediaType is not a text')
  const header = contentType === undefined ? undefined : bareMediaType(contentType)
  const mediaType = header ?? declared ?? ''
  if (!isManifestType(mediaType))
    throw invalid(`${JSON.stringify(mediaType)} is not a media type of a manifest`)
  if (declared === undefined ? familyOf(mediaType) === 'docker' : declared !== mediaType)
    throw invalid(`mediaType is ${JSON.stringify(declared ?? null)}, but it came as ${mediaType}`)
  return mediaType
}

function indexParts(document: JsonObject): Pick<PushedDocument, 'blobs' | 'children' | 'artifactType'> {
  if ('config' in document || 'layers' in document) throw invalid('an index has neither config nor layers')
  const artifactType = textOf(document, 'artifactType')
  return {
    blobs: [],
    children: pointers(document['manifests'], 'manifests'),
    ...(artifactType ? {artifactType} : {})
  }
}

function imageParts(document: JsonObject): Pick<PushedDocument, 'blobs' | 'children' | 'artifactType'> {
  if ('manifests' in document) throw invalid('an image manifest has no field manifests')
  const config = pointer(document['config'], 'config')
  const entries = document['layers']
  const layers = pointers(entries, 'layers')
  return {
    blobs: [config, ...layers.filter((layer, at) => !isForeign(layer.mediaType) && !hasUrls(entries, at))],
    children: [],
    artifactType: textOf(document, 'artifactType') || config.mediaType
  }
}

function commonParts(document: JsonObject): Pick<PushedDocument, 'subject' | 'annotations'> {
  const subject = document['subject']
  const annotations = document['annotations']
  return {
    ...(isAbsent(subject) ? {} : {subject: pointer(subject, 'subject')}),
    ...(isAbsent(annotations) ? {} : {annotations: texts(annotations, 'annotations')})
  }
}

/** Layers that need not be pushed, as they are had from elsewhere (image-spec, layer.md "Non-Distributable Layers"). */
function isForeign(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.layer\.nondistributable|docker\.image\.rootfs\.foreign)\./.test(
    mediaType
  )
}

/** distribution, ocimanifesthandler.go: what has addresses of its own is not looked for. */
function hasUrls(entries: unknown, at: number): boolean {
  const entry: unknown = Array.isArray(entries) ? entries[at] : undefined
  const urls = asObject(entry, `layers[${at}]`)['urls']
  return Array.isArray(urls) && urls.length > 0
}

function pointers(value: unknown, field: string): Pointer[] {
  if (!Array.isArray(value)) throw invalid(`${field} is not a list`)
  return value.map((entry, index) => pointer(entry, `${field}[${index}]`))
}

function pointer(value: unknown, field: string): Pointer {
  const entry = asObject(value, field)
  const {mediaType, digest, size} = entry
  if (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType))
    throw invalid(`${field}.mediaType is not a media type`)
  if (typeof digest !== 'string' || !isContentDigest(digest))
    throw invalid(`${field}.digest is not a sha256 or sha512 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${field}.size is not a size`)
  checkOptionalParts(entry, field)
  checkData(entry['data'], {field, mediaType, digest, size})
  return {field, mediaType, digest, size}
}

/** `type/subtype` (RFC 6838, section 4.2); descriptors name it without parameters. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

function checkOptionalParts(entry: JsonObject, field: string): void {
  const {platform, annotations, urls} = entry
  if (!isAbsent(annotations)) texts(annotations, `${field}.annotations`)
  if (!isAbsent(urls) && !(Array.isArray(urls) && urls.every(url => typeof url === 'string')))
    throw invalid(`${field}.urls is not a list of texts`)
  if (isAbsent(platform)) return
  const {os, architecture} = asObject(platform, `${field}.platform`)
  if (typeof os !== 'string' || typeof architecture !== 'string')
    throw invalid(`${field}.platform lacks os or architecture`)
}

/** Embedded content must be what the descriptor names (image-spec, descriptor.md "Embedded Content"). */
function checkData(data: unknown, target: Pointer): void {
  if (isAbsent(data)) return
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : undefined
  const isRight =
    bytes?.length === target.size && contentDigestOf(bytes, algorithmOf(target.digest)) === target.digest
  if (!isRight) throw invalid(`${target.field}.data is not the content that the descriptor names`)
}

function texts(value: unknown, field: string): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value, field))
  const strings = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (strings.length < entries.length) throw invalid(`${field} holds something else than texts`)
  return Object.fromEntries(strings)
}

function textOf(document: JsonObject, field: string): string {
  const value = document[field]
  if (isAbsent(value)) return ''
  if (typeof value !== 'string') throw invalid(`${field} is not a text`)
  return value
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function asObject(value: unknown, field: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(`${field} is not an object`)
}

function invalid(fault: string): Refusal {
  return new Refusal('MANIFEST_INVALID', `the manifest is not valid: ${fault}`)
}
