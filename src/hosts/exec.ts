import {ReleaseError, messageOf} from '../errors.js'
import type {Exec, Reporter} from '../ports.js'

/** Runs programs with @actions/exec, which is loaded with the first of them. */
export function execWith(reporter: Pick<Reporter, 'info'>): Exec {
  return async (command, args, options = {}) => {
    const {getExecOutput} = await import('@actions/exec')
    const {cwd, env, input, stream = false} = options
    const log = (line: string): void => {
      if (stream) reporter.info(line)
    }
    try {
      return await getExecOutput(command, [...args], {
        silent: true,
        ignoreReturnCode: true,
        ...(cwd === undefined ? {} : {cwd}),
        env: {...definedEnvironment(), ...env},
        ...(input === undefined ? {} : {input: Buffer.from(input)}),
        listeners: {stdline: log, errline: log}
      })
    } catch (cause) {
      throw new ReleaseError('BUILDER_MISSING', `${command} cannot be started: ${messageOf(cause)}`, {
        cause,
        hint: `Install ${command}, or add its folder to PATH.`
      })
    }
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
}
