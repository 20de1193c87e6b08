import {setMaxListeners} from 'node:events'
import type {getOctokit} from '@actions/github'
import {ReleaseError, messageOf} from '../errors.js'
import type {GithubAnswer, GithubApi, GithubRequest, Send} from '../ports.js'
import {onCallOff} from '../registry/transport/call-off.js'
import {PROGRAM_VERSION} from '../version.js'
import {CALLED_OFF, GithubPace, type PaceParts} from './github-api-pace.js'
import {REST} from './rest-paths.js'
import {parseJson} from '../shared/json.js'
import {isTransientStatus, retrying} from '../shared/retry.js'

/** What the API is opened with. */
export interface GithubApiParts extends PaceParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly send: Send
}

type Octokit = ReturnType<typeof getOctokit>

const API_VERSION = '2022-11-28'
const TIMEOUT = 60_000
const TRIES = 5
const FIRST_DELAY = 1000
/** Sent twice, they do what they do once (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'PUT', 'DELETE'])

/**
 * Gives GitHub's REST API for a token, else for that of GITHUB_TOKEN or GH_TOKEN. All uses of one token share its pace.
 * The client is loaded with the first request.
 * @throws ReleaseError CREDENTIALS_INVALID where there is no token
 */
export function openGithubApi(parts: GithubApiParts): (token?: string) => GithubApi {
  const opened = new Map<string, GithubApi>()
  // Every request listens for the cancellation: that many listeners are no leak.
  setMaxListeners(0, parts.signal)
  return given => {
    const token = tokenOf(given, parts.environment)
    parts.reporter.secret(token)
    const api = opened.get(token) ?? apiOf(token, parts)
    opened.set(token, api)
    return api
  }
}

function tokenOf(given: string | undefined, environment: GithubApiParts['environment']): string {
  const token = [given, environment['GITHUB_TOKEN'], environment['GH_TOKEN']].find(Boolean)?.trim()
  if (token) return token
  throw new ReleaseError('CREDENTIALS_INVALID', "GitHub's API needs a token, and none was given", {
    hint: 'Give the input github-token, or set GITHUB_TOKEN or GH_TOKEN.'
  })
}

function apiOf(token: string, parts: GithubApiParts): GithubApi {
  const pace = new GithubPace(parts)
  const state: {client?: Promise<Octokit>} = {}
  return async request => {
    state.client ??= openClient(token, parts)
    const client = await state.client
    return await trying(
      request,
      parts,
      async () => await pace.run(() => sendOnce(client, request, parts), request.isStillWanted)
    )
  }
}

