import {getExecOutput} from '@actions/exec'
import {AsyncLocalStorage} from 'node:async_hooks'
import type {ChildProcess} from 'node:child_process'
import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {childVariables} from '../shared/child-environment.js'
import type {ExecOptions, ExecResult} from '../ports.js'
import {ENDED_BY_SIGNAL, endOnAbort} from './child-process.js'
import {excessFault} from './program-output.js'
import {constants} from 'node:fs'
import {access, stat} from 'node:fs/promises'
import path from 'node:path'

/** Which call of this file something happens in. */
const calls = new AsyncLocalStorage<object>()

/**
 * Runs a program with @actions/exec until it ends, the signal fires, or it has written too much.
 * @param most bytes of each of its outputs
 * @throws Error where it cannot be started; the reason of the signal
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  {cwd, env, signal}: Pick<ExecOptions, 'cwd' | 'env'> & {readonly signal: AbortSignal},
  most: number
): Promise<ExecResult> {
  const environment = {...childVariables(command, process.env), ...env}
  const program = await findProgram(command, environment['PATH'] ?? '')
  if (program === undefined) throw new Error('no folder of PATH has it')
  const state = {isTooMuch: false}
  const began = (child: ChildProcess): void => {
    endOnAbort(child, signal)
    for (const output of [child.stdout, child.stderr]) {
      let length = 0
      output?.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= most || state.isTooMuch) return
        state.isTooMuch = true
        child.kill('SIGKILL')
        // What it started may still hold them.
        for (const each of [child.stdout, child.stderr]) each?.destroy()
      })
    }
  }
  // It splits the command at spaces that do not stand in quotes. It would search PATH by itself, and write to standard
  // output, where results stand, of every folder that it cannot enter.
  const start = async (): Promise<ExecResult> =>
    await getExecOutput(`"${program}"`, [...args], {
      silent: true,
      ignoreReturnCode: true,
      ...(cwd === undefined ? {} : {cwd}),
      env: environment
    })
  const running = withChild(start, began)
  const result = await Promise.race([running, rejectedBy(signal, running)])
  return state.isTooMuch ? {...result, exitCode: ENDED_BY_SIGNAL, stderr: excessFault(command, most)} : result
}

/**
 * @actions/exec 3.0 has no way to end a program, and shows nobody which one it started: Node tells of each where it is made
 * (nodejs.org/api/diagnostics_channel.html, «Child Process»).
 */
async function withChild<T>(start: () => Promise<T>, began: (child: ChildProcess) => void): Promise<T> {
  const call = {}
  const listen = (message: unknown): void => {
    const {process: child} = message as {readonly process: ChildProcess}
    if (calls.getStore() === call) child.once('spawn', () => began(child))
  }
  subscribe('child_process', listen)
  try {
    return await calls.run(call, start)
  } finally {
    unsubscribe('child_process', listen)
  }
}

/** Who calls a run off does not wait for a program that takes its time to end. */
function rejectedBy(signal: AbortSignal, running: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    const stop = (): void => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, {once: true})
    running.then(stop, stop)
  })
}

/**
 * The path of a program, found as execvp(3) does: in the first folder of the search path that holds a file that may be
 * run; folders that cannot be entered are passed over, and so is one without a name, which would be where a run happens to be. A command with a slash is its own path.
 * @param searchPath folders, as PATH has them
 * @returns undefined where there is none
 */
export async function findProgram(command: string, searchPath: string): Promise<string | undefined> {
  if (command.includes('/')) return command
  for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, command)
    if (await isProgram(file)) return file
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
