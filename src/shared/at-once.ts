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
  const results: Result[] = []
  let next = 0
  let hasFailed = false
  const lane = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      const at = next++
      try {
        results[at] = await work(items[at] as T)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  // A few that take one after the other: to queue ten thousand costs as much as the work.
  await Promise.all(Array.from({length: Math.min(atOnce, items.length)}, lane))
  return results
}
