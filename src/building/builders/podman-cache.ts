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
  const read = from.map(repositoryOf)
  const written = to.map(repositoryOf)
  return {
    from: distinct(read),
    to: distinct(written),
    unknown: [...from, ...to].filter((_, at) => [...read, ...written][at] === undefined).map(typeOf)
  }
}

function repositoryOf(cache: string): string | undefined {
  const fields = fieldsOf(cache)
  const reference =
    fields.size === 0 ? cache : fields.get('type') === 'registry' ? fields.get('ref') : undefined
  if (reference === undefined) return undefined
  const [, name = '', tag] = /^(.+?)(?::([\w.-]+))?$/.exec(reference.split('@')[0] ?? '') ?? []
  return tag === undefined || name === '' ? name || undefined : `${name}/${tag.toLowerCase()}`
}

function typeOf(cache: string): string {
  return fieldsOf(cache).get('type') ?? cache
}

function fieldsOf(cache: string): ReadonlyMap<string, string> {
  const pairs = cache.split(',').map(field => field.split('='))
  if (pairs.some(([, value]) => value === undefined)) return new Map()
  return new Map(pairs.map(([key = '', ...rest]) => [key.trim(), rest.join('=').trim()]))
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter(value => value !== undefined))]
}
