import {digestOf, hexOf} from '../oci/digest.js'
import type {PlannedCache} from './actions-caches.js'
import type {CleanupPlan} from './cleanup-plan.js'

/** The plan of one repository by its name. */
export interface NamedPlan {
  readonly image: string
  readonly plan: CleanupPlan
}

/** A text of 64 hex digits that two plans share only where exactly the same goes. */
export function planHash(plans: readonly NamedPlan[], caches: readonly PlannedCache[] = []): string {
  const lines = plans.flatMap(({image, plan}) => [
    ...plan.tags.map(({tag, digest}) => `${image}:${tag} ${digest}`),
    ...plan.waves.flat().map(({digest, tags}) => [`${image}@${digest}`, ...[...tags].sort()].join(' '))
  ])
  const all = [...lines, ...caches.map(({id, key}) => `cache ${id} ${key}`)].sort()
  return hexOf(digestOf(new TextEncoder().encode(all.join('\n'))))
}
