import type {Clock, Ports} from '../../ports.js'

/** How long is waited for what no registry shows yet: some show what was pushed or moved a moment later. */
export interface Patience {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** In all; 0 asks once. */
  readonly milliseconds: number
}

/** How long registries are waited for. */
export function patienceOf(
  {wait}: {readonly wait: number},
  {clock, signal}: Pick<Ports, 'clock' | 'signal'>
): Patience {
  return {clock, signal, milliseconds: wait}
}

/** Milliseconds before the second look; doubled for each further one. */
const FIRST_WAIT = 200

/** The waits between looks: growing, and the whole patience in all. */
export function waitsOf(milliseconds: number): number[] {
  const waits: number[] = []
  let left = milliseconds
  for (let wait = FIRST_WAIT; left > 0; wait *= 2) {
    waits.push(Math.min(wait, left))
    left -= wait
  }
  return waits
}

/**
 * Looks again and again, until what it sees will do or the patience is over.
 * @returns what was seen last
 */
export async function lookUntil<T>(
  look: () => Promise<T>,
  willDo: (seen: T) => boolean,
  {clock, signal, milliseconds}: Patience
): Promise<T> {
  let seen = await look()
  for (const wait of waitsOf(milliseconds)) {
    if (willDo(seen)) return seen
    await clock.sleep(wait, signal)
    seen = await look()
  }
  return seen
}
