/** The flags for settings that are passed on as they are, by the names that docker/build-push-action gives its inputs. */
const FLAGS = {
  'add-hosts': '--add-host',
  allow: '--allow',
  attests: '--attest',
  'build-contexts': '--build-context',
  'cgroup-parent': '--cgroup-parent',
  network: '--network',
  'no-cache-filters': '--no-cache-filter',
  'shm-size': '--shm-size',
  ulimit: '--ulimit'
} as const

/** The name of a setting that is passed on. */
export type BuildOption = keyof typeof FLAGS

/** Values of settings that are passed on; one flag each. */
export type BuildOptions = Readonly<Partial<Record<BuildOption, readonly string[]>>>

/** The flags of a builder for these settings. What it has none for was refused before (builder-support.ts). */
export function optionFlags(options: BuildOptions): string[] {
  return optionNames(options).flatMap(name => (options[name] ?? []).flatMap(value => [FLAGS[name], value]))
}

/** The settings that were made. */
export function optionNames(options: BuildOptions): BuildOption[] {
  const names = Object.keys(FLAGS).filter((name): name is BuildOption => Object.hasOwn(FLAGS, name))
  return names.filter(name => (options[name] ?? []).length > 0)
}
