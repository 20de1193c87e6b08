import type {BuilderProgram} from '../../src/building/builders/builder-name.js'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from './builder-ports.js'
import {startBuildKit} from './buildkit.js'
import {CONTAINER_BUILDKIT, startContainerBuildKit} from './container-buildkit.js'
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

/**
 * The builders, and the programs that each needs: buildx with its drivers `remote` and `docker-container`, podman and buildah of
 * the system, and recent ones beside them.
 */
export const BUILDERS = [
  ['buildx', ['buildkitd', 'docker-buildx']],
  ['buildx in a container', CONTAINER_BUILDKIT],
  ['podman', ['podman']],
  ['buildah', ['buildah']],
  ['podman 5', ['recent/podman']],
  ['buildah 1.42', ['recent/buildah']]
] as const

export type RealBuilderName = (typeof BUILDERS)[number][0]

const PROGRAMS: Readonly<Record<RealBuilderName, BuilderProgram>> = {
  buildx: 'buildx',
  'buildx in a container': 'buildx',
  podman: 'podman',
  buildah: 'buildah',
  'podman 5': 'podman',
  'buildah 1.42': 'buildah'
}

/** The drivers of buildx. */
export const BUILDX_DRIVERS = BUILDERS.filter(([name]) => programOf(name) === 'buildx')

/** Those that keep images in a storage of this machine. */
export const STORING_BUILDERS = BUILDERS.filter(([name]) => programOf(name) !== 'buildx')

/** What is called: `podman` for `podman 5`. */
export function programOf(name: RealBuilderName): BuilderProgram {
  return PROGRAMS[name]
}

/** Whether a Containerfile may have here-documents; the system may have a builder that is too old for them. */
export function hasHeredocs(name: RealBuilderName): boolean {
  return programOf(name) === 'buildx' || isRecent(name)
}

/** Whether it stands beside one that the system has. */
export function isRecent(name: RealBuilderName): boolean {
  return name === 'podman 5' || name === 'buildah 1.42'
}

/** Starts BuildKit, or makes a storage for podman and buildah. */
export async function startBuilder(
  name: RealBuilderName,
  httpRegistries: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {}
): Promise<RealBuilder> {
  const made = await startMachine(name, httpRegistries)
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

interface Machine {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

async function startMachine(name: RealBuilderName, httpRegistries: readonly string[]): Promise<Machine> {
  if (name === 'buildx') return await startBuildKit(httpRegistries)
  if (name === 'buildx in a container') return await startContainerBuildKit(httpRegistries)
  return storage(name)
}

function storage(name: RealBuilderName): Machine {
  const made = makeContainerStorage({isRecent: isRecent(name)})
  return {
    env: made.env,
    stop: () => {
      made.remove()
      return Promise.resolve()
    }
  }
}
