import type {CacheFlags} from './builder.js'
import type {TierUse} from './cache-tiers-log.js'
import {podmanCache} from './podman-cache.js'

/** What a build by podman or buildah had of one repository with steps. */
export interface StepCacheUse {
  readonly repository: string
  readonly direction: TierUse['direction']
  /** The tag of each step that it gave or took. */
  readonly tags: readonly string[]
}

/** `--> Pushing cache r.test/c:0123…` (buildah 1.28), `--> Pushing cache [r.test/c]:0123…` (1.42), which tells a pulled tag twice. */
const LINE = /^--> (Cache pulled from remote|Pushing cache) \[?(.+?)\]?:([0-9a-f]{64})(?::[0-9a-f]{64})?$/

/** Watches which steps come from which cache, and go to which: their log names the cache of each. */
export function watchStepCaches(): {
  readonly watch: (line: string) => void
  readonly result: (cache: CacheFlags) => readonly StepCacheUse[]
} {
  const seen = new Map<string, Set<string>>()
  const keyOf = (direction: TierUse['direction'], repository: string): string => `${direction} ${repository}`
  return {
    watch(line) {
      const [, verb, repository, tag] = LINE.exec(line.trim()) ?? []
      if (repository === undefined || tag === undefined) return
      for (const name of repository.split(/[\s,]+/)) {
        const key = keyOf(verb === 'Pushing cache' ? 'written' : 'read', name)
        seen.set(key, (seen.get(key) ?? new Set()).add(tag))
      }
    },
    result(cache) {
      const {from, to} = podmanCache(cache)
      const usesOf = (direction: TierUse['direction'], repositories: readonly string[]): StepCacheUse[] =>
        repositories.map(repository => ({
          repository,
          direction,
          tags: [...(seen.get(keyOf(direction, repository)) ?? [])]
        }))
      return [...usesOf('read', from), ...usesOf('written', to)]
    }
  }
}
