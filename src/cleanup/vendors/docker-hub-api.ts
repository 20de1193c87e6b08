import {ReleaseError} from '../../errors.js'
import type {Clock, Credential, HttpRequest, HttpResponse, Send} from '../../ports.js'
import type {StillWanted} from '../repository-backend.js'
import {heldStatus} from './held-status.js'
import {textAt, tryParseJson} from '../../shared/json.js'
import {retryWait} from '../../shared/retry-wait.js'
import {backoff, isTransientStatus} from '../../shared/retry.js'

/** What Docker Hub's API is reached with. */
export interface DockerHubApiParts {
  readonly send: Send
  /** The login for the registry, which the API takes, too: user and password or token, organisation and its token. */
  readonly credential: () => Promise<Credential | undefined>
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What Docker Hub answered; a status of failure is an answer. */
export interface DockerHubAnswer {
  readonly status: number
  /** The parsed JSON; undefined where there is none. */
  readonly body: unknown
}

/** The status of what was not sent after a pause, for it is not to be done any more. */
export const NOT_SENT = 0
const API = 'https://hub.docker.com'
/** A token is good for ten minutes (API description, `AuthCreateTokenResponse`, 2026-11). */
const TOKEN_LIFE = 9 * 60_000
const TRIES = 5
const FIRST_DELAY = 1000
/** Limits are counted by the minute; who asks for longer means something else. */
const LONGEST_WAIT = 10 * 60_000
const MAX_BODY = 16 * 1024 * 1024
const WHOLE_MILLISECONDS = 120_000

/**
 * Docker Hub's API v2, with a token that is had for the login and renewed before it ends, at the pace that the limits in
 * its answers allow.
 */
export class DockerHubApi {
  readonly #parts: DockerHubApiParts
  #token: {readonly value: Promise<string | undefined>; readonly until: number} | undefined
  /** Milliseconds since the epoch; nothing is sent before. */
  #closedUntil = 0

  constructor(parts: DockerHubApiParts) {
    this.#parts = parts
  }

  /**
   * Sends a request, and again where it failed in passing.
   * @param isStillWanted asked before it is sent after a pause; where it is not, the answer is `NOT_SENT`
   * @throws ReleaseError CREDENTIALS_INVALID where the login is not taken; REGISTRY_UNREACHABLE without an answer
   */
  async call(method: 'GET' | 'DELETE', path: string, isStillWanted?: StillWanted): Promise<DockerHubAnswer> {
    const answer = await this.#trying(async () => await this.#authorized(method, path), isStillWanted)
    if (answer.status !== 401 || this.#token === undefined) return answer
    this.#token = undefined
    return await this.#trying(async () => await this.#authorized(method, path), isStillWanted)
  }

  /** Whether there is a login at all. */
  async hasLogin(): Promise<boolean> {
    return (await this.#parts.credential()) !== undefined
  }

  async #authorized(method: 'GET' | 'DELETE', path: string): Promise<LimitedAnswer> {
    const token = await this.#validToken()
    const headers = token === undefined ? {} : {authorization: `Bearer ${token}`}
    return await this.#send({method, url: new URL(path, API), headers})
  }

  async #validToken(): Promise<string | undefined> {
    const now = this.#parts.clock.now()
    if (this.#token === undefined || this.#token.until <= now)
      this.#token = {value: this.#login(), until: now + TOKEN_LIFE}
    return await this.#token.value
  }

  async #login(): Promise<string | undefined> {
    const credential = await this.#parts.credential()
    if (credential === undefined) return undefined
    const {username: identifier, password: secret} = credential
    const body = new TextEncoder().encode(JSON.stringify({identifier, secret}))
    const headers = {'content-type': 'application/json'}
    const url = new URL('/v2/auth/token', API)
    const answer = await this.#trying(async () => await this.#send({method: 'POST', url, headers, body}))
    const token = textAt(answer.body, 'access_token')
    if (answer.status === 200 && token !== undefined) return token
    throw new ReleaseError(
      'CREDENTIALS_INVALID',
      `Docker Hub does not take the login of ${identifier}: ${answer.status} ${messageIn(answer)}`.trim(),
      {
        hint: 'Log in with a user name and a personal access token, or with the name of an organisation and its access token.'
      }
    )
  }

