import {BUILDAH_CACHED, BUILDAH_STEP} from './cache-hits.js'

/**
 * Instructions that change the config alone. buildah compares them with its storage as they are written, with `$NAME` in them:
 * such a step that comes from there is that of the build that left it, whatever its arguments and platform were (seen with
 * 1.28.2 and 1.42.0, 2026-11). RUN and COPY are compared with what they stand for.
 */
const CONFIG_INSTRUCTION = /^(?:ENV|LABEL|USER|WORKDIR|EXPOSE|STOPSIGNAL|VOLUME|ONBUILD)\s/i

/** Arguments that each build has by itself, and those of another platform differ. */
const AUTOMATIC = ['TARGET', 'BUILD'].flatMap(of =>
  ['PLATFORM', 'OS', 'ARCH', 'VARIANT'].map(what => `${of}${what}`)
)

/** Finds steps out of the storage that may be those of a build with other arguments. */
export interface StaleSteps {
  readonly watch: (line: string) => void
  /** Whether there was one. */
  readonly isFound: () => boolean
}

/**
 * Reads the log of podman or buildah while it runs.
 * @param buildArgs `NAME=VALUE`, or `NAME`
 */
export function findStaleSteps(buildArgs: readonly string[]): StaleSteps {
  const names = [...buildArgs.map(line => line.split('=')[0] ?? ''), ...AUTOMATIC, 'SOURCE_DATE_EPOCH']
  const uses = names.filter(name => /^\w+$/.test(name)).map(name => new RegExp(`\\$\\{?${name}\\b`))
  const state = {isDependent: false, isFound: false}
  return {
    watch(line) {
      const text = line.trim()
      const instruction = BUILDAH_STEP.exec(text)?.[1]
      if (instruction !== undefined)
        state.isDependent = CONFIG_INSTRUCTION.test(instruction) && uses.some(use => use.test(instruction))
      else if (BUILDAH_CACHED.test(text)) state.isFound ||= state.isDependent
    },
    isFound: () => state.isFound
  }
}
