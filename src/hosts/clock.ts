import {setTimeout as delay} from 'node:timers/promises'
import type {Clock} from '../ports.js'

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    await delay(milliseconds, undefined, signal ? {signal} : {})
  }
}
