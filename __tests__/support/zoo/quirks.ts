import {digestOf} from '../../../src/oci/digest.js'
import type {ZooAnswer, ZooRequest} from './answer.js'
import {type Next, errorAnswer, isDigest, jsonAnswer} from './answer.js'
import type {ZooEntry} from './entry.js'

/** Milliseconds, by the clock of the journey. */
export type Now = () => number

/** One behaviour: it answers itself, or lets the next do so and changes the answer. */
export type Quirk = (request: ZooRequest, next: Next) => Promise<ZooAnswer>

/** All behaviours of an entry, the outermost first. */
export function quirksOf(entry: ZooEntry, now: Now): Quirk[] {
  return [
    errorForms(entry),
    rewrites(entry),
    limits(entry),
    missing(entry),
    uploads(entry),
    lists(entry),
    referrers(entry),
    heads(entry),
    late(entry, now),
    writes(entry),
    deletions(entry)
  ]
}

/** HEAD of what is there. */
function heads({headManifest, headBlob, missingManifest, contentType}: ZooEntry): Quirk {
  return async (request, next) => {
    if (request.method === 'HEAD' && request.kind === 'blob' && headBlob !== undefined)
      return {status: headBlob, headers: {}, body: Buffer.alloc(0)}
    const answer = await next(request)
    if (request.kind !== 'manifest') return answer
    if (answer.status === 404 && missingManifest !== undefined && request.method !== 'PUT')
      return errorAnswer(missingManifest)
    if (answer.status !== 200) return answer
    if (request.method === 'HEAD' && typeof headManifest === 'number')
      return {status: headManifest, headers: {}, body: Buffer.alloc(0)}
    if (request.method === 'HEAD' && headManifest === 'bare')
      return {status: 200, headers: {}, body: Buffer.alloc(0)}
    return contentType === undefined
      ? answer
      : {...answer, headers: {...answer.headers, 'content-type': contentType}}
  }
}

/** What was written shows late: until then a tag is what it was, and content is not there. */
function late({lag}: ZooEntry, now: Now): Quirk {
  const tags = new Map<string, {readonly since: number; readonly before: string | undefined}>()
  const written = new Map<string, number>()
  const isHidden = (key: string, milliseconds = 0): boolean =>
    now() - (written.get(key) ?? -Infinity) < milliseconds
  return async (request, next) => {
    if (lag === undefined) return await next(request)
    const {kind, name, reference, method} = request
    const key = `${name} ${reference}`
    if (method === 'PUT' && kind === 'manifest' && !isDigest(reference)) {
      const before = await next({...request, method: 'HEAD', body: Buffer.alloc(0)})
      const answer = await next(request)
      if (answer.status === 201)
        tags.set(key, {
          since: now(),
          before: before.status === 200 ? before.headers['docker-content-digest'] : undefined
        })
      return answer
    }
    if (method === 'PUT' && (kind === 'manifest' || kind === 'upload')) {
      const content = kind === 'manifest' ? reference : (request.url.searchParams.get('digest') ?? '')
      const answer = await next(request)
      if (answer.status === 201) written.set(`${name} ${content}`, now())
      return answer
    }
    if (method !== 'GET' && method !== 'HEAD') return await next(request)
    if (kind === 'blob' && isHidden(key, lag.blobs)) return errorAnswer({status: 404, code: 'BLOB_UNKNOWN'})
    if (kind === 'manifest' && isHidden(key, lag.manifests))
      return errorAnswer({status: 404, code: 'MANIFEST_UNKNOWN'})
    const moved = kind === 'manifest' ? tags.get(key) : undefined
    if (moved === undefined || now() - moved.since >= (lag.tags ?? 0)) return await next(request)
    if (moved.before === undefined) return errorAnswer({status: 404, code: 'MANIFEST_UNKNOWN'})
    const url = new URL(request.url.href.replace(`/manifests/${reference}`, `/manifests/${moved.before}`))
    return await next({...request, url, reference: moved.before})
  }
}

