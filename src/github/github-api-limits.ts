import {retryWait} from '../shared/retry-wait.js'
import type {GithubAnswer} from '../ports.js'

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
