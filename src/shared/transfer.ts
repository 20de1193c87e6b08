import {formatLeft, formatSize} from './format.js'

/** How much of something has arrived, and after which time. */
export interface Transfer {
  /** Bytes. */
  readonly arrived: number
  readonly total: number
  /** Milliseconds since it began. */
  readonly elapsed: number
}

/** Milliseconds before which a rate says nothing. */
const SETTLING = 1000

/** What a person is told of a transfer: `12.0 MiB of 40.0 MiB, 8 s left`. The time is that of the rate so far. */
export function transferText({arrived, total, elapsed}: Transfer): string {
  const sizes = `${formatSize(arrived)} of ${formatSize(total)}`
  if (arrived <= 0 || arrived >= total || elapsed < SETTLING) return sizes
  return `${sizes}, ${formatLeft(((total - arrived) * elapsed) / arrived)} left`
}
