import {deleteBlob, serveBlob} from './blobs.js'
import {type ServerExchange, type Reply, jsonReply} from './exchange.js'
import {deleteManifest, pushManifest, serveManifest} from './manifests.js'
import {serveReferrers} from './referrers.js'
import {Refusal} from './refusal.js'
import type {Registry} from './registry.js'
import {type RouteKind, type RouteTarget, parseRoute} from './route.js'
import {listRepositories, serveTags} from './tags.js'
import {type TokenIssuer, answerToken} from './token-endpoint.js'
import {cancelUpload, finishUpload, startUpload, takeChunk, uploadStatus} from './uploads.js'

type Handler = (registry: Registry, exchange: ServerExchange, target: RouteTarget) => Reply | Promise<Reply>
type Methods = Readonly<Partial<Record<string, Handler>>>

/** Which method does what at which address; HEAD goes with GET. */
const OPERATIONS: Readonly<Record<Exclude<RouteKind, 'token'>, Methods>> = {
  base: {GET: checkVersion},
  catalog: {GET: listRepositories},
  uploads: {POST: startUpload},
  upload: {GET: uploadStatus, PATCH: takeChunk, PUT: finishUpload, DELETE: cancelUpload},
  blob: {GET: serveBlob, DELETE: deleteBlob},
  manifest: {GET: serveManifest, PUT: pushManifest, DELETE: deleteManifest},
  tags: {GET: serveTags},
  referrers: {GET: serveReferrers}
}

/** The answer to a request; `issuer` is there where the registry gives tokens out. */
export async function answer(
  registry: Registry,
  exchange: ServerExchange,
  issuer: TokenIssuer | undefined
): Promise<Reply> {
  const route = parseRoute(exchange.path)
  if (route.kind === 'token') return tokenAnswer(exchange, issuer)
  const methods = OPERATIONS[route.kind]
  const handler = methods[exchange.method === 'HEAD' ? 'GET' : exchange.method]
  if (handler === undefined) throw notAllowed(allowedOf(methods))
  checkRules(registry, exchange.method, route.kind)
  return handler(registry, exchange, route)
}

function checkVersion(_registry: Registry, exchange: ServerExchange): Reply {
  exchange.demand()
  return jsonReply(200, {})
}

function tokenAnswer(exchange: ServerExchange, issuer: TokenIssuer | undefined): Promise<Reply> {
  if (issuer === undefined)
    throw new Refusal('UNSUPPORTED', 'the registry has no such address', {status: 404})
  if (exchange.method !== 'GET' && exchange.method !== 'POST') throw notAllowed(['GET', 'POST'])
  return answerToken(issuer, exchange)
}

function checkRules(registry: Registry, method: string, kind: RouteKind): void {
  if (method === 'GET' || method === 'HEAD') return
  if (registry.rules.readOnly) throw notAllowed(['GET', 'HEAD'], 'the registry is read-only')
  if (method === 'DELETE' && kind !== 'upload' && !registry.rules.allowDelete)
    throw notAllowed(['GET', 'HEAD'], 'deleting is turned off')
}

function allowedOf(methods: Methods): readonly string[] {
  return Object.keys(methods).flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}

function notAllowed(allowed: readonly string[], message = 'the method is not allowed here'): Refusal {
  return new Refusal('UNSUPPORTED', message, {headers: {allow: allowed.join(', ')}})
}
