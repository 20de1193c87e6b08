import {afterEach} from '@jest/globals'

/** Gives a list of what ends that which a test started: after the test it is ended, what came last first. */
export function closedAfterEach(): (() => unknown)[] {
  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  return closing
}
