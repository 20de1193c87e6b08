/** Looks and readings that are under way at once. */
export const AT_ONCE = 24
/** A stretch with fewer items left is not shared: neighbours often need each other. */
const WORTH_SHARING = 8

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

/**
 * Does something for each of these in stretches side by side, each in its order, so that an item follows its neighbour. A
 * stretch that is done takes the second half of the longest one. After a failure nothing new is begun.
 * @throws what the first failure threw
 */
export async function eachInStretches<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>
): Promise<void> {
  const length = Math.ceil(items.length / AT_ONCE)
  const stretches = Array.from({length: AT_ONCE}, (_, at) => items.slice(at * length, (at + 1) * length))
  const workOff = async (own: T[]): Promise<void> => {
    for (let item = own.shift(); item !== undefined; item = own.shift()) await work(item)
    const longest = stretches.reduce((one, other) => (other.length > one.length ? other : one))
    if (longest.length < WORTH_SHARING) return
    own.push(...longest.splice(longest.length / 2))
    await workOff(own)
  }
  try {
    await Promise.all(stretches.map(workOff))
  } finally {
    for (const stretch of stretches) stretch.length = 0
  }
}
