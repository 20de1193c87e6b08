/** What a person can do about failures that many builds end with: a sign in the log, and the advice. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /exec format error|exec user process caused|no such file or directory.*qemu/i,
    'This machine cannot run programs of that platform: build on a native runner, or install qemu-user-static.'
  ],
  [
    /toomanyrequests|429 Too Many Requests|rate limit/i,
    'A registry limits how often it is asked: log in to it before the build, or use a mirror.'
  ],
  [
    /unauthorized|authentication required|denied: |pull access denied|insufficient_scope/i,
    'Log in to the registry that holds the base image, and check the name of the base image.'
  ],
  [
    /server gave HTTP response to HTTPS client/i,
    'With buildah and podman name the registry of the base image in the input insecure; with buildx in the configuration of its builder, as http = true.'
  ],
  [/manifest unknown|manifest for .* not found/i, 'Check the name and the tag of the base image.'],
  [
    /no space left on device|disk quota exceeded|file too large/i,
    'The disk is full: remove images and build caches.'
  ],
  [
    /setting "RLIMIT_/i,
    'This machine may raise no limit: name those that it has (ulimit -n, ulimit -u) in containers.conf, as default_ulimits.'
  ],
  [/could not find "netavark"/i, 'Install netavark, which podman and buildah need for networks.'],
  [/target .* (?:could not be|was not) found|no stage .*found/i, 'Check the input target.']
]

/** The line of a builder's log that says why it failed: the last that is marked as an error, else the last at all. */
export function causeOf(log: string): string {
  const lines = linesOf(log)
  const marked = lines.findLast(line => /^(error:|error |ERROR:)/i.test(line))
  const line = marked ?? lines.at(-1) ?? 'it said nothing'
  return line.replace(/^error:\s*/i, '').replace(/^failed to build: failed to solve: /, '')
}

/** The last lines that say something. */
export function lastLines(log: string, count: number): readonly string[] {
  return linesOf(log).slice(-count)
}

/** Advice on a failure that is known; undefined for any other. */
export function hintFor(log: string): string | undefined {
  return ADVICE.find(([sign]) => sign.test(log))?.[1]
}

/** What crun, runc and buildah 1.28 to 1.42 say where no container can be made. */
const NO_CONTAINER =
  /creating container for|container create message|runc create failed|OCI runtime error|unable to apply caps|error setting up .*(?:network|netns)/i

/** The same words, but the program that was to run is what is wrong. */
const NO_PROGRAM = /exec: "|executable file .* not found in \$PATH|exec format error/i

/** Whether RUN failed because no container could be made on this machine, not because of what was to run in it. */
export function isRuntimeFailure(log: string): boolean {
  return NO_CONTAINER.test(log) && !NO_PROGRAM.test(log)
}

/** Whether a build failed because its cache could not be written (buildah 1.28: one that cannot be read does not fail it). */
export function isCacheFailure(log: string): boolean {
  return /failed pushing cache/i.test(log)
}

/**
 * Whether a build failed because another one, which shares its storage, pulled the same base image for another platform:
 * the name is the other's then (buildah 1.28).
 */
export function isStorageRace(log: string): boolean {
  return /locating pulled image .* not known|layer not known/i.test(log)
}

/**
 * Whether an image that was just built is gone: a build beside it, which had made the same one, took its own name away while
 * this one got its name, and the image with it (buildah 1.28).
 */
export function isImageTaken(log: string): boolean {
  return /image not known/i.test(log)
}

/** Arguments that every build is given, whether its Containerfile asks for them or not. */
const GIVEN_TO_ALL = /^(?:SOURCE_DATE_EPOCH|(?:TARGET|BUILD)(?:ARCH|OS|PLATFORM|VARIANT))$/

const UNUSED_ARGUMENTS = /one or more build args were not consumed: \[([^\]]*)\]/

/**
 * A line of podman's or buildah's log without what nobody asked for: the name under which an image waits for its export, its
 * local id, and arguments of ours that the Containerfile does not use. Undefined where nothing is left.
 */
export function withoutOwnNames(line: string, image: string): string | undefined {
  if (line.includes(image) || /^[0-9a-f]{64}$/.test(line)) return undefined
  const unused = UNUSED_ARGUMENTS.exec(line)?.[1]
  if (unused === undefined) return line
  const theirs = unused.split(/[\s,]+/).filter(name => name !== '' && !GIVEN_TO_ALL.test(name))
  return theirs.length === 0 ? undefined : `Build arguments that are not used: ${theirs.join(', ')}`
}

function linesOf(log: string): string[] {
  return log
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(Boolean)
}
