// GHCR with one package, as a process of its own: the registry without deletion, and GitHub's packages API.
// Its parent sends {size, latency, limits?}, and asks with 'state' what is left and what was asked.
import {createServer} from 'node:http'
import {makeWorld} from './cleanup-world.mjs'

const PACKAGE = '/orgs/org/packages/container/app'
const state = {
  left: new Map(),
  byTag: new Map(),
  byId: new Map(),
  requests: 0,
  refused: 0,
  options: {latency: 0}
}
const windows = {hour: {start: 0, used: 0}, minute: {start: 0, used: 0}}

process.on('message', message => {
  if (message === 'state')
    process.send({left: [...state.left.keys()], requests: state.requests, refused: state.refused})
  else start(message)
})

function start(options) {
  const versions = makeWorld(options.size, options.now)
  Object.assign(state, {requests: 0, refused: 0, options})
  state.left = new Map(versions.map(version => [version.digest, version]))
  state.byId = new Map(versions.map(version => [String(version.id), version]))
  state.byTag = new Map(versions.flatMap(version => version.tags.map(tag => [tag, version])))
  process.send({started: true})
}

const server = createServer((request, response) => {
  state.requests++
  request.resume()
  setTimeout(() => {
    const {status, body, headers = {}} = answerTo(request.method, new URL(request.url, 'http://ghcr'))
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body))
    response.writeHead(status, {
      'content-type': 'application/json',
      ...headers,
      ...(status === 204 ? {} : {'content-length': bytes.length})
    })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }, state.options.latency)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send({port: server.address().port}))

function answerTo(method, url) {
  return url.pathname.startsWith('/v2/') ? registry(method, url) : limited(method, () => api(method, url))
}

function registry(method, {pathname, searchParams}) {
  const error = (status, code) => ({status, body: {errors: [{code, message: code}]}})
  if (pathname === '/v2/') return {status: 200, body: {}}
  if (method === 'DELETE') return error(405, 'UNSUPPORTED')
  if (pathname === '/v2/org/app/tags/list') return tagPage(searchParams)
  const subject = /^\/v2\/org\/app\/referrers\/(.+)$/.exec(pathname)?.[1]
  if (subject !== undefined) return referrers(subject)
  const reference = /^\/v2\/org\/app\/manifests\/(.+)$/.exec(pathname)?.[1]
  const version = state.left.get(reference) ?? state.byTag.get(reference)
  if (version === undefined || !state.left.has(version.digest)) return error(404, 'MANIFEST_UNKNOWN')
  const headers = {'content-type': version.document.mediaType, 'docker-content-digest': version.digest}
  return {status: 200, headers, body: version.bytes}
}

/** What refers to a manifest by its subject; the API answers, though GHCR's may do so with nothing. */
function referrers(subject) {
  const found = [...state.left.values()].filter(({document}) => document.subject?.digest === subject)
  const manifests = found.map(({digest, document, bytes}) => ({
    mediaType: document.mediaType,
    digest,
    size: bytes.length
  }))
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  return {status: 200, headers: {'content-type': mediaType}, body: {schemaVersion: 2, mediaType, manifests}}
}

function tagPage(query) {
  const all = [...state.byTag]
    .filter(([, {digest}]) => state.left.has(digest))
    .map(([tag]) => tag)
    .sort()
  const from = query.has('last') ? all.findIndex(tag => tag > query.get('last')) : 0
  const tags = from < 0 ? [] : all.slice(from, from + Number(query.get('n') ?? 100))
  const isMore = from >= 0 && from + tags.length < all.length
  const link = `</v2/org/app/tags/list?n=${query.get('n') ?? 100}&last=${tags.at(-1)}>; rel="next"`
  return {status: 200, body: {name: 'org/app', tags}, headers: isMore ? {link} : {}}
}

function api(method, {pathname, searchParams}) {
  if (pathname === '/users/org') return {status: 200, body: {login: 'org', type: 'Organization'}}
  if (pathname === PACKAGE) return {status: 200, body: {name: 'app', owner: {login: 'org'}}}
  if (pathname === `${PACKAGE}/versions`) return versionPage(searchParams)
  const version = state.byId.get(pathname.slice(`${PACKAGE}/versions/`.length))
  if (version === undefined || !state.left.has(version.digest))
    return {status: 404, body: {message: 'Package not found.'}}
  if (method === 'DELETE') state.left.delete(version.digest)
  return method === 'DELETE' ? {status: 204} : {status: 200, body: versionBody(version)}
}

function versionPage(query) {
  const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 30)]
  const all = [...state.left.values()].reverse()
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (to, name) => `<http://ghcr${PACKAGE}/versions?per_page=${size}&page=${to}>; rel="${name}"`
  return {
    status: 200,
    headers: page < last ? {link: `${link(page + 1, 'next')}, ${link(last, 'last')}`} : {},
    body: all.slice((page - 1) * size, page * size).map(versionBody)
  }
}

function versionBody({id, digest, tags, created}) {
  const time = new Date(created).toISOString()
  const metadata = {package_type: 'container', container: {tags}}
  return {id, name: digest, created_at: time, updated_at: time, metadata}
}

/** The primary limit says in every answer what is left; the secondary one only refuses. */
function limited(method, answer) {
  const {limits} = state.options
  if (limits === undefined) return answer()
  const hour = renewed(windows.hour, limits.seconds)
  const minute = renewed(windows.minute, limits.seconds)
  hour.used++
  minute.used += method === 'GET' ? 1 : 5
  const headers = {
    'x-ratelimit-remaining': String(Math.max(0, limits.requests - hour.used)),
    'x-ratelimit-reset': String(Math.ceil(hour.start / 1000 + limits.seconds)),
    date: new Date().toUTCString()
  }
  if (hour.used > limits.requests) return refusal('API rate limit exceeded', headers)
  const wait = Math.ceil((minute.start + limits.seconds * 1000 - Date.now()) / 1000)
  if (minute.used > limits.points)
    return refusal('You have exceeded a secondary rate limit.', {...headers, 'retry-after': String(wait)})
  const done = answer()
  return {...done, headers: {...headers, ...done.headers}}
}

function refusal(message, headers) {
  state.refused++
  return {status: 403, headers, body: {message}}
}

function renewed(window, seconds) {
  if (Date.now() >= window.start + seconds * 1000) Object.assign(window, {start: Date.now(), used: 0})
  return window
}
