import {ReleaseError} from '../errors.js'
import type {Ports} from '../ports.js'

/**
 * Asks whoever sits at a terminal whether to write. What is written is said first, a line each.
 * @throws ReleaseError CANCELLED where the answer is no
 */
export async function assertConfirmed(
  {confirm, reporter}: Pick<Ports, 'confirm' | 'reporter'>,
  question: string,
  what: readonly string[] = []
): Promise<void> {
  if (await confirm(questionWith(question, what))) return
  reporter.notice('No registry was changed.')
  throw new ReleaseError('CANCELLED', 'the answer was not yes', {
    hint: 'Answer y, or pass --yes to skip the question.'
  })
}

/** A question, after what it is about. */
export function questionWith(question: string, what: readonly string[]): string {
  return [...what.map(line => `  ${line}`), question].join('\n')
}
