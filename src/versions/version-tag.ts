import type {Tag} from '../oci/reference.js'
import {type OrderedVersion, compareOrdered, parseOrdered, prereleaseParts} from './version-order.js'

/** A tag that names a version, alone or of one variant: 1.2.3, v1.2.3-rc.1, 1.2.3-python3.13, cuda-1.2.3. */
export interface VersionTag {
  readonly tag: Tag
  readonly version: OrderedVersion
  /** What stands around the version; empty for an image without variants. */
  readonly variant: string
}

const WHOLE =
  /^(?:(?<prefix>[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*)-)?(?<core>v?\d+\.\d+\.\d+)(?:-(?<suffix>.+))?$/
const SHORT =
  /^(?:(?<prefix>[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*)-)?v?(?<numbers>\d+(?:\.\d+)?)(?:-(?<suffix>.+))?$/

const TWO_PARTS = /^((?:[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*-)?v?)(\d+\.\d+)((?:-.+)?)$/

/** Reads a tag as a whole version; undefined where it is none. */
export function readVersionTag(tag: Tag): VersionTag | undefined {
  const groups = WHOLE.exec(tag)?.groups
  if (groups === undefined) return undefined
  const {prefix = '', core = '', suffix = ''} = groups
  const parts = suffix === '' ? [] : suffix.split('-')
  const end = prereleaseParts(parts)
  const version = parseOrdered([core, ...parts.slice(0, end)].join('-'))
  const variant = variantOf(prefix, parts.slice(end).join('-'))
  return version && {tag, version, variant}
}

/** Reads a tag as a version of two parts, such as 24.04 or 1.2-alpine; undefined where it is none. */
export function readShortVersionTag(tag: Tag): VersionTag | undefined {
  const [, before, numbers, after] = TWO_PARTS.exec(tag) ?? []
  if (before === undefined || numbers === undefined || after === undefined) return undefined
  const version = readVersionTag(`${before}${numbers}.0${after}` as Tag)
  return version && {...version, tag}
}

/** What a shorter alias names: 1.2 of the variant python3.13 in 1.2-python3.13. */
export function readAlias(
  tag: Tag
): {readonly numbers: readonly bigint[]; readonly variant: string} | undefined {
  const groups = SHORT.exec(tag)?.groups
  if (groups === undefined) return undefined
  const {prefix = '', numbers = '', suffix = ''} = groups
  return {numbers: numbers.split('.').map(BigInt), variant: variantOf(prefix, suffix)}
}

/** The newest first. */
export function newestFirst(tags: readonly VersionTag[]): VersionTag[] {
  return [...tags].sort((one, other) => compareOrdered(other.version, one.version))
}

function variantOf(prefix: string, suffix: string): string {
  return prefix === '' && suffix === '' ? '' : `${prefix}|${suffix}`
}
