import {PLAIN_VARIABLES} from '../shared/child-environment.js'
import type {Ports} from '../ports.js'

/** A program that a gate runs: a line of the caller's own for a shell, or a program with its arguments. */
export type GateProgram =
  {readonly line: string} | {readonly program: string; readonly args: readonly string[]}

/** How a gate's program is run. */
export interface GateCall {
  readonly command: GateProgram
  /** Values come as variables: nothing is put into the caller's line. */
  readonly env: Readonly<Record<string, string>>
  /** Names of variables of this process that it gets beside those that every program needs. */
  readonly passed: readonly string[]
  /** Milliseconds; 0 is for ever. */
  readonly timeout: number
  /** Texts that its output may not show. */
  readonly secrets: readonly string[]
}

/** What became of it. */
export interface GateRun {
  readonly exitCode: number
  readonly timedOut: boolean
  /** What it wrote, in the order in which it came. */
  readonly log: string
  readonly milliseconds: number
}

/** More of a log is not kept: characters. */
const MAX_LOG = 20_000_000

/**
 * Runs a program, and shows what it writes. An exit code is an answer; what it started is ended with it when its time is
 * over.
 * @throws ReleaseError BUILDER_MISSING where it cannot be started; CANCELLED
 */
export async function runGate(
  call: GateCall,
  {exec, reporter, clock, signal}: Pick<Ports, 'exec' | 'reporter' | 'clock' | 'signal'>
): Promise<GateRun> {
  const {command, env, passed, timeout, secrets} = call
  const log = new GateLog(secrets)
  const start = clock.now()
  const [program, args] =
    'line' in command ? ['sh', ['-e', '-c', command.line]] : [command.program, command.args]
  const {
    exitCode,
    timedOut,
    left = []
  } = await exec(program, args, {
    env,
    inherit: [...PLAIN_VARIABLES, ...passed],
    ...(timeout === 0 ? {} : {timeout}),
    signal,
    group: 'ended',
    onLine: line => reporter.info(log.add(line))
  })
  for (const line of left) reporter.warning(`It left this running, which was ended: ${log.clean(line)}`)
  return {exitCode, timedOut: timedOut === true, log: log.text, milliseconds: clock.now() - start}
}

/** How a program ended, for a message: `exit code 1`, or that its time was over. */
export function endOf({exitCode, timedOut}: GateRun, timeout: number): string {
  return timedOut ? `it was ended after ${timeout / 1000} s` : `exit code ${exitCode}`
}

class GateLog {
  readonly #secrets: readonly string[]
  readonly #lines: string[] = []
  #length = 0

  constructor(secrets: readonly string[]) {
    // The longest first: one may be the start of another.
    this.#secrets = secrets.filter(secret => secret.trim() !== '').sort((a, b) => b.length - a.length)
  }

  /** Keeps a line, without secrets. Returns it as it may be shown. */
  add(line: string): string {
    const clean = this.clean(line)
    if (this.#length <= MAX_LOG) {
      this.#lines.push(this.#length + clean.length > MAX_LOG ? '(the log is longer, and ends here)' : clean)
      this.#length += clean.length + 1
    }
    return clean
  }

  /** A line without secrets. */
  clean(line: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line)
  }

  get text(): string {
    return this.#lines.map(line => `${line}\n`).join('')
  }
}
