import * as z from 'zod/mini'
import {ReleaseError, messageOf} from '../errors.js'
import {late, readBySchema} from './schema.js'
import {wrongDocument} from './document-kind.js'
import {parseJson} from '../shared/json.js'

/** What a scan matrix says of each image that is scanned: its target, and how closely. */
export interface ScanJobs {
  readonly include: readonly {readonly target: string; readonly level: 'full' | 'basic'}[]
}

const jobs = late(() => {
  return z.object({include: z.array(z.object({target: z.string(), level: z.enum(['full', 'basic'])}))})
})

/**
 * Reads a scan matrix as compute-tags gives it out.
 * @throws ReleaseError PLAN_INVALID
 */
export function parseScanJobs(json: string): ScanJobs {
  const document = parseJson(json, cause => invalid(`it is not JSON: ${messageOf(cause)}`))
  const parsed = readBySchema(jobs, document)
  if (parsed.faults === undefined) return parsed.data
  const faults = parsed.faults.map(({path, message}) => `${path.join('.')}: ${message}`)
  throw invalid(wrongDocument(document, 'scan-matrix') ?? faults.slice(0, 3).join('; '))
}

function invalid(fault: string): ReleaseError {
  return new ReleaseError('PLAN_INVALID', `not a scan matrix: ${fault}`, {
    hint: 'Pass on the output "scan-matrix" of compute-tags as it is.'
  })
}
