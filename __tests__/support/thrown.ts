import {ReleaseError} from '../../src/errors.js'

/** The ReleaseError that this throws or rejects with; anything else fails the test. */
export async function failureOf(work: () => unknown): Promise<ReleaseError> {
  let result: unknown
  try {
    result = await work()
  } catch (thrown) {
    if (thrown instanceof ReleaseError) return thrown
    throw thrown
  }
  throw new Error(`nothing was thrown; the result is ${JSON.stringify(result)}`)
}
