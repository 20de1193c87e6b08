import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from './builder-ports.js'
import {startBuildKit} from './buildkit.js'
import {makeContainerStorage} from './container-storage.js'

/** A real builder with all that it needs and nothing that anything else uses. */
export interface RealBuilder {
  readonly exec: Exec
  /** What was run: program and arguments, one line each. */
  readonly calls: string[]
  /** The variables that lead the programs there. */
  readonly env: Readonly<Record<string, string>>
  /** Starts again with nothing built. */
  renew(): Promise<RealBuilder>
  stop(): Promise<void>
}

/** The programs that each needs. */
export const BUILDERS = [
  ['buildx', ['buildkitd', 'docker-buildx']],
  ['podman', ['podman']],
  ['buildah', ['buildah']]
] as const

export type RealBuilderName = (typeof BUILDERS)[number][0]

/** Starts BuildKit, or makes a storage for podman and buildah. */
export async function startBuilder(
  name: RealBuilderName,
  httpRegistries: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {}
): Promise<RealBuilder> {
  const made = name === 'buildx' ? await startBuildKit(httpRegistries) : storage()
  const env = {...made.env, ...variables}
  const calls: string[] = []
  const plain = execWithEnvironment(env)
  return {
    env,
    calls,
    exec: (command, args, options) => {
      calls.push([command, ...args].join(' '))
      return plain(command, args, options)
    },
    renew: async () => {
      await made.stop()
      return await startBuilder(name, httpRegistries, variables)
    },
    stop: () => made.stop()
  }
}

function storage(): {env: Readonly<Record<string, string>>; stop: () => Promise<void>} {
  const made = makeContainerStorage()
  return {
    env: made.env,
    stop: () => {
      made.remove()
      return Promise.resolve()
    }
  }
}
