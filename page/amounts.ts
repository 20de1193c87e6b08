import {formatMinutes, formatSeconds} from '../src/shared/format.js'

export {formatSize} from '../src/shared/format.js'

/** A time for people: `4.2 s`, `3 min 5 s`. */
export function formatTime(milliseconds: number): string {
  return milliseconds < 60_000 ? formatSeconds(milliseconds) : formatMinutes(milliseconds)
}

/** A difference with its sign: `+4.0 MiB (+12 %)`; `no change`. */
export function formatChange(before: number, now: number, format: (value: number) => string): string {
  if (before === now) return 'no change'
  const sign = now > before ? '+' : '−'
  const share = before === 0 ? '' : ` (${sign}${percent(Math.abs(now - before) / before)})`
  return `${sign}${format(Math.abs(now - before))}${share}`
}

/** `12 %`; below one with a digit after the point. */
export function percent(share: number): string {
  const value = share * 100
  return `${value !== 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** `1 tag`, `2 tags`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** The sum of a number of each. */
export function total<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0)
}
