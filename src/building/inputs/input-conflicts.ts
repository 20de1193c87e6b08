import type {InputIssue} from '../../errors.js'
import {levelFault} from '../builders/compression.js'
import type {BuildInputs} from './build-inputs.js'

/** Inputs that say how an image is built, and so nothing of one that is built already. */
const OF_A_BUILD = [
  'context',
  'file',
  'target',
  'build-args',
  'labels',
  'annotations',
  'build-contexts',
  'secrets',
  'secret-envs',
  'secret-files',
  'ssh',
  'cache',
  'cache-from',
  'cache-to',
  'provenance',
  'sbom',
  'attests',
  'compression',
  'compression-level'
] as const satisfies readonly (keyof BuildInputs)[]

/** What does not go together where an image is taken that another tool has built. */
export function buildFaults(given: BuildInputs): InputIssue[] {
  const {builder, source} = given
  if (source === undefined)
    return builder === 'prebuilt'
      ? [
          {
            input: 'source',
            message: 'is required with builder prebuilt: the image that another tool has built'
          }
        ]
      : []
  if (builder !== undefined && builder !== 'auto' && builder !== 'prebuilt')
    return [
      {input: 'builder', message: `${builder} builds nothing where source names an image: give one of them`}
    ]
  return OF_A_BUILD.filter(name => isGiven(given[name])).map(input => ({
    input,
    message: 'says how to build, but source names an image that is built already'
  }))
}

/** An attested image is an index, for which Docker's media types have no place. */
export function attestationFaults(given: BuildInputs): InputIssue[] {
  if (given.format !== 'docker') return []
  const asked = (['provenance', 'sbom'] as const).filter(name => ![undefined, 'false'].includes(given[name]))
  const inputs = [...asked, ...(given.attests.length > 0 ? ['attests'] : [])]
  return inputs.map(input => ({
    input,
    message: 'needs format oci: BuildKit attests no image of format docker'
  }))
}

/** What cannot be packed as it is asked for. */
export function compressionFaults(given: BuildInputs): InputIssue[] {
  const {compression, 'compression-level': level, format} = given
  const fault = level === undefined ? undefined : levelFault({format: compression ?? 'gzip', level})
  return [
    ...(fault === undefined ? [] : [{input: 'compression-level', message: fault}]),
    ...(format === 'docker' && (compression === 'zstd' || compression === 'estargz')
      ? [
          {
            input: 'compression',
            message: `${compression} needs format oci: Docker's media types have gzip only`
          }
        ]
      : [])
  ]
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined
}
