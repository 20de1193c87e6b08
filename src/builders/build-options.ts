import {InputError} from '../errors.js'
import type {BuilderName} from './builder-name.js'

/** How the builders take a setting of docker/build-push-action: the flag, or what to do where there is none. */
interface OptionSupport {
  readonly buildx: string
  readonly podman: {readonly flag: string} | {readonly advice: string}
}

/** Settings that are passed on as they are, by the names that docker/build-push-action gives its inputs. */
const SUPPORT = {
  'add-hosts': same('--add-host'),
  allow: only(
    '--allow',
    'It is an entitlement of BuildKit. For the network of the host set network to host.'
  ),
  attests: only('--attest', 'Attach an SBOM or provenance to the published image instead.'),
  'build-contexts': same('--build-context'),
  'cgroup-parent': same('--cgroup-parent'),
  network: same('--network'),
  'no-cache-filters': only('--no-cache-filter', 'Set no-cache, which builds all stages anew.'),
  'shm-size': same('--shm-size'),
  ulimit: same('--ulimit')
} as const satisfies Readonly<Record<string, OptionSupport>>

/** The name of a setting that is passed on. */
export type BuildOption = keyof typeof SUPPORT

/** Values of settings that are passed on; one flag each. */
export type BuildOptions = Readonly<Partial<Record<BuildOption, readonly string[]>>>

/** The flags of buildx for these settings. */
export function buildxFlags(options: BuildOptions): string[] {
  return entriesOf(options).flatMap(([name, values]) =>
    values.flatMap(value => [SUPPORT[name].buildx, value])
  )
}

/** The flags of podman and buildah; what they have none for was refused before. */
export function podmanFlags(options: BuildOptions): string[] {
  return entriesOf(options).flatMap(([name, values]) => {
    const support: OptionSupport['podman'] = SUPPORT[name].podman
    return 'flag' in support ? values.flatMap(value => [support.flag, value]) : []
  })
}

/**
 * Makes sure that a builder knows every setting that was made.
 * @throws InputError that names each it does not know, with what to do
 */
export function assertKnown(builder: BuilderName, options: BuildOptions): void {
  if (builder === 'buildx' || builder === 'prebuilt') return
  const issues = entriesOf(options).flatMap(([input]) => {
    const support: OptionSupport['podman'] = SUPPORT[input].podman
    return 'advice' in support
      ? [{input, message: `${builder} has nothing like it, only buildx. ${support.advice}`}]
      : []
  })
  if (issues.length > 0) throw new InputError(issues)
}

function entriesOf(options: BuildOptions): (readonly [BuildOption, readonly string[]])[] {
  const names = Object.keys(SUPPORT).filter((name): name is BuildOption => Object.hasOwn(SUPPORT, name))
  return names.flatMap(name => {
    const values = options[name] ?? []
    return values.length === 0 ? [] : [[name, values] as const]
  })
}

function same(flag: string): OptionSupport {
  return {buildx: flag, podman: {flag}}
}

function only(flag: string, advice: string): OptionSupport {
  return {buildx: flag, podman: {advice}}
}
