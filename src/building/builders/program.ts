import {BuilderError, ReleaseError, messageOf} from '../../errors.js'
import type {ExecOptions, ExecResult} from '../../ports.js'
import type {BuilderPorts} from './builder.js'
import {causeOf, hintFor, lastLines} from './build-log.js'

/** A program and the arguments that always come first, for example `docker buildx`. */
export interface Program {
  readonly command: string
  readonly prefix: readonly string[]
  /** What people call it, if not that: `docker buildx`, of which the command is the path of the plugin. */
  readonly title?: string
}

/** One call of a program, and what it is for, in words that end a sentence: `build . for linux/arm64`. */
export interface ProgramCall {
  readonly program: Program
  readonly args: readonly string[]
  readonly purpose: string
  readonly env?: Readonly<Record<string, string>>
  /** Names of variables of this process that it gets beside those of every builder. */
  readonly passed?: readonly string[]
  /** Pass the output on to the log while the program runs. */
  readonly stream?: boolean
  /** A line for the log without what says nothing to a person; undefined where nothing is left. */
  readonly forPeople?: (line: string) => string | undefined
  /** Takes each line too. */
  readonly watch?: ((line: string) => void) | undefined
  /** The names of folders for temporary files that it leaves where it is ended. */
  readonly leaves?: RegExp
  /** Texts that stand in no log and no error. */
  readonly hidden?: readonly string[] | undefined
}

/** Asks a program something. Undefined where it cannot be started, which mostly means that it is not there. */
export async function ask(
  ports: BuilderPorts,
  program: Program,
  args: readonly string[]
): Promise<ExecResult | undefined> {
  try {
    return await ports.exec(program.command, [...program.prefix, ...args], {signal: ports.signal})
  } catch (error) {
    throwIfCancelled(ports.signal)
    ports.reporter.debug(`${formatProgram(program)} cannot be started: ${messageOf(error)}`)
    return undefined
  }
}

/** Runs a call and gives back what it answered, whatever the exit code. */
export async function attempt(ports: BuilderPorts, call: ProgramCall): Promise<ExecResult> {
  throwIfCancelled(ports.signal)
  const {program, args, env, passed, leaves, stream = false} = call
  const onLine = (line: string): void => {
    call.watch?.(line)
    const shown = call.forPeople === undefined ? line : call.forPeople(line)
    if (shown !== undefined) ports.reporter.info(hide(shown, call.hidden))
  }
  try {
    const options: ExecOptions = {
      signal: ports.signal,
      group: 'cancelled',
      ...(stream ? {onLine} : {}),
      ...(env === undefined ? {} : {env}),
      ...(passed === undefined ? {} : {passed}),
      ...(leaves === undefined ? {} : {leaves})
    }
    const result = await ports.exec(program.command, [...program.prefix, ...args], options)
    throwIfCancelled(ports.signal)
    return {...result, stdout: hide(result.stdout, call.hidden), stderr: hide(result.stderr, call.hidden)}
  } catch (cause) {
    throwIfCancelled(ports.signal)
    if (cause instanceof ReleaseError) throw cause
    throw new ReleaseError('BUILDER_MISSING', `${formatProgram(program)} cannot be started`, {cause})
  }
}

/**
 * Runs a call that must end well.
 * @throws BuilderError with the cause, the exit code and the last lines
 */
export async function run(ports: BuilderPorts, call: ProgramCall): Promise<ExecResult> {
  const result = await attempt(ports, call)
  if (result.exitCode !== 0) throw failureOf(call, result)
  return result
}

/** The error of a call that ended badly. */
export function failureOf(call: ProgramCall, result: ExecResult): BuilderError {
  const log = result.stderr.trim() === '' ? result.stdout : result.stderr
  const lines = lastLines(log, 8)
  const summary = `${formatProgram(call.program)} could not ${call.purpose} (exit code ${result.exitCode}): ${causeOf(log)}`
  const message =
    lines.length > 1 ? [summary, 'Its last lines:', ...lines.map(line => `  ${line}`)] : [summary]
  return new BuilderError(message.join('\n'), result.exitCode, {hint: hintFor(log)})
}

/** `docker buildx`, `buildah`. */
export function formatProgram(program: Program): string {
  return program.title ?? [program.command, ...program.prefix].join(' ')
}

/** A text without the values of secrets, the longest first: what is left of one that begins like another would be shown. */
function hide(text: string, hidden: readonly string[] = []): string {
  return [...hidden]
    .sort((one, other) => other.length - one.length)
    .reduce((left, value) => left.replaceAll(value, '***'), text)
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new ReleaseError('CANCELLED', 'cancelled while the image was built')
}
