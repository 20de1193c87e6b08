import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {childVariables} from '../child-variables.js'
import type {ExecOptions, ExecResult} from '../ports.js'
import {ProcessGroup} from './process-group.js'

/** The exit code of a program that a signal ended, as shells give it at least. */
const ENDED_BY_SIGNAL = 128
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
  const grouping = options.group ?? (timeout === undefined ? undefined : 'ended')
  const isGroup = grouping !== undefined
  const child = spawn(command, args, {
    cwd,
    env: {...childVariables(command, process.env, options), ...options.env},
    ...(isGroup ? {detached: process.platform !== 'win32'} : {signal})
  })
  const watch = isGroup ? watchGroup(child, timeout, signal) : undefined
  // A program that does not read its input is no fault.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  if (onLine !== undefined) for (const output of [child.stdout, child.stderr]) readLines(output, onLine)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? ENDED_BY_SIGNAL))
  })
  const leaving = grouping === 'ended' ? watch?.left() : undefined
  try {
    const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    if (watch !== undefined) signal?.throwIfAborted()
    const left = (await leaving) ?? []
    return {
      exitCode,
      stdout,
      stderr,
      ...(watch?.isOver() ? {timedOut: true} : {}),
      ...(left.length === 0 ? {} : {left})
    }
  } finally {
    watch?.stop()
  }
}

interface Watch {
  readonly isOver: () => boolean
  /** What is ended once the program has ended by itself. */
  readonly left: () => Promise<readonly string[]>
  readonly stop: () => void
}

/** Ends a program and all that it started: it leads a process group of its own, which a shell's children stay in. */
function watchGroup(
  child: ChildProcessWithoutNullStreams,
  timeout: number | undefined,
  signal: AbortSignal | undefined
): Watch {
  const state = {isOver: false}
  const group = new ProcessGroup(child, () => {
    for (const output of [child.stdout, child.stderr]) output.push(null)
  })
  const end = (): void => group.end()
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          state.isOver = true
          end()
        }, timeout)
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, {once: true})
  return {
    isOver: () => state.isOver,
    left: () =>
      new Promise(resolve => {
        child.once('error', () => resolve([]))
        child.once('exit', () => void group.endLeft().then(resolve))
      }),
    stop() {
      clearTimeout(timer)
      group.stop()
      signal?.removeEventListener('abort', end)
    }
  }
}

function readLines(output: Readable, onLine: (line: string) => void): void {
  createInterface({input: output, crlfDelay: Infinity}).on('line', onLine)
}
