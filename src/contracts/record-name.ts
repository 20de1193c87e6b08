import {type Platform, platformSlug} from '../oci/platform.js'

const MAX_SLUG_LENGTH = 60

/**
 * The name of a digest record, as artifact and as file: `digest-<plan>-<target>-<os>-<architecture>[-<variant>]`. The id of
 * the plan keeps the records of two plans of one run apart, whatever their images are called.
 * Letters, digits, "_", "." and "-" only: artifact names refuse more than file names do.
 */
export function recordName(planId: string, target: string, platform: Platform): string {
  return `digest-${planId}-${slugOf(target)}-${platformSlug(platform)}`
}

/** A name that a target may have: what stands for it in artifact names, file names and job names. */
export function slugOf(text: string): string {
  const slug = text.toLowerCase().replace(/[^a-z0-9_.]+/g, '-')
  return slug.slice(0, MAX_SLUG_LENGTH).replace(/^[-.]+|[-.]+$/g, '') || 'image'
}