/** Tags that never change, answers that get lost. */
function writes({immutable, lostAnswer}: ZooEntry): Quirk {
  const isDue = everyNth(lostAnswer?.every)
  return async (request, next) => {
    const {kind, method, reference} = request
    if (kind !== 'manifest' || method !== 'PUT') return await next(request)
    if (immutable?.tags.test(reference) === true) {
      const found = await next({...request, method: 'HEAD', body: Buffer.alloc(0)})
      const isSame = found.headers['docker-content-digest'] === digestOf(request.body)
      if (found.status === 200 && (!isSame || immutable.evenSame === true)) return errorAnswer(immutable)
    }
    const answer = await next(request)
    return lostAnswer !== undefined && isDue(request) ? errorAnswer(lostAnswer) : answer
  }
}

function deletions({deletion}: ZooEntry): Quirk {
  return async (request, next) => {
    if (request.method !== 'DELETE' || request.kind !== 'manifest') return await next(request)
    const refusal = isDigest(request.reference) ? deletion?.digest : deletion?.tag
    return refusal === undefined ? await next(request) : errorAnswer(refusal)
  }
}

function referrers({referrers: kind}: ZooEntry): Quirk {
  return async (request, next) => {
    if (request.kind !== 'referrers' || kind === undefined) return await next(request)
    if (kind !== 'null where none') return MISSING_REFERRERS[kind]
    const answer = await next(request)
    return {
      ...answer,
      body: Buffer.from(Buffer.from(answer.body).toString().replace('"manifests":[]', '"manifests":null'))
    }
  }
}

const MISSING_REFERRERS: Readonly<
  Record<Exclude<NonNullable<ZooEntry['referrers']>, 'null where none'>, ZooAnswer>
> = {
  'not found': errorAnswer({
    status: 404,
    body: '404 page not found\n',
    headers: {'content-type': 'text/plain'}
  }),
  'method not allowed': errorAnswer({status: 405, code: 'UNSUPPORTED'}),
  'bad request': errorAnswer({status: 400, code: 'UNSUPPORTED'}),
  redirect: {status: 303, headers: {}, body: Buffer.alloc(0)},
  page: jsonAnswer(200, '<html>Sign in</html>', {'content-type': 'text/html'}),
  'empty list': jsonAnswer(
    200,
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
    {
      'content-type': 'application/vnd.oci.image.index.v1+json'
    }
  )
}

function lists({list, host, apiHost = host}: ZooEntry): Quirk {
  return async (request, next) => {
    if (request.kind !== 'tags' || list === undefined) return await next(request)
    const {url} = request
    const asked = Number(url.searchParams.get('n') ?? 0)
    if (list.tooLong !== undefined && asked > list.tooLong.above) return errorAnswer(list.tooLong)
    const answer = await next({...request, url: new URL(url.origin + url.pathname)})
    if (answer.status !== 200) return answer
    const document = JSON.parse(Buffer.from(answer.body).toString()) as {name: string; tags: string[] | null}
    const all = list.order === 'reverse' ? (document.tags ?? []).toReversed() : (document.tags ?? [])
    if (all.length === 0 && list.empty !== undefined) return errorAnswer(list.empty)
    if (list.isWhole === true) return answer
    const last = url.searchParams.get('last')
    if (last !== null && list.unknownLast !== undefined && !all.includes(last))
      return errorAnswer(list.unknownLast)
    const behind = last === null ? 0 : all.filter(tag => tag <= last).length
    const from = Number(url.searchParams.get('next_page') ?? behind)
    const page = Math.min(list.page ?? Infinity, asked === 0 ? Infinity : asked, Math.max(all.length, 1))
    const link =
      list.link !== 'none' &&
      (from + page < all.length || (list.linkAtEnd === true && page === asked && from + page === all.length))
        ? linkTo(`/v2/${request.name}/tags/list?n=${page}&next_page=${from + page}`, list.link, apiHost)
        : {}
    return jsonAnswer(200, JSON.stringify({...document, tags: all.slice(from, from + page)}), link)
  }
}

