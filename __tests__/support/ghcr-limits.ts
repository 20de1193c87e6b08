import type {ApiAnswer} from './emulator-server.js'

/** Limits of GitHub's API, with windows short enough for a test. */
export interface GhcrLimits {
  /** Requests in a window (GitHub: 1,000 or 5,000 in an hour). */
  readonly primary?: {readonly requests: number; readonly windowSeconds: number}
  /** Points in a window, 1 for a GET and 5 for the rest (GitHub: 900 in a minute). */
  readonly secondary?: {readonly points: number; readonly windowSeconds: number; readonly saysWait?: boolean}
}

interface Window {
  start: number
  used: number
}

/** Counts requests and refuses what is too much, as GitHub does. */
export class GhcrLimiter {
  refused = 0
  readonly #limits: GhcrLimits
  readonly #hour: Window = {start: Date.now(), used: 0}
  readonly #minute: Window = {start: Date.now(), used: 0}

  constructor(limits: GhcrLimits) {
    this.#limits = limits
  }

  /** The headers of every answer, and the refusal where there is one. */
  take(method: string): {headers: Readonly<Record<string, string>>; refusal?: ApiAnswer} {
    const {primary, secondary} = this.#limits
    const headers = primary === undefined ? {} : this.#takeRequest(primary)
    if (headers['x-ratelimit-remaining'] === '-1') {
      this.refused++
      const told = {...headers, 'x-ratelimit-remaining': '0'}
      return {headers: told, refusal: refused(403, 'API rate limit exceeded for installation.')}
    }
    if (secondary === undefined || this.#takePoints(secondary, method)) return {headers}
    this.refused++
    const wait = Math.ceil((this.#minute.start + secondary.windowSeconds * 1000 - Date.now()) / 1000)
    const told = secondary.saysWait === false ? {} : {'retry-after': String(Math.max(1, wait))}
    return {
      headers: {...headers, ...told},
      refusal: refused(403, 'You have exceeded a secondary rate limit.')
    }
  }

  #takeRequest({requests, windowSeconds}: NonNullable<GhcrLimits['primary']>): Record<string, string> {
    renew(this.#hour, windowSeconds)
    this.#hour.used++
    return {
      'x-ratelimit-limit': String(requests),
      'x-ratelimit-remaining': String(Math.max(-1, requests - this.#hour.used)),
      'x-ratelimit-reset': String(Math.ceil(this.#hour.start / 1000 + windowSeconds)),
      'x-ratelimit-resource': 'core'
    }
  }

  #takePoints({points, windowSeconds}: NonNullable<GhcrLimits['secondary']>, method: string): boolean {
    renew(this.#minute, windowSeconds)
    this.#minute.used += method === 'GET' ? 1 : 5
    return this.#minute.used <= points
  }
}

function renew(window: Window, seconds: number): void {
  if (Date.now() < window.start + seconds * 1000) return
  window.start = Date.now()
  window.used = 0
}

function refused(status: number, message: string): ApiAnswer {
  return {status, body: {message, documentation_url: 'https://docs.github.com/rest/rate-limit'}}
}
