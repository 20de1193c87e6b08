import {lengthOf, parseContentRange} from './byte-range.js'
import {type ContentDigest, algorithmOf, parseAlgorithm, parseContentDigest} from './content-digest.js'
import {type Reply, type ServerExchange, emptyReply} from './exchange.js'
import {blobPath, locationOf, uploadPath} from './location.js'
import {Refusal} from './refusal.js'
import {ServerUpload} from './upload-sessions.js'
import {isRepositoryName} from '../oci/reference.js'
import {type GrantedAccess, scopeOfRepository} from './access.js'
import type {Registry} from './registry.js'
import type {RouteTarget} from './route.js'

/** POST: mounts a blob, takes a whole one, or opens a session (distribution-spec, end-4a, 4b, 4c and 11). */
export async function startUpload(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  const mounted = await mountBlob(registry, exchange, target)
  if (mounted) return mounted
  const digestText = exchange.query.get('digest')
  const digest = digestText === null ? undefined : parseContentDigest(digestText)
  const algorithm = parseAlgorithm(
    digest ? algorithmOf(digest) : (exchange.query.get('digest-algorithm') ?? 'sha256')
  )
  const session = await registry.sessions.start(
    new ServerUpload(target.repository, await registry.store.stage(), algorithm)
  )
  if (digest === undefined) return acceptedReply(registry, exchange, session)
  await takeWhole(registry, exchange, session)
  return finish(registry, exchange, session, digest)
}

/** PATCH: takes a chunk, or a stream without a range (distribution-spec, end-5). */
export function takeChunk(registry: Registry, exchange: ServerExchange, target: RouteTarget): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'pull', 'push'))
  const session = registry.sessions.find(target.repository, target.reference)
  return session.exclusive(async () => {
    const sizeBefore = session.size
    await receiveChunk(registry, exchange, session)
    session.hasShortChunk = session.size - sizeBefore < registry.rules.minChunkLength
    return acceptedReply(registry, exchange, session)
  })
}

/** PUT: takes what is left and makes the whole a blob, if the digest is right (distribution-spec, end-6). */
export function finishUpload(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'pull', 'push'))
  const session = registry.sessions.find(target.repository, target.reference)
  const digest = parseContentDigest(exchange.query.get('digest') ?? '')
  return session.exclusive(async () => {
    await receiveChunk(registry, exchange, session)
    return finish(registry, exchange, session, digest)
  })
}

/** GET: how far the upload is (distribution-spec, end-13). */
export function uploadStatus(registry: Registry, exchange: ServerExchange, target: RouteTarget): Reply {
  exchange.demand(scopeOfRepository(target.repository, 'pull', 'push'))
  const session = registry.sessions.find(target.repository, target.reference)
  return emptyReply(204, progressOf(registry, exchange, session))
}

/** DELETE: throws the upload away (distribution-spec, end-14). */
export async function cancelUpload(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'pull', 'push'))
  const session = registry.sessions.find(target.repository, target.reference)
  await session.exclusive(() => registry.sessions.end(session))
  return emptyReply(204)
}

async function receiveChunk(
  registry: Registry,
  exchange: ServerExchange,
  session: ServerUpload
): Promise<void> {
  // It may have waited for another request of the same session, which ended it.
  registry.sessions.find(session.repository, session.id)
  const range = parseContentRange(exchange.headers['content-range'])
  if (range && range.first !== session.size)
    throw new Refusal('BLOB_UPLOAD_INVALID', `the chunk does not start at byte ${session.size}`, {
      status: 416,
      headers: progressOf(registry, exchange, session)
    })
  if (session.hasShortChunk && exchange.method === 'PATCH')
    throw new Refusal(
      'BLOB_UPLOAD_INVALID',
      'the chunk before this one was shorter than OCI-Chunk-Min-Length'
    )
  const length = exchange.headers['content-length']
  if (range && length !== undefined && Number(length) !== lengthOf(range))
    throw new Refusal('SIZE_INVALID', 'Content-Length is not the length of Content-Range')
  await session.receive(exchange.body, range && lengthOf(range))
}

/** A whole blob in one POST: there is nothing to go on from, so a failure ends the session. */
async function takeWhole(registry: Registry, exchange: ServerExchange, session: ServerUpload): Promise<void> {
  try {
    await session.receive(exchange.body, undefined)
  } catch (cause) {
    await registry.sessions.end(session)
    throw cause
  }
}

async function finish(
  registry: Registry,
  exchange: ServerExchange,
  session: ServerUpload,
  digest: ContentDigest
): Promise<Reply> {
  const actual = await session.digest(digest)
  if (actual !== digest) {
    await registry.sessions.end(session)
    throw new Refusal('DIGEST_INVALID', 'the bytes have another digest', {detail: {digest, actual}})
  }
  registry.sessions.complete(session)
  await registry.store.keepBlob(session.repository, session.staging, {digest, size: session.size})
  return emptyReply(201, {
    location: locationOf(registry, exchange, blobPath(session.repository, digest)),
    'docker-content-digest': digest
  })
}

function acceptedReply(registry: Registry, exchange: ServerExchange, session: ServerUpload): Reply {
  const least = registry.rules.minChunkLength
  return emptyReply(202, {
    ...progressOf(registry, exchange, session),
    ...(least > 0 ? {'oci-chunk-min-length': String(least)} : {})
  })
}

/** Where to go on, and the last byte that is there. An empty upload says 0-0, as the others do: the format has no other word for it. */
function progressOf(
  registry: Registry,
  exchange: ServerExchange,
  session: ServerUpload
): Record<string, string> {
  return {
    location: locationOf(registry, exchange, uploadPath(session.repository, session.id)),
    range: `0-${Math.max(0, session.size - 1)}`,
    'docker-upload-uuid': session.id
  }
}

/**
 * Mounts a blob where a POST asks for it (distribution-spec, end-11); without `from`, from any repository that the
 * client may pull. Undefined where there is nothing to mount: the upload starts then.
 */
export async function mountBlob(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply | undefined> {
  const mount = exchange.query.get('mount')
  const from = exchange.query.get('from')
  const needsSource = mount !== null && from !== null && isRepositoryName(from) && from !== target.repository
  const access = exchange.demand(
    scopeOfRepository(target.repository, 'pull', 'push'),
    ...(needsSource ? [scopeOfRepository(from, 'pull')] : [])
  )
  if (mount === null) return undefined
  const digest = parseContentDigest(mount)
  const source = from ?? findSource(registry, access, digest)
  if (source === undefined || !(await registry.store.mountBlob(target.repository, source, digest)))
    return undefined
  return emptyReply(201, {
    location: locationOf(registry, exchange, blobPath(target.repository, digest)),
    'docker-content-digest': digest
  })
}

function findSource(registry: Registry, access: GrantedAccess, digest: ContentDigest): string | undefined {
  return registry.store
    .repositoryNames()
    .find(name => access.mayPull(name) && registry.store.repository(name)?.blobs.has(digest))
}