function linkTo(
  path: string,
  kind: NonNullable<ZooEntry['list']>['link'],
  host: string
): Readonly<Record<string, string>> {
  const bracketed = (target: string): Readonly<Record<string, string>> => ({link: `<${target}>; rel="next"`})
  if (kind === 'bare') return {link: `${path}; rel="next"`}
  if (kind === 'absolute') return bracketed(`https://${host}${path}`)
  if (kind === 'plain http') return bracketed(`http://${host}${path}`)
  if (kind === 'other path') return bracketed(path.replace(/^\/v2\/[^/]+\//, '/v2/'))
  return bracketed(path)
}

function uploads({upload, mount, host, apiHost = host}: ZooEntry): Quirk {
  return async (request, next) => {
    const {kind, method, url} = request
    if (kind === 'upload' && method === 'PATCH' && upload?.chunk !== undefined)
      return errorAnswer(upload.chunk)
    const isMount = kind === 'uploads' && url.searchParams.has('mount')
    if (isMount && typeof mount === 'object') return errorAnswer(mount)
    if (kind === 'uploads' && method === 'POST' && upload?.ledTo !== undefined && url.host !== upload.ledTo)
      return {
        status: 307,
        headers: {location: `https://${upload.ledTo}${url.pathname}${url.search}`},
        body: Buffer.alloc(0)
      }
    const isPlain = isMount && mount === 'upload'
    const answer = await next(isPlain ? {...request, url: new URL(url.origin + url.pathname)} : request)
    const {location} = answer.headers
    if (location === undefined) return answer
    const found = new URL(location, url)
    const path = `${found.pathname}${found.search}`
    const form = upload?.location ?? 'relative'
    // Only what is under way has a state.
    const isOver = answer.status === 201 && form === 'with state'
    const written = {
      relative: path,
      absolute: `https://${url.host || apiHost}${path}`,
      'with state': `${path}?_state=a%2Fb%3D`
    }[isOver ? 'relative' : form]
    return {...answer, headers: {...answer.headers, location: written}}
  }
}

/** Answers that are other than the specification has them, in their status or in what they lack. */
function rewrites({rewrites: all = []}: ZooEntry): Quirk {
  return async (request, next) => {
    const answer = await next(request)
    const said = Buffer.from(answer.body).toString()
    return all
      .filter(
        ({kind, method, status, code}) =>
          kind === request.kind &&
          method === request.method &&
          status === answer.status &&
          (code === undefined || said.includes(`"${code}"`))
      )
      .reduce<ZooAnswer>((found, {without = [], as}) => {
        if (as !== undefined) return errorAnswer(as)
        const kept = Object.entries(found.headers).filter(([name]) => !without.includes(name))
        return {...found, headers: Object.fromEntries(kept)}
      }, answer)
  }
}

function limits({limit}: ZooEntry): Quirk {
  const isDue = everyNth(limit?.every)
  return async (request, next) => {
    if (limit === undefined || request.kind !== 'manifest' || request.method !== 'PUT')
      return await next(request)
    return isDue(request) ? errorAnswer(limit) : await next(request)
  }
}

/** Each so-many-th request, but none twice: what passes is met once by whoever tries again. */
function everyNth(nth = Infinity): (request: ZooRequest) => boolean {
  const met = new Set<string>()
  const state = {count: 0}
  return ({method, name, reference}) => {
    const key = `${method} ${name} ${reference}`
    state.count += 1
    if (state.count < nth || met.has(key)) return false
    state.count = 0
    met.add(key)
    return true
  }
}

function missing({missingRepository, repository}: ZooEntry): Quirk {
  return async (request, next) => {
    if (missingRepository === undefined || request.kind === 'base') return await next(request)
    return request.name.startsWith(repository) ? await next(request) : errorAnswer(missingRepository)
  }
}

function errorForms({errors}: ZooEntry): Quirk {
  return async (request, next) => {
    const answer = await next(request)
    if (errors === undefined || answer.status < 400 || answer.status === 401) return answer
    const text = errors === 'html' ? '<html><body>Error</body></html>' : `error ${answer.status}\n`
    return jsonAnswer(answer.status, text, {'content-type': errors === 'html' ? 'text/html' : 'text/plain'})
  }
}
