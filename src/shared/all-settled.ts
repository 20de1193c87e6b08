import {ReleaseError} from '../errors.js'

/** What came of work done side by side. */
export interface SettledWork<T> {
  readonly values: readonly T[]
  readonly failures: readonly unknown[]
}

/**
 * Waits for all, also where one fails, so that all failures can be said at once.
 * @throws ReleaseError CANCELLED where the run was cancelled: then what failed is of no interest
 */
export async function allSettled<T>(work: readonly Promise<T>[]): Promise<SettledWork<T>> {
  const results = await Promise.allSettled(work)
  const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const cancellation = failures.find(
    (failure): failure is ReleaseError => failure instanceof ReleaseError && failure.code === 'CANCELLED'
  )
  if (cancellation !== undefined) throw cancellation
  return {values: results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : [])), failures}
}
