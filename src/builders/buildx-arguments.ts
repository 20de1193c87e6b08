import {formatPlatform} from '../oci/platform.js'
import type {BuildRequest} from './builder.js'
import {isAtLeast} from './builder-version.js'
import type {BuildxInstance} from './buildx-instance.js'

/** What a build is called with beside what was asked for. */
export interface BuildxNames {
  readonly folder: string
  /** The Containerfile; undefined where BuildKit looks for it in a remote context. */
  readonly file: string | undefined
}

/**
 * The arguments that build an image and leave it as a layout on this machine (docker buildx build). Attestations are
 * off: with them even one platform becomes an index.
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
    ...['--output', outputOf(instance, request, names.folder)],
    ...['--provenance=false', '--sbom=false', '--progress=plain'],
    ...option('--file', names.file),
    ...option('--target', target),
    ...(noCache ? ['--no-cache'] : []),
    ...(pull ? ['--pull'] : []),
    ...epochArguments(request),
    ...request.buildArgs.flatMap(line => ['--build-arg', line]),
    ...pairs('--label', request.labels),
    ...(request.format === 'oci' ? pairs('--annotation', request.annotations, 'manifest:') : []),
    context
  ]
}

/**
 * The value of `--output`: a layout in a folder, media types always said (BuildKit 0.32 changed its default). The same
 * exporter writes Docker's media types, too; the exporter `docker` has no folder.
 */
function outputOf(instance: BuildxInstance, request: BuildRequest, folder: string): string {
  const fields = ['type=oci', `dest=${folder}`, 'tar=false', `oci-mediatypes=${request.format === 'oci'}`]
  const rewrites = request.sourceDateEpoch !== undefined && canRewriteTimestamps(instance)
  return [...fields, ...(rewrites ? ['rewrite-timestamp=true'] : [])].map(csvField).join(',')
}

/** BuildKit 0.13 brought `rewrite-timestamp`; older ones date the image, but not the files in its layers. */
function canRewriteTimestamps(instance: BuildxInstance): boolean {
  return instance.buildkit === undefined || isAtLeast(instance.buildkit, '0.13.0')
}

function epochArguments(request: BuildRequest): string[] {
  const isGiven = request.buildArgs.some(line => /^SOURCE_DATE_EPOCH(?:=|$)/.test(line))
  if (request.sourceDateEpoch === undefined || isGiven) return []
  return ['--build-arg', `SOURCE_DATE_EPOCH=${request.sourceDateEpoch}`]
}

/** A field of a line of comma-separated values (RFC 4180), as buildx reads `--output`. */
function csvField(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value]
}

function pairs(name: string, values: Readonly<Record<string, string>>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => [name, `${prefix}${key}=${value}`])
}
