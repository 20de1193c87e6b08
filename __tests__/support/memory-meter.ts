import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

/** Tells what JavaScript and its buffers hold, in bytes; without what only waits to be collected. */
export function memoryMeter(): () => number {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  return () => {
    collectGarbage()
    // `external` holds the buffers too.
    const {heapUsed, external} = process.memoryUsage()
    return heapUsed + external
  }
}
