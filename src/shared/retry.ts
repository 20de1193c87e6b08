/** How often something is tried, and how long is waited between two tries. */
export interface RetryPolicy {
  /** How many tries in all. */
  readonly tries: number
  /** Milliseconds before the second try. */
  readonly firstDelay: number
  readonly clock: {sleep(milliseconds: number, signal?: AbortSignal): Promise<void>}
  readonly signal: AbortSignal
}

/** How a try ended. */
export type Tried<T> = {readonly value: T} | {readonly error: unknown}

/**
 * Says of an outcome if another try may help.
 * @param left how many tries there are
 * @returns the least milliseconds to wait before it; undefined if the outcome is the last
 */
export type Again<T> = (outcome: Tried<T>, left: number) => number | undefined

/** No wait is longer, but for one that was asked for. */
const MAX_DELAY = 30_000

/** Statuses of HTTP that a later try may not meet again (as go-containerregistry chooses them). */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504])

/** Whether a later try may not meet this status again. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT.has(status)
}

/** Milliseconds after a try: doubled with each, with jitter, so that jobs which failed together do not come back together. */
export function backoff(firstDelay: number, attempt: number): number {
  return Math.min(MAX_DELAY, firstDelay * 2 ** (attempt - 1) * (1 + Math.random()))
}

/**
 * Tries until an outcome is the last, or the tries are used up; that outcome is given back, or thrown.
 * @param attempt is told which try it is, from 1 on
 * @throws the signal's reason if the waiting is called off
 */
export async function retrying<T>(
  {tries, firstDelay, clock, signal}: RetryPolicy,
  attempt: (nth: number) => Promise<T>,
  again: Again<T>
): Promise<T> {
  for (let nth = 1; ; nth++) {
    const outcome = await outcomeOf(attempt, nth)
    const least = nth >= tries || signal.aborted ? undefined : again(outcome, tries - nth)
    if (least === undefined) {
      if ('error' in outcome) throw outcome.error
      return outcome.value
    }
    await clock.sleep(Math.max(least, backoff(firstDelay, nth)), signal)
  }
}

async function outcomeOf<T>(attempt: (nth: number) => Promise<T>, nth: number): Promise<Tried<T>> {
  try {
    return {value: await attempt(nth)}
  } catch (error) {
    return {error}
  }
}
