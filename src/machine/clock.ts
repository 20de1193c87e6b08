import {setTimeout as delay} from 'node:timers/promises'
import type {Clock} from '../ports.js'

/** The time of this machine. A sleep that is called off rejects with the signal's reason. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal ? {signal} : {})
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}
