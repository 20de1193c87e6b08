import pLimit from 'p-limit'
import type {Clock, GithubAnswer, Reporter} from '../ports.js'
import {retryWait} from '../shared/retry-wait.js'

/** GitHub allows 100 at once for all that one token does; a job is seldom alone. */
const WIDEST = 24
/** The primary limit is counted by the hour: nothing that is longer is worth a runner's time. */
const LONGEST_WAIT = 61 * 60_000
/** Shorter waits are not worth a line of the log. */
const WORTH_TELLING = 5000
/** How often one request may be refused before the refusal is given to the caller. */
const MAX_REFUSALS = 10
/** What was not sent, because it is not to be done any more. */
export const CALLED_OFF: GithubAnswer = {status: 0, headers: {}, body: undefined}

/** Time, the log, and the cancellation, by which requests are paced. */
export interface PaceParts {
  readonly clock: Clock
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

/**
 * The pace of all requests that use one token, taken from GitHub's answers. Before the primary limit is used up nothing
 * more is sent until it is new; a refusal (a secondary limit) stops all, then one request tries, and after it more, never
 * again as many at once as were too many.
 */
export class GithubPace {
  readonly #parts: PaceParts
  readonly #limit = pLimit(WIDEST)
  #ceiling = WIDEST
  #inFlight = 0
  #allowance: GithubAllowance | undefined
  /** Milliseconds since the epoch; nothing is sent before. */
  #closedUntil = 0

  constructor(parts: PaceParts) {
    this.#parts = parts
  }

  /**
   * Sends when it may be sent, and again when it was refused for a limit.
   * @param isStillWanted asked after each pause, out of turn, for it may ask GitHub itself
   * @throws the signal's reason when the run is cancelled; what `send` throws
   */
  async run(
    send: () => Promise<GithubAnswer>,
    isStillWanted?: () => Promise<boolean>
  ): Promise<GithubAnswer> {
    let isLate = false
    for (let refusals = 0; ;) {
      const sent = await this.#limit(async () => {
        const hasWaited = await this.#waitUntilOpen()
        const isOpenQuestion = isStillWanted !== undefined && (hasWaited || isLate)
        return isOpenQuestion ? undefined : await this.#send(send)
      })
      if (sent === undefined) {
        if (!(await isStillWanted?.())) return CALLED_OFF
        isLate = false
        continue
      }
      const {answer, refusal} = sent
      if (refusal === undefined || refusals >= MAX_REFUSALS || refusal.wait > LONGEST_WAIT) return answer
      refusals++
      isLate = true
    }
  }

  async #send(send: () => Promise<GithubAnswer>) {
    this.#inFlight++
    try {
      const answer = await send()
      const now = this.#parts.clock.now()
      const refusal = limitRefusal(answer, now)
      if (refusal === undefined) this.#widen()
      else this.#close(refusal, now)
      this.#note(allowanceOf(answer, now), now)
      return {answer, refusal}
    } finally {
      this.#inFlight--
    }
  }

  /** @returns whether there was anything to wait for */
  async #waitUntilOpen(): Promise<boolean> {
    const {clock, signal} = this.#parts
    signal.throwIfAborted()
    let hasWaited = false
    while (this.#closedUntil > clock.now()) {
      const until = this.#closedUntil
      hasWaited = true
      await clock.sleep(until - clock.now(), signal)
      // A clock that sleeps by other time than it tells is believed.
      if (this.#closedUntil === until) this.#closedUntil = 0
    }
    const known = this.#allowance
    // What is under way may not yet be counted in what the last answer said is left.
    if (known === undefined || known.remaining > this.#inFlight) return hasWaited
    this.#allowance = undefined
    this.#closeFor(known.until - clock.now(), 'the hourly limit is used up')
    return (await this.#waitUntilOpen()) || hasWaited
  }

  /** Answers come in another order than they were made: of one hour, the least counts. */
  #note(allowance: GithubAllowance | undefined, now: number): void {
    const known = this.#allowance
    if (allowance === undefined || allowance.until <= now || this.#closedUntil > now) return
    const isNewer = known === undefined || allowance.reset > known.reset
    if (isNewer || (allowance.reset === known.reset && allowance.remaining < known.remaining))
      this.#allowance = allowance
  }

  #close({kind, wait}: GithubRefusal, now: number): void {
    if (wait > LONGEST_WAIT) return
    if (kind === 'primary') this.#allowance = undefined
    // Of all that were under way and refused together, the first has said so.
    else if (this.#closedUntil <= now) this.#ceiling = Math.max(2, Math.ceil(this.#ceiling / 2))
    this.#limit.concurrency = 1
    this.#closeFor(wait, kind === 'primary' ? 'the hourly limit is used up' : 'too many requests at a time')
  }

  #closeFor(wait: number, why: string): void {
    const {clock, reporter} = this.#parts
    const until = clock.now() + wait
    const isLonger = until - this.#closedUntil >= WORTH_TELLING
    if (isLonger && wait >= WORTH_TELLING)
      reporter.notice(
        `GitHub's API: ${why}; going on at ${new Date(until).toISOString().slice(11, 19)} UTC, in ${Math.ceil(wait / 1000)} s`
      )
    this.#closedUntil = Math.max(this.#closedUntil, until)
  }

  #widen(): void {
    this.#limit.concurrency = Math.min(this.#ceiling, this.#limit.concurrency + 1)
  }
}

