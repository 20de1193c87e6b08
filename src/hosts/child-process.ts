import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import type {ExecOptions, ExecResult} from '../ports.js'

/** The exit code of a program that a signal ended, as shells give it at least. */
const ENDED_BY_SIGNAL = 128

/**
 * Runs a program without a shell until it ends, or is told to end because the signal fires.
 * @throws what the system says where it cannot be started, or an AbortError
 */
export async function runChild(
  command: string,
  args: readonly string[],
  {cwd, env, input = '', onLine, signal}: ExecOptions
): Promise<ExecResult> {
  const child = spawn(command, args, {cwd, env: {...process.env, ...env}, signal})
  // A program that does not read its input is no fault.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  if (onLine !== undefined) for (const output of [child.stdout, child.stderr]) readLines(output, onLine)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? ENDED_BY_SIGNAL))
  })
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return {exitCode, stdout, stderr}
}

function readLines(output: Readable, onLine: (line: string) => void): void {
  createInterface({input: output, crlfDelay: Infinity}).on('line', onLine)
}
