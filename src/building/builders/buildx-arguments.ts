import {formatPlatform} from '../../oci/platform.js'
import {type Repository, formatRepository} from '../../oci/reference.js'
import {csvField} from '../../shared/csv-line.js'
import {optionFlags} from './build-options.js'
import {type SecretPlace, secretFlags} from './build-secrets.js'
import type {BuildRequest} from './builder.js'
import {compressionFields} from './compression.js'
import {isAtLeast} from './builder-version.js'
import type {BuildxInstance} from './buildx-instance.js'

/** What a build is called with beside what was asked for. */
export interface BuildxNames {
  /** Where the image goes: a folder for a layout, or a repository that BuildKit pushes to by itself. */
  readonly destination: {readonly folder: string} | NativeDestination
  /** The Containerfile; undefined where BuildKit looks for it in a remote context. */
  readonly file: string | undefined
  readonly secrets: readonly SecretPlace[]
}

/** A repository that BuildKit pushes to, and the file that buildx writes the digest into. */
export interface NativeDestination {
  readonly repository: Repository
  readonly metadataFile: string
}

/**
 * The arguments that build an image and leave it as a layout on this machine, or push it (docker buildx build).
 * Attestations are off unless they are asked for: with them even one platform becomes an index.
 */
export function buildxArguments(
  instance: BuildxInstance,
  request: BuildRequest,
  names: BuildxNames
): string[] {
  const {target, noCache, pull, context} = request
  return [
    'build',
    ...['--builder', instance.name, '--platform', formatPlatform(request.platform)],
    ...['--output', outputOf(instance, request, names.destination)],
    ...('folder' in names.destination ? [] : ['--metadata-file', names.destination.metadataFile]),
    ...attestationFlags(request),
    '--progress=plain',
    ...option('--file', names.file),
    ...option('--target', target),
    ...(noCache ? ['--no-cache'] : []),
    ...(pull ? ['--pull'] : []),
    ...epochArguments(request),
    ...request.buildArgs.flatMap(line => ['--build-arg', line]),
    ...pairs('--label', request.labels),
    ...(request.format === 'oci' ? pairs('--annotation', request.annotations, 'manifest:') : []),
    ...optionFlags(request.options ?? {}),
    ...secretFlags(names.secrets),
    ...(request.ssh ?? []).flatMap(entry => ['--ssh', entry]),
    ...(request.cache?.from ?? []).flatMap(cache => ['--cache-from', cache]),
    ...(request.cache?.to ?? []).flatMap(cache => ['--cache-to', cache]),
    context
  ]
}

/**
 * The value of `--output`, media types always said (BuildKit 0.32 changed its default): a layout in a folder, written by
 * the exporter `oci` for Docker's media types too, as the exporter `docker` has no folder; or a push by digest.
 */
function outputOf(
  instance: BuildxInstance,
  request: BuildRequest,
  destination: BuildxNames['destination']
): string {
  const place =
    'folder' in destination
      ? ['type=oci', `dest=${destination.folder}`, 'tar=false']
      : ['type=image', `name=${formatRepository(destination.repository)}`, ...PUSH]
  const rewrites = request.sourceDateEpoch !== undefined && canRewriteTimestamps(instance)
  const fields = [
    ...place,
    `oci-mediatypes=${request.format === 'oci'}`,
    ...compressionFields(request.compression)
  ]
  return [...fields, ...(rewrites ? ['rewrite-timestamp=true'] : [])].map(csvField).join(',')
}

/** A push without a tag, not even a temporary one. */
const PUSH = ['push-by-digest=true', 'name-canonical=true', 'push=true'] as const

function attestationFlags({attestations = {}, options = {}}: BuildRequest): string[] {
  const isListed = (type: string): boolean =>
    (options.attests ?? []).some(entry => entry.split(',').includes(`type=${type}`))
  const flag = (type: 'provenance' | 'sbom'): string[] => {
    const value = attestations[type]
    return value === undefined && isListed(type) ? [] : [`--${type}=${value ?? 'false'}`]
  }
  return [...flag('provenance'), ...flag('sbom')]
}

/** BuildKit 0.13 brought `rewrite-timestamp`; older ones date the image, but not the files in its layers. */
export function canRewriteTimestamps(instance: BuildxInstance): boolean {
  return instance.buildkit === undefined || isAtLeast(instance.buildkit, '0.13.0')
}

function epochArguments(request: BuildRequest): string[] {
  const isGiven = request.buildArgs.some(line => /^SOURCE_DATE_EPOCH(?:=|$)/.test(line))
  if (request.sourceDateEpoch === undefined || isGiven) return []
  return ['--build-arg', `SOURCE_DATE_EPOCH=${request.sourceDateEpoch}`]
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value]
}

function pairs(name: string, values: Readonly<Record<string, string>>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => [name, `${prefix}${key}=${value}`])
}
