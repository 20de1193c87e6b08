/**
 * Instructions that change the config alone. buildah compares them with its storage as they are written, with `$NAME` in them:
 * where every step of a build comes from there, the config is that of the build that left it, whatever its arguments were (seen
 * with 1.28.2 and 1.42.0, 2026-11). RUN and COPY are compared with what they stand for.
 */
const CONFIG_INSTRUCTION =
  /^[^\S\n]*(?:ENV|LABEL|USER|WORKDIR|EXPOSE|STOPSIGNAL|VOLUME|ONBUILD)\s(?:[^\n]*\\\n)*[^\n]*/gim

/** A build all of whose steps came from the storage of a builder. */
export interface CachedBuild {
  /** `NAME=VALUE`, or `NAME`. */
  readonly buildArgs: readonly string[]
  readonly containerfile: string
}

/** Whether an image that came wholly from the storage may be that of a build with other arguments. */
export function mayBeOfOtherArguments({buildArgs, containerfile}: CachedBuild): boolean {
  const instructions = containerfile.match(CONFIG_INSTRUCTION) ?? []
  const names = buildArgs.map(line => line.split('=')[0] ?? '').filter(name => /^\w+$/.test(name))
  return names.some(name => instructions.some(text => new RegExp(`\\$\\{?${name}\\b`).test(text)))
}
