/** Above this a number is a time by the clock in seconds, below it a span. */
const A_TIME = 1_000_000_000

/**
 * How long an answer asks to wait, in whichever form: `Retry-After` as seconds or as a date (RFC 9110, 10.2.3),
 * `X-Retry-After` of Docker Hub as a time in seconds since the epoch, and `X-RateLimit-Reset`, such a time too, where
 * nothing is left. Times are by the clock of the answer, where it tells its date.
 * @param now milliseconds since the epoch
 * @returns milliseconds; undefined where it does not say
 */
export function retryWait(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const dated = Date.parse(headers['date'] ?? '')
  const clock = Number.isNaN(dated) ? now : dated
  const reset = headers['x-ratelimit-remaining']?.trim() === '0' ? headers['x-ratelimit-reset'] : undefined
  const waits = [headers['retry-after'], headers['x-retry-after'], reset].map(text => waitIn(text, clock))
  const told = waits.filter(wait => wait !== undefined)
  return told.length === 0 ? undefined : Math.max(...told)
}

function waitIn(text: string | undefined, clock: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed)
    return Math.max(0, number >= A_TIME ? number * 1000 - clock : number * 1000)
  }
  // Date.parse takes much for a date that is none, such as -5.
  const date = /^[a-z]{3}/i.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock)
}
