import type {Writable} from 'node:stream'

/** One thing to end, and where it stands among the others. */
interface Entry {
  readonly stop: () => void
  at: number
}

/** What is still to be ended by each signal, in any order. */
const RUNNING = new WeakMap<AbortSignal, Entry[]>()

/**
 * Ends something where a signal fires; at once where it has. One listener stands for all that one signal ends, and a list
 * without links for them: listeners, sets and maps hold after a removal what came later, and of thousands of requests none
 * would be let go before the whole heap is collected.
 * @returns takes it back
 */
export function onCallOff(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) {
    stop()
    return () => undefined
  }
  const running = RUNNING.get(signal) ?? listened(signal)
  const entry = {stop, at: running.length}
  running.push(entry)
  return () => take(running, entry)
}

function listened(signal: AbortSignal): Entry[] {
  const running: Entry[] = []
  RUNNING.set(signal, running)
  signal.addEventListener('abort', () => {
    for (const {stop} of [...running]) stop()
  })
  return running
}

/** The last takes its place. */
function take(running: Entry[], entry: Entry): void {
  if (running[entry.at] !== entry) return
  const last = running.pop()
  if (last === undefined || last === entry) return
  running[entry.at] = last
  last.at = entry.at
}

/** Destroys what goes over a connection where it is called off, its answer too. */
export function endWith(signal: AbortSignal, stream: Writable): void {
  stream.once(
    'close',
    onCallOff(signal, () => void stream.destroy(new Error('called off', {cause: signal.reason})))
  )
}
