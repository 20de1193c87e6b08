import {type OrderedVersion, parseOrdered, prereleaseParts} from '../../versions/version-order.js'

/** A tag that names a version, and what tells its variant from others: `-debug` of 1.2.3-debug, `cuda-` of cuda-1.2.3. */
export interface VariantTag {
  readonly version: OrderedVersion
  /** Empty where there is nothing around the version. */
  readonly variant: string
}

/** What `git describe` and builds put after a version: it changes with each, and names no variant. */
const COMMIT = /^g?(?=[a-f]*\d)[0-9a-f]{7,40}$/

/** Reads the version and the variant of a tag; undefined where it names no version, such as `main` or `staging-1a2b3c4`. */
export function readVariantTag(tag: string): VariantTag | undefined {
  const parts = tag.split('-')
  const at = parts.findIndex(part => /^v?\d/.test(part) && parseOrdered(part) !== undefined)
  if (at < 0) return undefined
  const rest = parts.slice(at + 1)
  const end = prereleaseParts(rest)
  const version = parseOrdered([parts[at], ...rest.slice(0, end)].join('-')) ?? parseOrdered(parts[at] ?? '')
  const suffix = rest.slice(end).filter(part => !COMMIT.test(part))
  const prefix = parts.slice(0, at)
  const variant = prefix.length + suffix.length === 0 ? '' : `${prefix.join('-')}|${suffix.join('-')}`
  return version && {version, variant}
}

/** A variant without the version of what it names: alpine3.20 is the variant of alpine3.19, one release later. */
export function withoutNumbers(variant: string): string {
  return variant.replaceAll(/\d+(?:\.\d+)*/g, '')
}

/** What a tag looks like that names no version: `staging-1a2b3c4` and `staging-5d6e7f8` look the same. */
export function shapeOf(tag: string): string {
  return tag.replaceAll(/[0-9a-f]{7,}|\d+/g, '#')
}
