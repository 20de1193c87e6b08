import * as z from 'zod/mini'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'
import type {VerifiedCheck} from './verified-check.js'

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
  return readJobDocument(text, {schema, title: 'the output "checks" of verify-release'})
}
