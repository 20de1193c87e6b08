import {RegistryError, type RegistryErrorEntry, type RegistryFailure} from '../../errors.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'
import {type Operation, operationOf} from './permissions.js'
import {registryAdvice} from './error-hints.js'
import {isImmutableTag} from './tag-immutability.js'
import {fieldAt, textAt, tryParseJson} from '../../shared/json.js'
import {retryWait} from '../../shared/retry-wait.js'

/** How much is told of a text that is no message of the specification, and of one that is. */
const MAX_TEXT = 200
const MAX_MESSAGE = 500

/** What a failed answer means, in one line that names the request, the answer and what to do. */
export function registryErrorOf(
  request: HttpRequest,
  response: HttpResponse & {readonly isLoggedIn?: boolean},
  body: Uint8Array
): RegistryError {
  const text = Buffer.from(body).toString('utf8')
  const failure: RegistryFailure = {
    method: request.method,
    url: `${request.url.host}${request.url.pathname}`,
    status: response.status,
    entries: readEntries(text),
    retryAfter: retryAfterOf(response, text)
  }
  return new RegistryError(`${failure.method} ${failure.url}: ${answerOf(failure)}`, failure, {
    hint: hintOf(failure, response.isLoggedIn ?? false)
  })
}

function answerOf({status, entries}: RegistryFailure): string {
  const said = entries.map(({code, message}) => [code, message].filter(Boolean).join(' ')).filter(Boolean)
  return [String(status), said.join('; ')].filter(Boolean).join(' ')
}

/** Distribution-spec, "Error codes". A body that is something else is taken as one message, but for HTML. */
function readEntries(text: string): RegistryErrorEntry[] {
  const errors = fieldAt(tryParseJson(text), 'errors')
  if (Array.isArray(errors))
    return errors.map(entry => ({
      code: oneLine(textAt(entry, 'code')).slice(0, MAX_TEXT),
      message: oneLine(textAt(entry, 'message')).slice(0, MAX_MESSAGE)
    }))
  const plain = oneLine(text).slice(0, MAX_TEXT)
  return plain === '' || plain.startsWith('<') ? [] : [{code: '', message: plain}]
}

/** Without line breaks and control characters: what a registry says must not look like a line of our own log. */
function oneLine(text = ''): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
}

/** Milliseconds. GHCR names the wait in its message, for example `retry-after: 12.5ms` (seen in 2025). */
function retryAfterOf({headers}: HttpResponse, text: string): number | undefined {
  const inHeaders = retryWait(headers, Date.now())
  if (inHeaders !== undefined) return inHeaders
  const inMessage = /retry-after: ((?:[\d.]+(?:h|ms|m|s|µs|us|ns))+)/i.exec(text)?.[1]
  return inMessage === undefined ? undefined : readGoDuration(inMessage)
}

/** A duration as Go writes it, for example `1m2.5s`, in whole milliseconds. */
function readGoDuration(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(h|ms|m|s|µs|us|ns)/gi)]
  return Math.ceil(
    parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (GO_UNITS[unit.toLowerCase()] ?? 0), 0)
  )
}

const GO_UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  µs: 0.001,
  us: 0.001,
  ns: 0.000001
}

function hintOf(failure: RegistryFailure, isLoggedIn: boolean): string | undefined {
  const {status, url, entries} = failure
  const host = url.split('/')[0] ?? ''
  if (status === 401 && !isLoggedIn) return `Log in to ${host} before this step (docker login ${host}).`
  if (isImmutableTag(failure))
    return 'The rules of the registry let no tag change that is there; exempt the aliases and branch tags from them.'
  const said = entries.map(({message}) => message).join(' ')
  const operation = operationOf(failure.method, url)
  const advice = registryAdvice({host, name: repositoryIn(url), status, operation, said})
  if (advice !== undefined) return advice
  if (status === 401)
    return `Log in to ${host} again: the password or token is wrong, has expired, or lacks the permission.`
  if (status === 403)
    return `The login for ${host} lacks the permission for this; give its account or token write access.`
  if (status === 404 && entries.some(({code}) => code === 'NAME_UNKNOWN'))
    return 'The repository does not exist there, or this login may not see it.'
  if (failure.method === 'DELETE' && status === 405)
    return 'Turn deletion on in the registry; for distribution: REGISTRY_STORAGE_DELETE_ENABLED=true.'
  if (status === 413) return tooLargeHint(host, operation)
  if (status === 429) return 'The registry limits requests; run this again later, with the same inputs.'
  if (status === 507 || /no space left on device/i.test(said))
    return `The disk of the registry ${host} is full; nothing is wrong with the image.`
  return undefined
}

/** Bodies of blobs are limited by what stands before a registry, those of manifests by the registry itself (4 MiB). */
function tooLargeHint(host: string, operation: Operation | undefined): string {
  if (operation === 'write manifest')
    return `The manifest is larger than ${host} takes, most take 4 MiB: use fewer annotations or platforms.`
  return `A proxy before ${host} lets no body of this size through. Raise its limit: client_max_body_size of nginx, proxy-body-size of its ingress, or go past the CDN (Cloudflare takes 100 MB).`
}

/**
 * A web page where a registry would answer: somebody has to sign in first, or the host is another than was meant. Taken
 * for a manifest it would be content that nobody pushed, and for the answer to a PUT a tag that was moved. Odd content that
 * somebody did push comes with its digest.
 * @returns undefined where the answer is none
 */
export function webPageErrorOf(
  {method, url}: HttpRequest,
  {status, headers}: Pick<HttpResponse, 'status' | 'headers'>,
  body: Uint8Array
): RegistryError | undefined {
  if (headers['docker-content-digest'] !== undefined) return undefined
  const isAnswer = method === 'GET' ? status < 300 : method === 'PUT' && status === 200
  const isPlace = /\/(?:manifests\/[^/]+|tags\/list)$/.test(url.pathname)
  if (!isAnswer || !isPlace || !/^\s*</.test(Buffer.from(body.subarray(0, MAX_TEXT)).toString('utf8')))
    return undefined
  const failure = {method, url: `${url.host}${url.pathname}`, status, entries: []}
  return new RegistryError(
    `${method} ${failure.url}: ${status} with a web page, not a registry's answer`,
    failure,
    {
      hint: `Is ${url.host} the registry, and not the host of its web pages? Where a proxy before it signs people in, let the paths under /v2/ through.`
    }
  )
}

/** The repository that a URL of the API is about; empty where it is about none. */
function repositoryIn(url: string): string {
  return /\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url)?.[1] ?? ''
}
