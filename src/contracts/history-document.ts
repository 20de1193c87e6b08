import * as z from 'zod/mini'
import {ReleaseError, messageOf} from '../errors.js'
import {parseMetrics} from './metrics-document.js'
import {HISTORY_SCHEMA, type ReleaseHistory} from './release-history.js'
import {late, readBySchema} from './schema.js'
import {parseJson} from '../shared/json.js'

const schema = late(() => {
  const text = z.string().check(z.maxLength(1024))
  const size = z.number().check(z.minimum(0))
  const numbers = z.object({
    target: text,
    platform: text,
    buildTime: size,
    imageSize: size,
    layerCount: size,
    cache: z.exactOptional(z.object({hits: size, steps: size})),
    findings: z.exactOptional(
      z.object({
        scanner: text,
        critical: size,
        high: size,
        medium: size,
        low: size,
        unknown: size,
        ignored: size
      })
    ),
    sent: size,
    skipped: size
  })
  return z.object({
    schema: z.literal(HISTORY_SCHEMA),
    name: text,
    created: z.exactOptional(text),
    builds: z.array(z.unknown()),
    earlier: z.array(z.object({name: text, created: z.exactOptional(text), builds: z.array(numbers)}))
  })
})

/**
 * Reads the metrics that stand beside an index, where anyone may have put them who can push.
 * @throws ReleaseError METRICS_INVALID with the first faults
 */
export function parseHistory(json: string): ReleaseHistory {
  const document = parseJson(json, cause => invalid(`it is not JSON: ${messageOf(cause)}`, cause))
  const result = readBySchema(schema, document)
  if (result.faults !== undefined)
    throw invalid(
      result.faults
        .slice(0, 5)
        .map(({path, message}) => `${path.join('.')}: ${message}`)
        .join('; ')
    )
  const {name, created, builds, earlier} = result.data
  return {
    name,
    ...(created === undefined ? {} : {created}),
    builds: parseMetrics(JSON.stringify(builds)),
    earlier
  }
}

function invalid(fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('METRICS_INVALID', `not the history of a release: ${fault}`, {cause})
}
