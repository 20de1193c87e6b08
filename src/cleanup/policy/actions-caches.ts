import type {AgedTags} from './policy.js'

/** One entry of the cache of GitHub Actions. */
export interface ActionsCache {
  readonly id: number
  readonly key: string
  /** The branch or pull request that it belongs to. */
  readonly ref: string
  /** Bytes. */
  readonly size: number
  /** When it was last read or written: milliseconds since the epoch. */
  readonly used: number
}

/** A cache that goes, and why. */
export interface PlannedCache extends ActionsCache {
  readonly reason: string
}

/** Decides which caches go: those unused for too long, then the least recently used beyond the size of all. */
export function planCaches(
  caches: readonly ActionsCache[],
  {patterns, olderThan, maxSize}: AgedTags & {readonly maxSize?: number | undefined},
  now: number
): PlannedCache[] {
  const chosen = caches
    .filter(({key}) => patterns.some(({matches}) => matches(key)))
    .sort((one, other) => other.used - one.used)
  const going: PlannedCache[] = []
  let total = 0
  for (const cache of chosen) {
    if (now - cache.used >= olderThan) going.push({...cache, reason: 'unused for too long'})
    else {
      total += cache.size
      if (maxSize !== undefined && total > maxSize) going.push({...cache, reason: 'beyond cache-size'})
    }
  }
  return going
}
