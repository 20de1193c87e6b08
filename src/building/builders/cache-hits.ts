/** How many steps of a build came from a cache. */
export interface CacheHits {
  readonly cached: number
  /** Steps that could have come from one: all but FROM. */
  readonly steps: number
}

/** Counts the lines of a builder's log while it runs. */
export interface CacheHitCounter {
  readonly watch: (line: string) => void
  readonly result: () => CacheHits
}

/** `#7 [build 2/3] RUN make`: a step of a stage, as BuildKit's plain progress names it each time that it is spoken of. */
export const BUILDKIT_STEP = /^#(\d+) \[(?:[^\]]* )?\d+\/\d+\] (?!FROM\b)/

/** `#7 CACHED` */
const BUILDKIT_CACHED = /^#(\d+) CACHED$/

/** `[2/2] STEP 3/5: RUN make` or `STEP 3/5: RUN make`, with the instruction (buildah 1.28 to 1.42). */
export const BUILDAH_STEP = /^(?:\[\d+\/\d+\] )?STEP \d+\/\d+: (?!FROM\b)(.*)/

/** What buildah says of a step that it has in the storage, also where it has just pulled it from the cache of a registry. */
export const BUILDAH_CACHED = /^--> Using cache /

/** A counter for one build, whichever builder writes the log. */
export function countCacheHits(): CacheHitCounter {
  const steps = new Set<string>()
  const cached = new Set<string>()
  const buildah = {steps: 0, cached: 0}
  return {
    watch(line) {
      const text = line.trim()
      const step = BUILDKIT_STEP.exec(text)?.[1]
      const hit = BUILDKIT_CACHED.exec(text)?.[1]
      if (step !== undefined) steps.add(step)
      if (hit !== undefined) cached.add(hit)
      if (BUILDAH_STEP.test(text)) buildah.steps += 1
      if (BUILDAH_CACHED.test(text)) buildah.cached += 1
    },
    result: () => ({
      cached: [...cached].filter(id => steps.has(id)).length + Math.min(buildah.cached, buildah.steps),
      steps: steps.size + buildah.steps
    })
  }
}
