import {InputError, ReleaseError, messageOf} from '../errors.js'

/** What is said of a failure: one line, or one for each fault of the input; then what to do. */
export function errorLines(error: unknown): string[] {
  if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
  if (error instanceof ReleaseError)
    return [`${error.message} [${error.code}]`, ...(error.hint ? [error.hint] : [])]
  return [`unexpected: ${messageOf(error)}`]
}

/** The chain of causes with their stacks, for the debug log. */
export function causeLines(error: unknown): string[] {
  const lines: string[] = []
  for (let cause = error; cause instanceof Error && lines.length < 20; cause = cause.cause) {
    lines.push(cause.stack ?? cause.message)
  }
  return lines
}