async function openClient(token: string, {environment, reporter, send}: GithubApiParts): Promise<Octokit> {
  const [github, {fetchOver}] = await Promise.all([import('@actions/github'), import('./github-fetch.js')])
  const say = (line: string): void => reporter.debug(line)
  return github.getOctokit(token, {
    baseUrl: (environment['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, ''),
    userAgent: `image-release/${PROGRAM_VERSION}`,
    log: {debug: say, info: say, warn: say, error: say},
    request: {fetch: fetchOver(send)}
  })
}

/** Tries again what failed in passing, where a second time does no harm; the last answer or failure is given out. */
async function trying(
  {method, path, signal, isStillWanted}: GithubRequest,
  {clock, reporter, signal: cancelled}: PaceParts,
  attempt: () => Promise<GithubAnswer>
): Promise<GithubAnswer> {
  const tries = IDEMPOTENT.has(method) ? TRIES : 1
  return await retrying(
    {tries, firstDelay: FIRST_DELAY, clock, signal: signal ?? cancelled},
    async nth =>
      nth === 1 || isStillWanted === undefined || (await isStillWanted()) ? await attempt() : CALLED_OFF,
    (outcome, left) => {
      if (cancelled.aborted || ('value' in outcome && !isFailing(outcome.value.status))) return undefined
      const why = 'error' in outcome ? messageOf(outcome.error) : `${method} ${path}: ${outcome.value.status}`
      reporter.debug(`GitHub's API failed in passing: ${why}; trying again, ${left} left`)
      return 0
    }
  )
}

/** Whether GitHub itself fails for now; what refuses for a limit is the pace's. */
function isFailing(status: number): boolean {
  return status >= 500 && isTransientStatus(status)
}

async function sendOnce(
  client: Octokit,
  {method, path, query, body, signal}: GithubRequest,
  {signal: cancelled}: PaceParts
): Promise<GithubAnswer> {
  const stop = stopAfter(TIMEOUT, new Set([cancelled, signal]))
  try {
    const answer = await client.request(`${method} ${literal(path)}${queryOf(query)}`, {
      ...graphqlBase(path, client),
      headers: {'x-github-api-version': API_VERSION},
      ...(body === undefined ? {} : {data: body}),
      // Its own reader of JSON takes ten times as long, for numbers that GitHub's answers do not hold.
      request: {signal: stop.signal, parseSuccessResponseBody: false}
    })
    return answerOf({...answer, data: documentIn(answer)})
  } catch (error) {
    for (const given of [cancelled, signal]) if (given?.aborted === true) throw given.reason
    const answer = responseIn(error)
    if (answer !== undefined) return answerOf(answer)
    const why = stop.signal.aborted ? `no answer in ${TIMEOUT / 1000} s` : messageOf(error)
    throw new ReleaseError('GITHUB_UNREACHABLE', `${method} ${path} at GitHub's API: ${why}`, {
      cause: error,
      hint: hintIn(error) ?? 'Try again; if it persists, see https://www.githubstatus.com.'
    })
  } finally {
    stop.release()
  }
}

/**
 * A signal that stops with any of those given, or when the time is over. `AbortSignal.any` and `timeout` would do, but
 * leave something behind until the next collection of the whole heap, for each of thousands of requests.
 */
function stopAfter(
  milliseconds: number,
  signals: ReadonlySet<AbortSignal | undefined>
): {readonly signal: AbortSignal; readonly release: () => void} {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  const timer = setTimeout(stop, milliseconds)
  const releases = [...signals].map(signal => signal && onCallOff(signal, stop))
  const release = (): void => {
    clearTimeout(timer)
    for (const one of releases) one?.()
  }
  return {signal: controller.signal, release}
}

/** What to do about a connection that does not come about; the client wraps what says so. */
function hintIn(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof ReleaseError ? cause.hint : undefined
}

/** An Enterprise Server has GraphQL beside its REST API: /api/graphql, and /api/v3. */
function graphqlBase(path: string, client: Octokit): {baseUrl?: string} {
  const {baseUrl} = client.request.endpoint.DEFAULTS
  return path === REST.graphql ? {baseUrl: baseUrl.replace(/\/api\/v3$/, '/api')} : {}
}

/** The client takes `{name}` and `:name` in a path for a place to fill in. */
function literal(path: string): string {
  return path.replaceAll(':', '%3A').replaceAll('{', '%7B').replaceAll('}', '%7D')
}

function queryOf(query: GithubRequest['query'] = {}): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

/** What the client gives, or puts into the error that it makes of a status of failure. */
interface ClientResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly data: unknown
}

/** @throws Error where it broke off, for then it is no JSON */
function documentIn({headers, data}: ClientResponse): unknown {
  if (!(data instanceof Uint8Array) || !isJson(headers) || headers['content-length'] === '0') return undefined
  return parseJson(new TextDecoder().decode(data), () => new Error('the answer broke off'))
}

function answerOf({status, headers, data}: ClientResponse): GithubAnswer {
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
    ),
    body: isJson(headers) && typeof data !== 'string' ? data : undefined
  }
}

function isJson(headers: ClientResponse['headers']): boolean {
  return String(headers['content-type'] ?? '').startsWith('application/json')
}

function responseIn(error: unknown): ClientResponse | undefined {
  const response =
    typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined
  return isResponse(response) ? response : undefined
}

function isResponse(value: unknown): value is ClientResponse {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value
}
