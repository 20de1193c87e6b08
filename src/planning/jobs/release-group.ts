import {createHash} from 'node:crypto'
import type {Plan} from '../../contracts/plan.js'

/**
 * A short name for what a plan releases: the same for every commit, ref and version; another for other targets or other
 * repositories.
 */
export function releaseGroup({targets}: Pick<Plan, 'targets'>): string {
  const names = targets.flatMap(({name, images}) => [name, ...images])
  return shortHash([...new Set(names)].sort())
}

/**
 * A short name for what a plan builds: the same for every commit and version of a ref, and another for another release of
 * the same images in one run, which is built otherwise or has other tags.
 * @param flavor what holds for all tags
 */
export function buildGroup({targets}: Pick<Plan, 'targets'>, flavor: object): string {
  const builds = targets.map(({name, images, build, variant, tags}) => [
    name,
    images,
    build ?? {},
    variant ?? {},
    tags.map(({rule}) => rule)
  ])
  return shortHash([builds, flavor])
}

function shortHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
}
