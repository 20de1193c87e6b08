import {once} from 'node:events'
import type {Readable, Writable} from 'node:stream'
import type {Confirm} from '../ports.js'

/** A stream that may be a terminal. */
type Terminal<Stream> = Stream & {readonly isTTY?: boolean}

/** Where a person may be asked. */
export interface ConfirmParts {
  readonly input: Terminal<Readable>
  /** Standard output is for results: questions go beside the log. */
  readonly output: Terminal<Writable>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether `--yes` is given. */
  readonly isSure: () => boolean
  readonly signal: AbortSignal
}

/**
 * Asks a person at a terminal before something is written; anything but yes is no. In a CI system, without a terminal,
 * and with `--yes` nobody is asked.
 */
export function confirmOnTerminal({input, output, environment, isSure, signal}: ConfirmParts): Confirm {
  return async (question, unasked = true) => {
    const isTerminal = input.isTTY === true && output.isTTY === true
    if (isSure()) return true
    if (!isTerminal || isCi(environment)) return unasked
    const {createInterface} = await import('node:readline/promises')
    const lines = createInterface({input, output})
    try {
      const closed = once(lines, 'close').then(() => '')
      const answer = await Promise.race([lines.question(`${question} [y/N] `, {signal}), closed])
      return /^\s*y(es)?\s*$/i.test(answer)
    } finally {
      lines.close()
    }
  }
}

/** The variable that GitHub, GitLab, Jenkins and nearly all others set. */
function isCi(environment: ConfirmParts['environment']): boolean {
  return !['', 'false', '0', undefined].includes(environment['CI'])
}
