import {ReleaseError, messageOf} from '../errors.js'
import type {Exec, ExecOptions} from '../ports.js'
import {MOST_OUTPUT} from './program-output.js'

/** Milliseconds that a program has to take away what was borrowed. */
const CLEARING_TIME = 60_000

/**
 * Runs programs: with @actions/exec, or by itself where a program is stopped by its caller, read or written to while it runs.
 * Either is loaded with the first of them. For that @actions/exec 3.0 drops a last line without line break, and ends this
 * process where a program does not read its input. Each hears that the run is cancelled, and has a bound on what it writes.
 * @param run fires when the run is cancelled
 * @param most bytes that are kept
 * @throws ReleaseError BUILDER_MISSING where it cannot be started; the reason of the signal where that fired
 */
export function openPrograms(run: AbortSignal, most = MOST_OUTPUT): Exec {
  return async (command, args, options = {}) => {
    const signal = signalOf(run, options)
    try {
      signal.throwIfAborted()
      if (isWatched(options)) {
        const {runChild} = await import('./child-process.js')
        return await runChild(command, args, {...options, signal}, most)
      }
      const {runToEnd} = await import('./exec-to-end.js')
      return await runToEnd(command, args, {...options, signal}, most.plain)
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw new ReleaseError('BUILDER_MISSING', `${command} cannot be started: ${messageOf(cause)}`, {
        cause,
        hint: `Install ${command}, or add its folder to PATH.`
      })
    }
  }
}

function signalOf(run: AbortSignal, {signal, isClearing}: ExecOptions): AbortSignal {
  if (isClearing === true) return AbortSignal.timeout(CLEARING_TIME)
  return signal === undefined || signal === run ? run : AbortSignal.any([run, signal])
}

function isWatched({signal, input, onLine, inherit, passed, timeout, group}: ExecOptions): boolean {
  return [signal, input, onLine, inherit, passed, timeout, group].some(option => option !== undefined)
}
