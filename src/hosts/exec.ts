import {childVariables} from '../child-variables.js'
import {ReleaseError, messageOf} from '../errors.js'
import type {Exec} from '../ports.js'
import {findProgram} from './program-path.js'

/**
 * Runs programs: with @actions/exec, or by itself where a program is stopped, read or written to while it runs. Either is
 * loaded with the first of them. For that @actions/exec 3.0 has no way to stop one, drops a last line without line
 * break, and ends this process where a program does not read its input.
 * @throws ReleaseError BUILDER_MISSING where it cannot be started; the reason of the signal where that fired
 */
export const execPrograms: Exec = async (command, args, options = {}) => {
  const watched = [
    options.signal,
    options.input,
    options.onLine,
    options.inherit,
    options.passed,
    options.timeout,
    options.group
  ]
  const isToEnd = watched.every(option => option === undefined)
  try {
    return isToEnd ? await runToEnd(command, args, options) : await runWatched(command, args, options)
  } catch (cause) {
    if (options.signal?.aborted === true) throw options.signal.reason
    throw new ReleaseError('BUILDER_MISSING', `${command} cannot be started: ${messageOf(cause)}`, {
      cause,
      hint: `Install ${command}, or add its folder to PATH.`
    })
  }
}

const runWatched: Exec = async (command, args, options = {}) => {
  const {runChild} = await import('./child-process.js')
  return await runChild(command, args, options)
}

const runToEnd: Exec = async (command, args, {cwd, env} = {}) => {
  const environment = {...childVariables(command, process.env), ...env}
  const program = await findProgram(command, environment['PATH'] ?? '')
  if (program === undefined) throw new Error('no folder of PATH has it')
  const {getExecOutput} = await import('@actions/exec')
  // It splits the command at spaces that do not stand in quotes. It would search PATH by itself, and write to standard
  // output, where results stand, of every folder that it cannot enter.
  return await getExecOutput(`"${program}"`, [...args], {
    silent: true,
    ignoreReturnCode: true,
    ...(cwd === undefined ? {} : {cwd}),
    env: environment
  })
}
