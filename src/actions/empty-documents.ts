import {InputError} from '../errors.js'
import type {InputTable} from '../command/input.js'

/** The outputs that say where documents are kept, by the inputs that take them. */
const PLACES: Readonly<Record<string, string>> = {
  plan: 'plan-artifact',
  release: 'release-artifact',
  journal: 'release-artifact',
  metrics: 'release-artifact',
  report: 'report-artifact'
}

/** The inputs of a call that take a document of an earlier job, and are empty. */
export function emptyDocuments(
  table: InputTable,
  texts: Readonly<Record<string, string | undefined>>
): string[] {
  return Object.keys(table).filter(name => Object.hasOwn(PLACES, name) && (texts[name] ?? '').trim() === '')
}

/**
 * Why a document may have arrived empty, for a step that lacks one. The runner tells no empty input from one that was not
 * given.
 */
export function emptyDocumentLines(error: unknown, empty: readonly string[]): string[] {
  if (!(error instanceof InputError)) return []
  if (!error.issues.some(({message}) => message.startsWith('is required'))) return []
  return empty.map(
    name =>
      `If the workflow gives ${name} and it arrived empty: GitHub drops an output that holds the value of a secret of its job, such as a user name that is the namespace, too ("Skip output '${name}' since it may contain secret" in the log of that job). Take the output ${PLACES[name] ?? ''} of the job in its place, or keep the user name in a variable, not in a secret. The output is empty, too, where that job was skipped.`
  )
}
