import {type ChildProcess, type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {childVariables} from '../shared/child-environment.js'
import type {ExecOptions, ExecResult} from '../ports.js'
import {GRACE, ProcessGroup} from './process-group.js'
import {MOST_OUTPUT, excessFault, keepEnd, keepStart, readLines} from './program-output.js'

/** The exit code of a program that a signal ended, as shells give it at least. */
export const ENDED_BY_SIGNAL = 128

/** Ends a program where the signal fires: politely at first. */
export function endOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const end = (): void => {
    child.kill('SIGTERM')
    // It holds this process until then by itself.
    setTimeout(() => child.kill('SIGKILL'), GRACE).unref()
  }
  if (signal.aborted) end()
  signal.addEventListener('abort', end, {once: true})
  child.once('exit', () => signal.removeEventListener('abort', end))
}

/**
 * Runs a program without a shell until it ends, is told to end because the signal fires, its time is over, or it has written
 * more than any answer has. Of a log, which is handed on line by line, the end is kept.
 * @param most bytes that are kept
 * @throws what the system says where it cannot be started, or an AbortError
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: ExecOptions,
  most: Pick<typeof MOST_OUTPUT, 'answer' | 'log'> = MOST_OUTPUT
): Promise<ExecResult> {
  const {cwd, input = '', signal, timeout} = options
  const grouping = options.group ?? (timeout === undefined ? undefined : 'ended')
  const isGroup = grouping !== undefined
  const env = {...childVariables(command, process.env, options), ...options.env}
  const child = spawn(command, args, {
    cwd,
    env,
    ...(isGroup ? {detached: process.platform !== 'win32'} : {signal})
  })
  const watch = isGroup ? watchGroup(child, {...options, group: grouping, env}) : undefined
  if (!isGroup && signal !== undefined) endOnAbort(child, signal)
  // A program that does not read its input is no fault.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? ENDED_BY_SIGNAL))
  })
  const leaving = grouping === 'ended' ? watch?.left() : undefined
  try {
    const end = (): void => (watch === undefined ? void child.kill('SIGKILL') : watch.end())
    const [exitCode, kept] = await Promise.all([ended, keptOf(child, options.onLine, {most, end})])
    if (watch !== undefined) signal?.throwIfAborted()
    const left = (await leaving) ?? []
    return {
      exitCode: kept.isTooMuch ? ENDED_BY_SIGNAL : exitCode,
      stdout: kept.stdout,
      stderr: kept.isTooMuch ? excessFault(command, most.answer) : kept.stderr,
      ...(watch?.isOver() ? {timedOut: true} : {}),
      ...(left.length === 0 ? {} : {left})
    }
  } finally {
    watch?.stop()
  }
}

/** What is kept of what a program writes; one that writes more than any answer has is ended. */
async function keptOf(
  {stdout, stderr}: ChildProcessWithoutNullStreams,
  onLine: ExecOptions['onLine'],
  {most, end}: {readonly most: Pick<typeof MOST_OUTPUT, 'answer' | 'log'>; readonly end: () => void}
): Promise<{readonly stdout: string; readonly stderr: string; readonly isTooMuch: boolean}> {
  const outputs = [stdout, stderr]
  if (onLine !== undefined) {
    for (const output of outputs) readLines(output, onLine)
    const [out = '', error = ''] = await Promise.all(outputs.map(output => keepEnd(output, most.log)))
    return {stdout: out, stderr: error, isTooMuch: false}
  }
  const state = {isTooMuch: false}
  const tooMuch = (): void => {
    state.isTooMuch = true
    end()
  }
  const [out = '', error = ''] = await Promise.all(
    outputs.map(output => keepStart(output, most.answer, tooMuch))
  )
  return {stdout: out, stderr: error, ...state}
}

interface Watch {
  readonly end: () => void
  readonly isOver: () => boolean
  /** What is ended once the program has ended by itself. */
  readonly left: () => Promise<readonly string[]>
  readonly stop: () => void
}

/** Where a program makes its temporary files: large ones not always where the others are (containers.conf(5), `image_copy_tmp_dir`). */
function placesOf(env: ExecOptions['env']): string[] {
  return [env?.['TMPDIR'] ?? '/tmp', '/var/tmp']
}

/** Ends a program and all that it started: it leads a process group of its own, which a shell's children stay in. */
function watchGroup(
  child: ChildProcessWithoutNullStreams,
  {timeout, signal, group: grouping, leaves, env}: ExecOptions
): Watch {
  const state = {isOver: false}
  const cut = (): void => {
    for (const output of [child.stdout, child.stderr]) output.push(null)
  }
  const group = new ProcessGroup(
    child,
    cut,
    leaves && {named: leaves, since: Date.now(), within: placesOf(env)}
  )
  const end = (): void => group.end()
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          state.isOver = true
          end()
        }, timeout)
  const cancel = (): void => (grouping === 'cancelled' ? group.endWork() : group.end())
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, {once: true})
  return {
    end,
    isOver: () => state.isOver,
    left: () =>
      new Promise(resolve => {
        child.once('error', () => resolve([]))
        child.once('exit', () => void group.endLeft().then(resolve))
      }),
    stop() {
      clearTimeout(timer)
      group.stop()
      signal?.removeEventListener('abort', cancel)
    }
  }
}
