import {createHash} from 'node:crypto'
import type {Plan} from './plan.js'

/**
 * A short name for what a plan releases: the same for every commit, ref and version; another for other targets or other
 * repositories.
 */
export function releaseGroup({targets}: Pick<Plan, 'targets'>): string {
  const names = targets.flatMap(({name, images}) => [name, ...images])
  const hash = createHash('sha256').update(JSON.stringify([...new Set(names)].sort()))
  return hash.digest('hex').slice(0, 12)
}
