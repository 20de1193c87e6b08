import {ReleaseError, messageOf} from '../errors.js'
import type {Exec} from '../ports.js'

/** Runs programs with @actions/exec, which is loaded with the first of them. */
export const execPrograms: Exec = async (command, args, options = {}) => {
  const {getExecOutput} = await import('@actions/exec')
  const {cwd, env, input, onLine} = options
  try {
    return await getExecOutput(command, [...args], {
      silent: true,
      ignoreReturnCode: true,
      ...(cwd === undefined ? {} : {cwd}),
      env: {...definedEnvironment(), ...env},
      ...(input === undefined ? {} : {input: Buffer.from(input)}),
      listeners: onLine === undefined ? {} : {stdline: onLine, errline: onLine}
    })
  } catch (cause) {
    throw new ReleaseError('BUILDER_MISSING', `${command} cannot be started: ${messageOf(cause)}`, {
      cause,
      hint: `Install ${command}, or add its folder to PATH.`
    })
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
}
