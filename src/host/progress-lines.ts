import type {Clock, Progress, Reporter} from '../ports.js'
import {formatSize} from '../shared/format.js'

/** Milliseconds between two lines of one upload: a log shows that it goes on, and stays short. */
const PAUSE = 15_000

/** Progress for a log that keeps every line: one now and then, and none of what is over sooner. */
export function progressLines(
  say: (line: string) => void,
  clock: Pick<Clock, 'now'>
): (...of: Parameters<Reporter['progress']>) => Progress {
  return (title, bytes) => {
    const begun = clock.now()
    const state = {arrived: 0, told: begun}
    return {
      advance(more) {
        state.arrived += more
        const now = clock.now()
        if (now - state.told < PAUSE) return
        state.told = now
        const rate = Math.max(0, state.arrived / ((now - begun) / 1000))
        const part = bytes > 0 ? Math.floor((100 * state.arrived) / bytes) : 100
        say(
          `${title}: ${formatSize(state.arrived)} of ${formatSize(bytes)} (${part} %), ${formatSize(rate)}/s`
        )
      },
      end: () => undefined
    }
  }
}
