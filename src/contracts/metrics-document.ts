import * as z from 'zod/mini'
import {ReleaseError, messageOf} from '../errors.js'
import {type BuildMetrics, METRICS_SCHEMA} from './metrics.js'
import {late, readBySchema} from './schema.js'
import {parseJson} from '../shared/json.js'

/** Fields of later versions of the same schema are passed over. */
const schema = late(() => {
  const text = z.string().check(z.maxLength(65_536))
  const size = z.number().check(z.minimum(0))
  return z.array(
    z.object({
      schema: z.literal(METRICS_SCHEMA),
      target: z.exactOptional(text),
      platform: text,
      digest: text,
      builder: text,
      buildTime: size,
      imageSize: size,
      layersSize: size,
      layerCount: size,
      largestLayers: z.array(z.object({digest: text, size, createdBy: z.exactOptional(text)})),
      cache: z.exactOptional(z.object({hits: size, steps: size})),
      vulnerabilities: z.exactOptional(
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
      registries: z.array(z.object({repository: text, uploaded: size, skipped: size, milliseconds: size})),
      phases: z.array(z.object({name: text, start: size, milliseconds: size})),
      gates: z.exactOptional(
        z.array(z.object({gate: z.enum(['scan', 'test', 'layers', 'sbom']), evidence: text}))
      ),
      began: z.exactOptional(z.iso.datetime())
    })
  )
})

/**
 * Reads the metrics of one build, or a list of several.
 * @throws ReleaseError METRICS_INVALID with the first faults
 */
export function parseMetrics(json: string): readonly BuildMetrics[] {
  const document = parseJson(json, cause => invalid(`they are not JSON: ${messageOf(cause)}`, cause))
  const list = readBySchema(schema, Array.isArray(document) ? document : [document])
  if (list.faults === undefined) return list.data
  const faults = list.faults.slice(0, 5).map(({path, message}) => `${path.join('.')}: ${message}`)
  throw invalid(faults.join('; '))
}

function invalid(fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('METRICS_INVALID', `not valid metrics: ${fault}`, {
    cause,
    hint: 'Give what build-by-digest gave out as metrics, of one build or several in a list.'
  })
}
