import {scopeOfRepository} from './access.js'
import {parseRange} from './byte-range.js'
import {type ContentDigest, parseContentDigest} from './content-digest.js'
import {type ServerExchange, type Reply, emptyReply, isUnchanged} from './exchange.js'
import {Refusal} from './refusal.js'
import type {Registry} from './registry.js'
import type {RouteTarget} from './route.js'

/** GET and HEAD of a blob, whole or in part (distribution-spec, end-2). */
export function serveBlob(registry: Registry, exchange: ServerExchange, target: RouteTarget): Reply {
  exchange.demand(scopeOfRepository(target.repository, 'pull'))
  const digest = parseContentDigest(target.reference)
  const size = registry.store.repository(target.repository)?.blobs.get(digest)
  if (size === undefined) throw blobUnknown(digest)
  const etag = `"${digest}"`
  const headers = {
    'docker-content-digest': digest,
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000, immutable'
  }
  if (isUnchanged(exchange, etag)) return emptyReply(304, headers)
  return blobReply(registry, headers, {digest, size, range: rangeHeaderOf(exchange, etag)})
}

function blobReply(
  registry: Registry,
  headers: Readonly<Record<string, string>>,
  blob: {digest: ContentDigest; size: number; range: string | undefined}
): Reply {
  const range = parseRange(blob.range, blob.size)
  const body = registry.store.read(blob.digest, range ?? blob.size)
  return {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-length': String(body.size),
      ...(range ? {'content-range': `bytes ${range.first}-${range.last}/${blob.size}`} : {})
    },
    body
  }
}

/** A range counts for GET only, and with `If-Range` only where that names the same content (RFC 9110, section 14.2). */
function rangeHeaderOf(exchange: ServerExchange, etag: string): string | undefined {
  const ifRange = exchange.headers['if-range']
  const counts = exchange.method === 'GET' && (ifRange === undefined || ifRange === etag)
  return counts ? exchange.headers.range : undefined
}

/** DELETE of a blob from one repository (distribution-spec, end-10). */
export async function deleteBlob(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply> {
  exchange.demand(scopeOfRepository(target.repository, 'delete'))
  const digest = parseContentDigest(target.reference)
  if (!(await registry.store.deleteBlob(target.repository, digest))) throw blobUnknown(digest)
  return emptyReply(202, {'docker-content-digest': digest})
}

function blobUnknown(digest: ContentDigest): Refusal {
  return new Refusal('BLOB_UNKNOWN', 'the repository has no such blob', {detail: {digest}})
}
