import * as z from 'zod/mini'
import {ReleaseError} from '../errors.js'
import {late, readBySchema} from './schema.js'
import type {VerifiedCheck} from './verified-check.js'
import {parseJson} from '../shared/json.js'

const schema = late(() =>
  z.array(
    z.object({
      kind: z.enum(['signature', 'start']),
      reference: z.string(),
      platform: z.exactOptional(z.string()),
      outcome: z.string(),
      faults: z.array(z.string())
    })
  )
)

/**
 * Reads what verify-release gave out as `checks`.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseChecks(text: string): readonly VerifiedCheck[] {
  const result = readBySchema(schema, parseJson(text, notJson))
  if (result.faults === undefined) return result.data
  const faults = result.faults.map(({path, message}) => `${path.join('.') || 'document'}: ${message}`)
  throw new ReleaseError('PLAN_INVALID', `not the output "checks" of verify-release: ${faults.join('; ')}`)
}

function notJson(cause: unknown): ReleaseError {
  return new ReleaseError('PLAN_INVALID', 'not the output "checks" of verify-release: not JSON', {cause})
}