/** What is left of the hour's requests (the primary limit). */
export interface GithubAllowance {
  readonly remaining: number
  /** Seconds since the epoch, by GitHub's clock. */
  readonly reset: number
  /** When it is new, by the clock of this machine: milliseconds since the epoch. */
  readonly until: number
}

/** That an answer is a refusal because of a limit, and how long is to be waited. */
export interface GithubRefusal {
  readonly kind: 'primary' | 'secondary'
  /** Milliseconds. */
  readonly wait: number
}

/** GitHub: "if no header says so, wait for at least one minute" (docs, REST best practices, 2026-11). */
const UNSAID_WAIT = 60_000
const UNTIL_SURELY_OVER = 1000

/** Reads the allowance of the REST API; undefined where the answer names none, or that of another part (search). */
export function allowanceOf({headers}: GithubAnswer, now: number): GithubAllowance | undefined {
  if ((headers['x-ratelimit-resource'] ?? 'core') !== 'core') return undefined
  const remaining = numberOf(headers['x-ratelimit-remaining'])
  const reset = numberOf(headers['x-ratelimit-reset'])
  if (remaining === undefined || reset === undefined) return undefined
  return {remaining, reset, until: now + waitUntil(reset, headers, now)}
}

/** Tells a refusal for a limit from one for a missing right: both may be a 403. */
export function limitRefusal(answer: GithubAnswer, now: number): GithubRefusal | undefined {
  const {status, headers} = answer
  if (status !== 403 && status !== 429) return undefined
  const reset = numberOf(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && reset !== undefined)
    return {kind: 'primary', wait: waitUntil(reset, headers, now)}
  const asked = retryWait(headers, now)
  if (asked !== undefined) return {kind: 'secondary', wait: asked}
  const isLimit = status === 429 || /secondary rate limit|abuse detection/i.test(messageIn(answer))
  return isLimit ? {kind: 'secondary', wait: UNSAID_WAIT} : undefined
}

/** By GitHub's own clock where the answer has one: that of this machine may be wrong. */
function waitUntil(reset: number, headers: GithubAnswer['headers'], now: number): number {
  const dated = Date.parse(headers['date'] ?? '')
  const left = reset * 1000 - (Number.isNaN(dated) ? now : dated)
  return left <= 0 ? 0 : left + UNTIL_SURELY_OVER
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined
}

function messageIn({body}: GithubAnswer): string {
  const isObject = typeof body === 'object' && body !== null
  return isObject && 'message' in body ? String(body.message) : ''
}
