import pLimit from 'p-limit'

/** Looks and readings that are under way at once. */
export const AT_ONCE = 24

/**
 * Does something for each of these, some at once, and gives what came of each in their order. After a failure nothing new is
 * begun.
 * @throws what the first failure threw
 */
export async function eachAtOnce<T, Result>(
  items: readonly T[],
  work: (item: T) => Promise<Result>,
  atOnce = AT_ONCE
): Promise<Result[]> {
  const limit = pLimit(atOnce)
  try {
    return await Promise.all(items.map(item => limit(work, item)))
  } finally {
    limit.clearQueue()
  }
}