  async #trying(
    attempt: () => Promise<LimitedAnswer>,
    isStillWanted: StillWanted = () => Promise.resolve(true)
  ): Promise<LimitedAnswer> {
    const {clock, signal} = this.#parts
    for (let left = TRIES - 1; ; left--) {
      const hasWaited = (await this.#waitUntilOpen()) || left < TRIES - 1
      if (hasWaited && !(await isStillWanted())) return {status: NOT_SENT, body: undefined, wait: undefined}
      const outcome = await attempt().catch((error: unknown) => ({error}))
      const failed = 'error' in outcome
      if (failed && (left === 0 || signal.aborted || !isUnreachable(outcome.error))) throw outcome.error
      if (!failed && (left === 0 || !isTransientAnswer(outcome))) return outcome
      if (failed || outcome.wait === undefined) await clock.sleep(backoff(FIRST_DELAY, TRIES - left), signal)
    }
  }

  /** @returns whether there was anything to wait for */
  async #waitUntilOpen(): Promise<boolean> {
    const {clock, signal} = this.#parts
    signal.throwIfAborted()
    const until = this.#closedUntil
    if (until <= clock.now()) return false
    await clock.sleep(until - clock.now(), signal)
    if (this.#closedUntil === until) this.#closedUntil = 0
    return true
  }

  async #send(request: HttpRequest): Promise<LimitedAnswer> {
    const {send, clock, signal} = this.#parts
    const response = await send({...request, signal})
    const body = tryParseJson(await readAnswer(response))
    const wait = waitOf(response, clock.now())
    if (wait !== undefined) this.#closedUntil = Math.max(this.#closedUntil, clock.now() + wait)
    return {status: response.status, body, wait}
  }
}

interface LimitedAnswer extends DockerHubAnswer {
  /** Milliseconds that nothing is to be sent. */
  readonly wait: number | undefined
}

/** The message of a refusal: Hub has several forms. */
export function messageIn({body}: DockerHubAnswer): string {
  const texts = [textAt(body, 'message'), textAt(body, 'detail'), textAt(body, 'errinfo', 'detail')]
  return texts.find(Boolean) ?? ''
}

/** A limit passes, whether it says when or not; a failure that holds a missing right does not. */
function isTransientAnswer(answer: LimitedAnswer): boolean {
  const held = heldStatus(messageIn(answer))
  return answer.status === 429 || (isTransientStatus(answer.status) && held !== 401 && held !== 403)
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ReleaseError && error.code === 'REGISTRY_UNREACHABLE'
}

/** By whatever the answer says; what a success asks for is only what is left of its limit. */
function waitOf({headers}: HttpResponse, now: number): number | undefined {
  const wait = retryWait(headers, now)
  return wait === undefined || wait > LONGEST_WAIT ? undefined : wait
}

/**
 * @param milliseconds for all of it: one byte now and then keeps a connection from being silent, and has no end
 * @throws ReleaseError REGISTRY_FAILED for more than any answer of this API, REGISTRY_UNREACHABLE where it takes too long
 */
export async function readAnswer(
  {body}: Pick<HttpResponse, 'body'>,
  milliseconds = WHOLE_MILLISECONDS
): Promise<string> {
  const late = new ReleaseError(
    'REGISTRY_UNREACHABLE',
    `an answer of ${API} was not whole in ${milliseconds / 1000} s`
  )
  const timer = setTimeout(() => body.destroy(late), milliseconds).unref()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk)
      size += bytes.length
      if (size > MAX_BODY) throw new ReleaseError('REGISTRY_FAILED', `an answer of ${API} is too large`)
      chunks.push(bytes)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
