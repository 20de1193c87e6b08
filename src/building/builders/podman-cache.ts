import {type CacheEntry, parseCacheFlag} from '../caches/cache-flag.js'
import type {CacheFlags} from './builder.js'

/** The caches that podman and buildah can use, and those that they cannot. */
export interface PodmanCache {
  /** Repositories. */
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly unknown: readonly string[]
}

/**
 * Takes what podman and buildah know of buildx's caches: those in a registry. Their repository has no tag, for each step
 * is kept under its own (buildah-build(1), `--cache-from`): the tag becomes a part of the name, so that what buildx keeps
 * apart by tags stays apart.
 */
export function podmanCache({from, to}: CacheFlags): PodmanCache {
  const read = from.flatMap(parseCacheFlag)
  const written = to.flatMap(parseCacheFlag)
  const unknown = [...read, ...written].filter(entry => repositoryOf(entry) === undefined)
  return {from: repositoriesOf(read), to: repositoriesOf(written), unknown: unknown.map(({type}) => type)}
}

function repositoriesOf(entries: readonly CacheEntry[]): string[] {
  return [...new Set(entries.map(repositoryOf).filter(found => found !== undefined))]
}

function repositoryOf({type, attributes}: CacheEntry): string | undefined {
  const reference = type === 'registry' ? attributes.get('ref') : undefined
  if (reference === undefined) return undefined
  const [, name = '', tag] = /^(.+?)(?::([\w.-]+))?$/.exec(reference.split('@')[0] ?? '') ?? []
  return tag === undefined || name === '' ? name || undefined : `${name}/${tag.toLowerCase()}`
}
