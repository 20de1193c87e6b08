import {formatPlatform} from '../../oci/platform.js'
import {type BuildOptions, optionFlags} from './build-options.js'
import {type SecretPlace, secretFlags} from './build-secrets.js'
import type {BuildRequest, Isolation} from './builder.js'
import {compressionFlags} from './compression.js'
import {isAtLeast} from './builder-version.js'

/** The two programs with one library below them, and the same options but for a few. */
export type PodmanName = 'podman' | 'buildah'

/** A program of this kind and its version. */
export interface PodmanProgram {
  readonly name: PodmanName
  /** `1.28.2` */
  readonly version: string
}

/** Versions that the options below were tried with, or later. podman 4.3 holds buildah 1.28. */
export const OLDEST: Readonly<Record<PodmanName, string>> = {buildah: '1.28.0', podman: '4.3.0'}

/** From here on `--source-date-epoch` and `--rewrite-timestamp`; before, only `--timestamp`. */
const SOURCE_DATE_EPOCH: Readonly<Record<PodmanName, string>> = {buildah: '1.41.0', podman: '5.6.0'}

/** What a build is called with beside what was asked for. */
export interface BuildNames {
  /** The local name that the image gets, which nothing else uses. */
  readonly image: string
  /** The Containerfile; undefined where the builder looks for it in a remote context. */
  readonly file: string | undefined
  readonly isolation: Isolation | undefined
  readonly secrets: readonly SecretPlace[]
  /** Repositories that steps are read from and kept in. */
  readonly cache: {readonly from: readonly string[]; readonly to: readonly string[]}
}

/**
 * The arguments that build an image under a local name (buildah-build(1), podman-build(1)). Every instruction gets its
 * layer, as podman does by itself and buildah does not, so that both upload only what changed.
 */
export function buildArguments(program: PodmanProgram, request: BuildRequest, names: BuildNames): string[] {
  const {format, platform, target, noCache, pull, context} = request
  return [
    'build',
    ...['--platform', formatPlatform(platform), '--format', format, '--tag', names.image],
    ...['--layers', '--force-rm'],
    ...option('--file', names.file),
    ...option('--target', target),
    ...option('--isolation', names.isolation),
    ...(noCache ? ['--no-cache'] : []),
    ...(pull ? ['--pull=always'] : []),
    ...timeArguments(program, request),
    ...request.buildArgs.flatMap(line => ['--build-arg', line]),
    ...pairs('--label', request.labels),
    ...(format === 'oci' ? pairs('--annotation', request.annotations) : []),
    ...optionFlags(ownNetwork(request.options ?? {})),
    ...secretFlags(names.secrets),
    ...(request.ssh ?? []).flatMap(entry => ['--ssh', entry]),
    ...names.cache.from.flatMap(repository => ['--cache-from', repository]),
    ...names.cache.to.flatMap(repository => ['--cache-to', repository]),
    context
  ]
}

/**
 * The arguments that export an image once, with compressed layers. Every registry then gets these bytes: a push by the
 * builder itself compresses anew, and the digest depends on where it goes (seen with 4.3.1 and 1.28.2, 2026-11).
 */
export function exportArguments(
  program: PodmanProgram,
  {format, compression}: Pick<BuildRequest, 'format' | 'compression'>,
  names: {image: string; folder: string}
): string[] {
  const packed = compressionFlags(compression)
  if (format === 'oci') return ['push', '--quiet', ...packed, names.image, `oci:${names.folder}:image`]
  // buildah always compresses for dir:, podman keeps the plain tar unless it is told to.
  const compress = program.name === 'podman' ? ['--compress'] : []
  return ['push', '--quiet', '--format', 'v2s2', ...compress, ...packed, names.image, `dir:${names.folder}`]
}

/** The arguments that take the local name away, and with it what only it held. */
export function removeArguments(image: string): string[] {
  return ['rmi', image]
}

/** `default` is buildx's word for what happens without the flag; here it would be the name of a network. */
function ownNetwork({network = [], ...options}: BuildOptions): BuildOptions {
  return {...options, network: network.filter(name => name !== 'default')}
}

function timeArguments(program: PodmanProgram, request: BuildRequest): string[] {
  if (request.sourceDateEpoch === undefined) return []
  const seconds = String(request.sourceDateEpoch)
  if (isAtLeast(program.version, SOURCE_DATE_EPOCH[program.name]))
    return ['--source-date-epoch', seconds, '--rewrite-timestamp']
  const isGiven = request.buildArgs.some(line => /^SOURCE_DATE_EPOCH(?:=|$)/.test(line))
  return ['--timestamp', seconds, ...(isGiven ? [] : ['--build-arg', `SOURCE_DATE_EPOCH=${seconds}`])]
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value]
}

function pairs(name: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => [name, `${key}=${value}`])
}
