/** Runs one piece of work after the other, in the order of the calls. A failure stops nothing but itself. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>

/** A new queue. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}
