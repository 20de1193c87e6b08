import {MAX_MANIFEST_SIZE} from '../oci/manifest.js'
import {isTag} from '../oci/reference.js'
import {scopeOfRepository} from './access.js'
import {
  type ContentDigest,
  algorithmOf,
  contentDigestOf,
  isContentDigest,
  parseContentDigest
} from './content-digest.js'
import type {NewManifest} from './content-store.js'
import {type ServerExchange, type Reply, emptyReply, isUnchanged, readRequest} from './exchange.js'
import {locationOf, manifestPath} from './location.js'
import {type Pointer, type PushedDocument, readManifestDocument} from './manifest-document.js'
import {ManifestRefusal, type OciFault, Refusal} from './refusal.js'
import type {Registry} from './registry.js'
import type {RouteTarget} from './route.js'
import type {RepositoryState} from './repository-state.js'

/** GET and HEAD of a manifest by tag or digest, whatever the client accepts: there is only one form (end-3). */
export function serveManifest(registry: Registry, exchange: ServerExchange, target: RouteTarget): Reply {
  exchange.demand(scopeOfRepository(target.repository, 'pull'))
  const digest = resolve(registry, target)
  const entry = registry.store.repository(target.repository)?.manifests.get(digest)
  if (entry === undefined) throw manifestUnknown(registry, target)
  const etag = `"${digest}"`
  if (isUnchanged(exchange, etag)) return emptyReply(304, {etag, 'docker-content-digest': digest})
  return {
    status: 200,
    headers: {
      'content-type': entry.mediaType,
      'content-length': String(entry.size),
      'docker-content-digest': digest,
      etag
    },
    body: registry.store.read(digest, entry.size)
  }
}

/** PUT of a manifest by tag or digest, with further tags in the query of a push by digest (end-7a and 7b). */
export async function pushManifest(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'pull', 'push'))
  const tags = tagsToPush(exchange, target.reference)
  const bytes = await readManifestBytes(exchange)
  const digest = digestToPush(target.reference, bytes)
  const document = readManifestDocument(bytes, exchange.headers['content-type'])
  const {store} = registry
  const manifest: NewManifest = {digest, bytes, entry: entryOf(document, bytes), tags}
  await store.keepManifest(target.repository, manifest, () =>
    checkReferences(store.repository(target.repository), document)
  )
  return emptyReply(201, {
    location: locationOf(registry, exchange, manifestPath(target.repository, digest)),
    'docker-content-digest': digest,
    ...(document.subject ? {'oci-subject': document.subject.digest} : {}),
    ...(tags.length > 0 ? {'oci-tag': tags.join(', ')} : {})
  })
}

/** DELETE of a manifest by digest, with all its tags, or of one tag (end-9). */
export async function deleteManifest(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'delete'))
  const {repository, reference} = target
  const isDeleted = isTag(reference)
    ? await registry.store.deleteTag(repository, reference)
    : await registry.store.deleteManifest(repository, parseContentDigest(reference))
  if (!isDeleted) throw manifestUnknown(registry, target)
  return emptyReply(202)
}

function resolve(registry: Registry, target: RouteTarget): ContentDigest {
  if (target.reference.includes(':')) return parseContentDigest(target.reference)
  const digest = registry.store.repository(target.repository)?.tags.get(target.reference)
  if (digest === undefined) throw manifestUnknown(registry, target)
  return digest
}

/** The tags that a push moves: the one of the path, or those of the query of a push by digest. */
function tagsToPush(exchange: ServerExchange, reference: string): readonly string[] {
  const isByDigest = reference.includes(':')
  const tags = isByDigest ? [...new Set(exchange.query.getAll('tag'))] : [reference]
  const wrong = tags.find(tag => !isTag(tag))
  if (wrong !== undefined)
    throw new Refusal('MANIFEST_INVALID', 'this is not a tag', {detail: {tag: wrong.slice(0, 200)}})
  return tags
}

function digestToPush(reference: string, bytes: Uint8Array): ContentDigest {
  if (!reference.includes(':')) return contentDigestOf(bytes, 'sha256')
  const digest = parseContentDigest(reference)
  const actual = contentDigestOf(bytes, algorithmOf(digest))
  if (digest === actual) return digest
  throw new Refusal('DIGEST_INVALID', 'the bytes have another digest', {detail: {digest, actual}})
}

async function readManifestBytes(exchange: ServerExchange): Promise<Uint8Array> {
  const announced = Number(exchange.headers['content-length'] ?? 0)
  const bytes =
    announced > MAX_MANIFEST_SIZE ? undefined : await readRequest(exchange.body, MAX_MANIFEST_SIZE)
  if (bytes !== undefined) return bytes
  throw new Refusal('SIZE_INVALID', `a manifest has at most ${MAX_MANIFEST_SIZE} bytes`, {status: 413})
}

function entryOf(document: PushedDocument, bytes: Uint8Array): NewManifest['entry'] {
  const {mediaType, subject, artifactType, annotations} = document
  return {
    mediaType,
    size: bytes.length,
    ...(subject ? {subject: subject.digest} : {}),
    ...(subject && artifactType !== undefined ? {artifactType} : {}),
    ...(subject && annotations ? {annotations} : {})
  }
}

function manifestUnknown(registry: Registry, target: RouteTarget): Refusal {
  const reference = target.reference.slice(0, 200)
  const detail = {repository: target.repository, [isContentDigest(reference) ? 'digest' : 'tag']: reference}
  return registry.store.repository(target.repository) === undefined
    ? new Refusal('NAME_UNKNOWN', 'nothing was pushed to this repository', {detail})
    : new Refusal('MANIFEST_UNKNOWN', 'the repository has no such manifest', {detail})
}

/**
 * Checks that all a manifest points at is in the repository, and is what the descriptors say. The subject may be
 * absent, so that referrers can be pushed first (distribution-spec, "Push").
 * @throws Refusal 400 MANIFEST_BLOB_UNKNOWN for each that is missing, SIZE_INVALID or MANIFEST_INVALID for each that differs
 */
export function checkReferences(state: RepositoryState | undefined, document: PushedDocument): void {
  const faults = [
    ...document.blobs.map(pointer => blobFault(state, pointer)),
    ...document.children.map(pointer => childFault(state, pointer))
  ].filter(fault => fault !== undefined)
  const [first, ...others] = faults
  if (first !== undefined) throw new ManifestRefusal([first, ...others])
}

function blobFault(state: RepositoryState | undefined, pointer: Pointer): OciFault | undefined {
  return sizeFault(state?.blobs.get(pointer.digest), pointer)
}

/** A child may be a blob too: the index of a build cache lists layers. */
function childFault(state: RepositoryState | undefined, pointer: Pointer): OciFault | undefined {
  const child = state?.manifests.get(pointer.digest)
  if (child === undefined) return blobFault(state, pointer)
  if (child.mediaType === pointer.mediaType) return sizeFault(child.size, pointer)
  const message = `${pointer.field} is said to be ${pointer.mediaType}, but is ${child.mediaType}`
  return {code: 'MANIFEST_INVALID', message, detail: {digest: pointer.digest}}
}

function sizeFault(size: number | undefined, pointer: Pointer): OciFault | undefined {
  const {field, digest} = pointer
  if (size === undefined)
    return {code: 'MANIFEST_BLOB_UNKNOWN', message: `${field} is not in the repository`, detail: {digest}}
  if (size === pointer.size) return undefined
  const message = `${field} is said to have ${pointer.size} bytes, but has ${size}`
  return {code: 'SIZE_INVALID', message, detail: {digest}}
}
