import {createHash} from 'node:crypto'
import {type Platform, platformSlug} from '../oci/platform.js'

const MAX_SLUG_LENGTH = 60

/**
 * The name of a digest record, as artifact and as file: `digest-<hash>-<target>-<os>-<architecture>[-<variant>]`.
 * The hash is that of image and target, so that the records of `app` and `app-api` cannot be taken for one another.
 * Letters, digits, "_", "." and "-" only: artifact names refuse more than file names do.
 */
export function recordName(image: string, target: string, platform: Platform): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([image, target]))
    .digest('hex')
    .slice(0, 8)
  return `digest-${hash}-${slugOf(target)}-${platformSlug(platform)}`
}

/** A name that a target may have: what stands for it in artifact names, file names and job names. */
export function slugOf(text: string): string {
  const slug = text.toLowerCase().replace(/[^a-z0-9_.]+/g, '-')
  return slug.slice(0, MAX_SLUG_LENGTH).replace(/^[-.]+|[-.]+$/g, '') || 'image'
}
