import {digestOf, hexOf} from '../../oci/digest.js'
import type {PlannedCache} from './actions-caches.js'
import type {CleanupPlan} from './cleanup-plan.js'

/** The plan of one repository by its name. */
export interface NamedPlan {
  readonly image: string
  readonly plan: CleanupPlan
}

/** Hex digits of a stamped hash that say when its plan was made. */
const STAMP = 12

/** What was approved: what goes, and by which time ages were told. */
export interface ExpectedPlan {
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

/**
 * A hash with the time of its plan, in 64 hex digits: by that time a later run tells ages, so that what has merely grown old
 * enough since is no change.
 * @param time milliseconds since the epoch
 */
export function stampHash(hash: string, time: number): string {
  return Math.trunc(time).toString(16).padStart(STAMP, '0').slice(-STAMP) + hash.slice(STAMP)
}

/** Reads what `stampHash` made; undefined for any other text. */
export function readStampedHash(text: string): ExpectedPlan | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? {text, time: Number.parseInt(text.slice(0, STAMP), 16)} : undefined
}

/** A text of 64 hex digits that two plans share only where exactly the same goes. */
export function planHash(plans: readonly NamedPlan[], caches: readonly PlannedCache[] = []): string {
  const lines = plans.flatMap(({image, plan}) => [
    ...plan.tags.map(({tag, digest}) => `${image}:${tag} ${digest ?? 'lost'}`),
    ...plan.waves.flat().map(({digest, tags}) => [`${image}@${digest}`, ...[...tags].sort()].join(' '))
  ])
  const all = [...lines, ...caches.map(({id, key}) => `cache ${id} ${key}`)].sort()
  return hexOf(digestOf(new TextEncoder().encode(all.join('\n'))))
}
