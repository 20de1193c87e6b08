import {InputError, ReleaseError, messageOf} from '../errors.js'

/**
 * What is said of a failure: one line, or one for each fault of the input; then what a builder said last, and what to
 * do. No line holds a line break: a host marks each as its own, so that none is taken for a workflow command.
 */
export function errorLines(error: unknown): string[] {
  if (error instanceof InputError)
    return [
      ...error.issues.map(({input, message}) => `${input}: ${linesOf(message).join(' ')}`),
      ...(error.hint === undefined ? [] : linesOf(error.hint))
    ]
  if (!(error instanceof ReleaseError)) return [`unexpected: ${linesOf(messageOf(error)).join(' ')}`]
  const [first = '', ...rest] = linesOf(error.message)
  return [`${first} [${error.code}]`, ...rest, ...(error.hint ? [error.hint] : [])]
}

/** The chain of causes with their stacks, for the debug log. */
export function causeLines(error: unknown): string[] {
  const lines: string[] = []
  for (let cause = error; cause !== undefined && lines.length < 20; cause = causeOf(cause))
    lines.push(cause instanceof Error ? (cause.stack ?? cause.message) : messageOf(cause))
  return lines
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined
}

function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/)
}
