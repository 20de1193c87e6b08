import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

/** Tells what JavaScript and its buffers hold, in bytes; without what only waits to be collected. */
export function memoryMeter(): () => number {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  return () => {
    // Buffers that a collection found are counted until a thread beside has let go of them; the next one waits for that.
    collectGarbage()
    collectGarbage()
    // `external` holds the buffers too.
    const {heapUsed, external} = process.memoryUsage()
    return heapUsed + external
  }
}

/** Milliseconds between two looks; a collection of a large heap may take longer than that. */
const INTERVAL = 150
/** The share of the time that looking takes at most. */
const MOST_SHARE = 0.1

/** The most bytes that buffers in use took up while some work ran, beyond those of before. */
export async function peakDuring<T>(
  work: () => Promise<T>
): Promise<{readonly result: T; readonly bytes: number}> {
  const measure = memoryMeter()
  const buffers = (): number => {
    measure()
    return process.memoryUsage().arrayBuffers
  }
  const before = buffers()
  const state: {peak: number; timer?: NodeJS.Timeout} = {peak: before}
  const look = (): void => {
    const begun = performance.now()
    state.peak = Math.max(state.peak, buffers())
    state.timer = setTimeout(look, Math.max(INTERVAL, (performance.now() - begun) / MOST_SHARE))
  }
  look()
  try {
    return {result: await work(), bytes: state.peak - before}
  } finally {
    clearTimeout(state.timer)
  }
}
