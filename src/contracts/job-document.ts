import type * as z from 'zod/mini'
import {ReleaseError} from '../errors.js'
import {parseJson} from '../shared/json.js'
import {type DocumentName, wrongDocument} from './document-kind.js'
import {readBySchema} from './schema.js'

/** What a document has to be. */
export interface WantedDocument<T> {
  readonly schema: () => z.ZodMiniType<T>
  /** How it is called: `the output "release" of merge-manifest`. */
  readonly title: string
  /** By which it is told from others that were given in its place. */
  readonly name?: DocumentName
  /** How many faults are said; by default all. */
  readonly most?: number
}

/**
 * Reads a document that crosses jobs.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong, or with what the document is in place of it
 */
export function readJobDocument<T>(text: string, {schema, title, name, most}: WantedDocument<T>): T {
  const document = parseJson(text, cause => invalid(title, 'not JSON', cause))
  const result = readBySchema(schema, document)
  if (result.faults === undefined) return result.data
  const faults = result.faults
    .slice(0, most)
    .map(({path, message}) => `${path.join('.') || 'document'}: ${message}`)
  const other = name === undefined ? undefined : wrongDocument(document, name)
  throw invalid(title, other ?? faults.join('; '))
}

function invalid(title: string, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('PLAN_INVALID', `not ${title}: ${fault}`, {cause})
}
