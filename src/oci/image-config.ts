import {ReleaseError} from '../errors.js'
import {type Platform, normalisePlatform} from './platform.js'

/** What the config of an image says (image-spec config.md; `Healthcheck` is Docker's field). */
export interface ImageConfig {
  readonly platform: Platform
  readonly labels: Readonly<Record<string, string>>
  readonly hasHealthcheck: boolean
}

/**
 * Reads the config of an image.
 * @throws ReleaseError MANIFEST_INVALID where it is not one
 */
export function readImageConfig(bytes: Uint8Array): ImageConfig {
  const document = asObject(parseJson(bytes))
  const {os, architecture, variant} = document
  if (typeof os !== 'string' || os === '' || typeof architecture !== 'string' || architecture === '')
    throw new ReleaseError('MANIFEST_INVALID', 'the config of the image names no os and architecture')
  const runtime = asObject(document['config'])
  const labels = Object.entries(asObject(runtime['Labels'])).filter(([, value]) => typeof value === 'string')
  return {
    platform: normalisePlatform({
      os,
      architecture,
      ...(typeof variant === 'string' && variant ? {variant} : {})
    }),
    labels: Object.fromEntries(labels) as Record<string, string>,
    hasHealthcheck: Object.keys(asObject(runtime['Healthcheck'])).length > 0
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new ReleaseError('MANIFEST_INVALID', 'the config of the image is not JSON', {cause})
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
