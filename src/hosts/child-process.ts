import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {childVariables} from '../child-variables.js'
import type {ExecOptions, ExecResult} from '../ports.js'

/** The exit code of a program that a signal ended, as shells give it at least. */
const ENDED_BY_SIGNAL = 128
/** Milliseconds that a program has to end by itself when its time is over. */
const GRACE = 5000

/**
 * Runs a program without a shell until it ends, is told to end because the signal fires, or its time is over.
 * @throws what the system says where it cannot be started, or an AbortError
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: ExecOptions
): Promise<ExecResult> {
  const {cwd, input = '', onLine, signal, timeout} = options
  const ending = timeout === undefined ? {signal} : {detached: process.platform !== 'win32'}
  const child = spawn(command, args, {
    cwd,
    env: {...childVariables(command, process.env, options), ...options.env},
    ...ending
  })
  const watch = timeout === undefined ? undefined : watchGroup(child, timeout, signal)
  // A program that does not read its input is no fault.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  if (onLine !== undefined) for (const output of [child.stdout, child.stderr]) readLines(output, onLine)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? ENDED_BY_SIGNAL))
  })
  try {
    const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    if (watch !== undefined) signal?.throwIfAborted()
    return {exitCode, stdout, stderr, ...(watch?.isOver() ? {timedOut: true} : {})}
  } finally {
    watch?.stop()
  }
}

interface Watch {
  readonly isOver: () => boolean
  readonly stop: () => void
}

/** Ends a program and all that it started: it leads a process group of its own, which a shell's children stay in. */
function watchGroup(
  child: ChildProcessWithoutNullStreams,
  timeout: number,
  signal: AbortSignal | undefined
): Watch {
  const state: {isOver: boolean; kill?: NodeJS.Timeout} = {isOver: false}
  const end = (): void => {
    signalGroup(child, 'SIGTERM')
    state.kill = setTimeout(() => {
      signalGroup(child, 'SIGKILL')
      // One that left the group may hold the other end for as long as it likes.
      for (const output of [child.stdout, child.stderr]) output.push(null)
    }, GRACE)
  }
  const timer = setTimeout(() => {
    state.isOver = true
    end()
  }, timeout)
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, {once: true})
  return {
    isOver: () => state.isOver,
    stop() {
      clearTimeout(timer)
      clearTimeout(state.kill)
      signal?.removeEventListener('abort', end)
    }
  }
}

function signalGroup(child: ChildProcessWithoutNullStreams, name: NodeJS.Signals): void {
  const {pid} = child
  if (pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(name)
    else process.kill(-pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function readLines(output: Readable, onLine: (line: string) => void): void {
  createInterface({input: output, crlfDelay: Infinity}).on('line', onLine)
}
